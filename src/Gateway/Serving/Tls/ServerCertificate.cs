using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>A certificate with its key, and the certificates that lead from it to an authority. Immutable.</summary>
public sealed class ServerCertificate
{
    public const int ChainLengthMax = 10;

    private const string ServerUse = "1.3.6.1.5.5.7.3.1"; // id-kp-serverAuth (RFC 5280, section 4.2.1.12)

    private ServerCertificate(X509Certificate2 leaf, X509Certificate2Collection chain)
    {
        Leaf = leaf;
        Chain = chain;
        NotBefore = leaf.NotBefore.ToUniversalTime();
        NotAfter = leaf.NotAfter.ToUniversalTime();
    }

    public X509Certificate2 Leaf { get; }

    /// <summary>Without the leaf, in the file's order.</summary>
    public X509Certificate2Collection Chain { get; }

    public DateTimeOffset NotBefore { get; }
    public DateTimeOffset NotAfter { get; }

    public bool IsValidAt(DateTimeOffset now) => NotBefore <= now && now < NotAfter;

    /// <summary>Its names cover this one, by RFC 6125: a wildcard stands for one label; the common name does not count.</summary>
    public bool Covers(string hostName)
    {
        try
        {
            return Leaf.MatchesHostname(hostName, allowWildcards: true, allowCommonName: false);
        }
        catch (ArgumentException) // no name of a host at all
        {
            return false;
        }
    }

    /// <param name="certificates">PEM: the certificate first, then those that signed it.</param>
    /// <param name="key">PEM: the private key of the first certificate, not encrypted (PKCS #8, or the older forms).</param>
    /// <returns>Null, and what is wrong.</returns>
    public static ServerCertificate? Read(ReadOnlySpan<char> certificates, ReadOnlySpan<char> key, out string? error)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(certificates);
            if (all.Count is 0 or > ChainLengthMax)
            {
                error = all.Count == 0 ? "there is no certificate in it (-----BEGIN CERTIFICATE-----)." : $"it holds {all.Count} certificates; the limit is {ChainLengthMax}.";
                return null;
            }

            var leaf = all[0];
            if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } use
                && !use.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value == ServerUse))
            {
                error = "the first certificate is not for servers (its extended key usage has no serverAuth).";
                return null;
            }

            leaf = X509Certificate2.CreateFromPem(certificates, key); // checks that the key is the first certificate's
            all.RemoveAt(0);
            error = null;
            return new(leaf, all);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            error = key.Contains("ENCRYPTED", StringComparison.Ordinal)
                ? "the key is encrypted; write it without a password (openssl pkey), readable to this program alone."
                : e.Message;
            return null;
        }
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// Whose clients are let in, and which of them no longer: a snapshot of an owner's files. With revocation lists,
/// <list type="bullet">
/// <item>a client's own certificate must be spoken of by a list of its issuer's that is valid now; an expired list is no list,
/// so that a list that is not renewed in time shuts its issuer's clients out;</item>
/// <item>what is on any list of its issuer's, an expired one too, is refused: revoked is for ever;</item>
/// <item>authorities between are refused when a list has them; lists about them may be missing.</item>
/// </list>
/// </summary>
internal sealed class ClientTrust
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2"; // id-kp-clientAuth (RFC 5280, section 4.2.1.12)
    private const int AuthoritiesMax = 1000;
    private const int ListsMax = 1000;

    private readonly X509Certificate2Collection _between;

    private ClientTrust(X509Certificate2Collection roots, X509Certificate2Collection between, ImmutableArray<KnownList> lists)
    {
        Roots = roots;
        _between = between;
        Lists = lists;
    }

    /// <param name="IssuerKey">SubjectPublicKeyInfo of the authority that signed the list.</param>
    internal sealed record KnownList(RevocationList List, ReadOnlyMemory<byte> IssuerKey, string Issuer);

    public X509Certificate2Collection Roots { get; }

    public ImmutableArray<KnownList> Lists { get; }

    /// <summary>A new one for each connection: the library puts what the client sends into it. Nothing is fetched from anywhere.</summary>
    public X509ChainPolicy ToPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck, // ours: the library knows no lists in files
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Roots);
        policy.ExtraStore.AddRange(_between);
        policy.ApplicationPolicy.Add(new Oid(ClientUse));
        return policy;
    }

    /// <returns>Why the client is not let in; null when it is.</returns>
    public string? Refuse(ClientChain chain, DateTimeOffset now)
    {
        if (!Roots.Any(root => root.RawData.AsSpan().SequenceEqual(chain.Root.Span))) return "its authority is no longer trusted";

        for (int i = 0; i < chain.Links.Length; i++)
        {
            if (Refuse(chain.Links[i], isClient: i == 0, now) is { } why) return why;
        }

        return null;
    }

    private string? Refuse(in ClientChain.Link link, bool isClient, DateTimeOffset now)
    {
        if (now >= link.NotAfter) return "a certificate of its chain has expired";
        if (Lists.IsEmpty) return null;
        if (link.Serial is not { } serial) return "the serial number of a certificate of its chain has more than 20 bytes";

        bool isSpokenOf = false;
        foreach (var (list, key, _) in Lists)
        {
            if (list.Scope == (isClient ? RevocationScope.Authorities : RevocationScope.EndEntities)) continue;
            if (!list.Issuer.Span.SequenceEqual(link.IssuerName.Span) || !key.Span.SequenceEqual(link.IssuerKey.Span)) continue;
            if (list.Lists(serial)) return "it is revoked, or an authority of its chain is";

            isSpokenOf |= list.IsFreshAt(now);
        }

        return isSpokenOf || !isClient ? null : "no revocation list of its issuer is valid now";
    }

    /// <param name="bundle">PEM: roots, which are signed by themselves, and authorities between them and clients.</param>
    /// <param name="lists">Each PEM, with one list or more, or DER.</param>
    /// <returns>Null, and what is wrong.</returns>
    public static ClientTrust? Read(byte[] bundle, IEnumerable<byte[]> lists, out string? error)
    {
        var roots = new X509Certificate2Collection();
        var between = new X509Certificate2Collection();
        error = ReadBundle(bundle, roots, between);
        if (error is not null) return null;

        var known = ImmutableArray.CreateBuilder<KnownList>();
        foreach (byte[] file in lists)
        {
            error = ReadLists(file, [.. roots, .. between], known);
            if (error is not null) return null;
        }

        return new(roots, between, known.ToImmutable());
    }

    private static string? ReadBundle(byte[] bundle, X509Certificate2Collection roots, X509Certificate2Collection between)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(Encoding.UTF8.GetString(bundle));
        }
        catch (CryptographicException e)
        {
            return "the authorities can't be read: " + e.Message;
        }

        if (all.Count > AuthoritiesMax) return $"there are {all.Count} authorities; the limit is {AuthoritiesMax}.";

        foreach (var certificate in all)
        {
            if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: false })
                return $"{certificate.Subject} is no authority (its basic constraints say so).";

            bool isRoot = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
            (isRoot ? roots : between).Add(certificate);
        }

        return roots.Count > 0 ? null : "there is no root among the authorities: one that is signed by itself.";
    }

    private static string? ReadLists(byte[] file, X509Certificate2[] authorities, ImmutableArray<KnownList>.Builder known)
    {
        const byte sequence = 0x30; // what DER begins with, and PEM never
        if (file.Length > 0 && file[0] == sequence) return Add(file);

        ReadOnlySpan<char> text = Encoding.UTF8.GetString(file);
        bool isAny = false;
        while (PemEncoding.TryFind(text, out var fields))
        {
            if (text[fields.Label] is "X509 CRL")
            {
                isAny = true;
                if (Add(Convert.FromBase64String(text[fields.Base64Data].ToString())) is { } wrong) return wrong;
            }

            text = text[fields.Location.End..];
        }

        return isAny ? null : "a revocation list is neither DER nor PEM (-----BEGIN X509 CRL-----).";

        string? Add(byte[] der)
        {
            if (known.Count == ListsMax) return $"there are more than {ListsMax} revocation lists.";
            if (RevocationList.Read(der, out string? error) is not { } list) return "a revocation list can't be used: " + error;

            string issuer = new X500DistinguishedName(list.Issuer.Span).Name;
            if (authorities.FirstOrDefault(list.IsSignedBy) is not { } authority)
                return $"the revocation list of {issuer} is not signed by one of the authorities, or by an algorithm that is not taken.";

            known.Add(new(list, authority.PublicKey.ExportSubjectPublicKeyInfo(), issuer));
            return null;
        }
    }
}

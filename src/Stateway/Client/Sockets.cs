using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Client;

/// <summary>Connections to a server, as every command makes them.</summary>
internal static class Sockets
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <param name="caFile">PEM file of the authorities that may vouch for the server, instead of the system's; null for those.</param>
    public static (SocketsHttpHandler? Handler, Failure? Failure) Open(Uri server, string? caFile)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the key is for this server alone
            UseCookies = false,
            UseProxy = !server.IsLoopback,
            ConnectTimeout = ConnectTimeout,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Brotli,
        };
        if (caFile is null) return (sockets, null);

        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(caFile);
            if (authorities.Count == 0) return (null, new($"{caFile}: there is no certificate in it (-----BEGIN CERTIFICATE-----)."));

            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(authorities);
            sockets.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
            return (sockets, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return (null, new($"{caFile} can't be read: {e.Message}"));
        }
    }
}

using System.ComponentModel;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Stateway.Gateway.Targets.Http;

/// <summary>Opens connections to one service: name resolution each time, every address, TLS.</summary>
internal sealed class UpstreamDialer(Origin origin, UpstreamPoolOptions options, TimeProvider time)
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http11];

    /// <returns>The socket and the stream over it; or why there is none.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<(Socket? Socket, Stream? Stream, string? Failure)> DialAsync(CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, ct);
        try
        {
            var addresses = await ResolveAsync(both.Token);
            var socket = await ConnectAsync(addresses, both.Token);
            try
            {
                var stream = new NetworkStream(socket, ownsSocket: true);
                return (socket, origin.IsTls ? await SecureAsync(stream, both.Token) : stream, null);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, null, string.Create(CultureInfo.InvariantCulture,
                $"{origin}: no connection within {options.ConnectTimeout.TotalSeconds} s"));
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException or Win32Exception)
        {
            return (null, null, $"{origin}: {e.Message}");
        }
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken ct)
    {
        if (IPAddress.TryParse(origin.Host, out var literal)) return [literal];

        var addresses = await Dns.GetHostAddressesAsync(origin.Host, ct);
        return addresses.Length > 0 ? addresses : throw new SocketException((int)SocketError.NoData);
    }

    /// <summary>One address after the other; none but the last may use up the time.</summary>
    private async Task<Socket> ConnectAsync(IPAddress[] addresses, CancellationToken ct)
    {
        for (int i = 0; ; i++)
        {
            bool isLast = i == addresses.Length - 1;
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var patience = new CancellationTokenSource(isLast ? Timeout.InfiniteTimeSpan : options.AddressTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, ct);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], origin.Port), both.Token);
                return socket;
            }
            catch (Exception e) when (!isLast && !ct.IsCancellationRequested && e is (SocketException or OperationCanceledException))
            {
                socket.Dispose(); // and the next address
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private async Task<SslStream> SecureAsync(NetworkStream plain, CancellationToken ct)
    {
        var tls = new SslStream(plain);
        var settings = new SslClientAuthenticationOptions { TargetHost = origin.Host, ApplicationProtocols = Protocols };
        if (options.TrustedRoots is { } roots)
        {
            settings.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck, // as with the system's roots, where it is the default
            };
            settings.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        await tls.AuthenticateAsClientAsync(settings, ct);
        return tls;
    }
}

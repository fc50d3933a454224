using System.Collections.Frozen;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>
/// Which certificate is shown to whom: by the name that the client asks for (SNI), an exact one before a wildcard, a
/// wildcard before the fallback. The table is immutable and swapped whole; connections that are open keep what they have.
/// </summary>
public sealed partial class Certificates(TimeProvider time, ILogger logger)
{
    private readonly Seldom _seldom = new(time, TimeSpan.FromSeconds(10));
    private volatile Table _table = Table.Empty;

    internal TimeProvider Time => time;

    /// <param name="fallback">For clients that name no host, or one that is not in the table; null: they are refused.</param>
    /// <exception cref="ArgumentException">A name is no name of a host, or is there twice.</exception>
    public void Publish(IReadOnlyCollection<TlsHost> hosts, TlsHost? fallback) => _table = Table.Of(hosts, fallback);

    /// <param name="name">Without a port; empty or null: the fallback.</param>
    public TlsHost? Find(string? name) => _table.Find(name);

    /// <summary>TLS 1.2 and 1.3; HTTP/2 and HTTP/1.1, as the client likes (ALPN).</summary>
    internal void UseOn(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = Begin });
    }

    private ValueTask<SslServerAuthenticationOptions> Begin(TlsHandshakeCallbackContext handshake)
    {
        string name = handshake.ClientHelloInfo.ServerName;
        if (_table.Find(name) is not { } host) throw new AuthenticationException("There is no certificate for the name that the client asks for.");

        var peer = new TlsPeer(this, host);
        if (host.OptionsFor(peer) is not { } options) throw new AuthenticationException($"The certificate's files are wrong: {host.Certificate.Error}");

        handshake.Connection.Features.Set(peer);
        return new(options);
    }

    /// <summary>
    /// A request may name another host than its connection did: browsers do so over HTTP/2, and attackers over any. Where
    /// that host asks for certificates, the request must have come through a connection that was asked for the same ones.
    /// </summary>
    internal static Problem? Refuse(HttpContext http) => http.Features.Get<TlsPeer>() is { } peer ? peer.Certificates.Refuse(http, peer) : null;

    /// <summary>The request came through TLS that ends here, and in which the client has shown a certificate that was accepted.</summary>
    internal static bool HasClientCertificate(HttpContext http) => http.Features.Get<TlsPeer>() is { HasCertificate: true };

    private Problem? Refuse(HttpContext http, TlsPeer peer)
    {
        var table = _table;
        if (!table.AsksClients && peer.Host.Clients is null) return null;
        if (!peer.IsStillAccepted()) return Misdirected(http, "The client's certificate is no longer accepted.");

        // Of the host that the request is for, as everything behind this sees it.
        var host = table.Find(new HostString(ForwardedClient.Of(http).Host).Host);
        if (host?.Clients is null) return null;
        if (!ReferenceEquals(host.Clients, peer.Host.Clients) || (host.AreClientsRequired && !peer.HasCertificate))
            return Misdirected(http, "This host asks for a client certificate, which the connection was not opened with.");

        return null;
    }

    private static Problem Misdirected(HttpContext http, string detail)
    {
        var problem = new Problem(ProblemTypes.MisdirectedRequest, detail);
        return HttpProtocol.IsHttp11(http.Request.Protocol) ? problem.With("Connection", "close") : problem;
    }

    internal void TellRefusal(TlsHost host, string why)
    {
        if (_seldom.IsDue()) Log.ClientRefused(logger, host.Names.IsEmpty ? "any host" : host.Names[0], why);
    }

    private sealed record Table(FrozenDictionary<string, TlsHost> Names, FrozenDictionary<string, TlsHost> Wildcards, TlsHost? Fallback)
    {
        private const int NameLengthMax = 253; // RFC 1035, section 2.3.4, as text

        public static Table Empty { get; } = new(FrozenDictionary<string, TlsHost>.Empty, FrozenDictionary<string, TlsHost>.Empty, null);

        /// <summary>Some host asks its clients for certificates.</summary>
        public bool AsksClients { get; private init; }

        public static Table Of(IReadOnlyCollection<TlsHost> hosts, TlsHost? fallback)
        {
            var names = new Dictionary<string, TlsHost>(StringComparer.OrdinalIgnoreCase);
            var wildcards = new Dictionary<string, TlsHost>(StringComparer.OrdinalIgnoreCase);
            foreach (var host in hosts)
            {
                foreach (string name in host.Names)
                {
                    bool isWildcard = name.StartsWith("*.", StringComparison.Ordinal);
                    string plain = isWildcard ? name[2..] : name;
                    if (!IsName(plain)) throw new ArgumentException($"\"{name}\" is no name of a host, such as shop.example or *.shop.example.");
                    if (!(isWildcard ? wildcards : names).TryAdd(plain, host)) throw new ArgumentException($"The host \"{name}\" is there twice.");
                }
            }

            return new(names.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), wildcards.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase), fallback)
            {
                AsksClients = fallback?.Clients is not null || hosts.Any(host => host.Clients is not null),
            };
        }

        public TlsHost? Find(string? name)
        {
            if (string.IsNullOrEmpty(name)) return Fallback;

            if (name.EndsWith('.')) name = name[..^1]; // the same name, from the root
            if (Names.TryGetValue(name, out var host)) return host;

            int dot = name.IndexOf('.');
            return dot > 0 && Wildcards.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name.AsSpan(dot + 1), out host) ? host : Fallback;
        }

        /// <summary>Labels of letters, digits, hyphens and underscores (international ones in their ASCII form).</summary>
        private static bool IsName(string name) =>
            name.Length is > 0 and <= NameLengthMax
            && name.Split('.').All(label => label.Length is > 0 and <= 63 && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
    }

    private static partial class Log
    {
        [LoggerMessage(1509, LogLevel.Warning, "A client of {Host} was refused: {Why}. The next ten seconds' are not told.")]
        public static partial void ClientRefused(ILogger logger, string host, string why);
    }
}

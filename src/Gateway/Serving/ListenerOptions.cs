using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Gateway.Serving.Tls;

namespace Stateway.Gateway.Serving;

/// <summary>How connections to one listener begin. As it stands: HTTP/1.1 in the clear, and nobody's word about the client is taken.</summary>
public sealed record ListenerOptions
{
    /// <summary>Not null: TLS only, with HTTP/2 and HTTP/1.1. May be empty at first; hosts are published into it while it serves.</summary>
    public Certificates? Certificates { get; init; }

    /// <summary>Whose connections begin with a header of the PROXY protocol; null: nobody's.</summary>
    public Networks? ProxyProtocolFrom { get; init; }

    /// <summary>Whose Forwarded fields are believed; null: nobody's. See <see cref="ForwardedClient"/>.</summary>
    public TrustedProxies? TrustedProxies { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Sets a listener up, from the outermost layer to the innermost.</summary>
    public void UseOn(ListenOptions listen, ILogger logger)
    {
        listen.Protocols = HttpProtocols.Http1;

        // 1. The PROXY header, which stands before all else; from here on the connection's address is the client's.
        if (ProxyProtocolFrom is not null) new ProxyProtocol(ProxyProtocolFrom, Time, logger).UseOn(listen);

        // 2. Whom the connection believes
        TrustedProxies?.UseOn(listen);

        // 3. TLS
        Certificates?.UseOn(listen);

        // 4. What watches the bytes of HTTP/1.1
        ServerRefusals.UseOn(listen);
        InterimResponses.UseOn(listen);
    }
}

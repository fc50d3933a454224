using System.Net.Security;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Stateway.Gateway.Serving;

internal static class ConnectionProtocol
{
    /// <summary>HTTP/2 was agreed on in the handshake (ALPN), the only way to it here: what follows are frames, not text.</summary>
    public static bool IsHttp2(this ConnectionContext connection) =>
        connection.Features.Get<ISslStreamFeature>() is { } tls && IsHttp2(tls);

    [MethodImpl(MethodImplOptions.NoInlining)] // a server without TLS need not load it
    private static bool IsHttp2(ISslStreamFeature tls) => tls.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
}

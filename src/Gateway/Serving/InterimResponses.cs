using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stateway.Gateway.Serving;

/// <summary>
/// A way for 1xx answers (RFC 9110, section 15.2) to an HTTP/1.1 client, which the server itself does
/// not have: a feature of the connection that writes to its transport, past the server. Only while the
/// server writes nothing: before the response has started.
/// </summary>
public sealed class InterimResponses
{
    private readonly PipeWriter _output;

    private InterimResponses(IDuplexPipe transport) => _output = transport.Output;

    /// <summary>Stands behind <c>UseHttps</c>, if that is used: what it writes has to be encrypted still.</summary>
    public static void UseOn(ListenOptions listen) => listen.Use(next => connection =>
    {
        if (!connection.IsHttp2()) connection.Features.Set(new InterimResponses(connection.Transport));
        return next(connection);
    });

    /// <summary>HTTP/1.0 knows no 1xx; HTTP/2 has frames that the server alone can write.</summary>
    public bool CanReach(HttpContext http) => HttpProtocol.IsHttp11(http.Request.Protocol) && !http.Response.HasStarted;

    /// <param name="section">Status line, field lines and the empty line. Not kept.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> section)
    {
        try
        {
            // One call, because the transport may be completed under it: copying and committing are one step there.
            await _output.WriteAsync(section);
        }
        catch (InvalidOperationException)
        {
            // The connection has ended: nobody misses it.
        }
    }
}

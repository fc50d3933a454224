using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Serving.Tls;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Serving;

/// <summary>
/// What the web server lets pass although two readers could see two requests in it, or another connection than it came
/// through. The server takes any list of transfer codings that ends in chunked, and passes the coded bytes on as if they
/// were the body; of Content-Length beside Transfer-Encoding it makes <c>X-Content-Length</c>; and over HTTP/2 it takes most
/// fields that there are about connections. (Lengths that differ, bad chunks, folded lines and invalid characters it
/// refuses by itself.)
/// </summary>
public static class RequestFraming
{
    /// <summary>Besides Connection, and TE with more than trailers, which the server refuses (RFC 9113, section 8.2.2).</summary>
    private static readonly string[] NotInHttp2 = ["Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection"];

    /// <returns>
    /// Null when the request has no transfer coding, or chunked once and without a length (RFC 9112, section 6.1), and came
    /// through a connection that may carry it.
    /// </returns>
    public static Problem? Refuse(HttpRequest request)
    {
        if (request.IsHttps && Certificates.Refuse(request.HttpContext) is { } misdirected) return misdirected;
        if (HttpProtocol.IsHttp2(request.Protocol)) return RefuseHttp2(request);

        var codings = request.Headers.TransferEncoding;
        if (codings.Count == 0) return null;
        if (HttpProtocol.IsHttp10(request.Protocol)) return TwoWays("HTTP/1.0 has no Transfer-Encoding.");
        if (codings is not [{ } coding] || !coding.AsSpan().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            return TwoWays("The only Transfer-Encoding that is understood is chunked, once.");

        return request.Headers.ContainsKey("X-Content-Length") ? TwoWays("A request has Content-Length or Transfer-Encoding, not both.") : null;
    }

    /// <summary>The size of a chunk that no number of the server's can hold is the one fault of a body that it does not call a bad request.</summary>
    public static bool IsBadChunkSize(IOException e) => e.InnerException is OverflowException;

    private static Problem? RefuseHttp2(HttpRequest request)
    {
        foreach (string name in NotInHttp2)
        {
            if (request.Headers.ContainsKey(name)) return new(ProblemTypes.MalformedRequest, $"HTTP/2 has no {name} field.");
        }

        return null;
    }

    // Nothing behind such a request on its connection can be trusted.
    private static Problem TwoWays(string detail) => new Problem(ProblemTypes.MalformedRequest, detail).With("Connection", "close");
}

using Microsoft.AspNetCore.Http;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Serving;

/// <summary>
/// What the web server lets pass although two readers could see two requests in it. It takes any list of
/// transfer codings that ends in chunked, and passes the coded bytes on as if they were the body; and of
/// Content-Length beside Transfer-Encoding it makes <c>X-Content-Length</c>. (Lengths that differ, bad
/// chunks, folded lines and invalid characters it refuses by itself.)
/// </summary>
public static class RequestFraming
{
    /// <returns>Null when the request has no transfer coding, or chunked once and without a length (RFC 9112, section 6.1).</returns>
    public static Problem? Refuse(HttpRequest request)
    {
        var codings = request.Headers.TransferEncoding;
        if (codings.Count == 0) return null;
        if (HttpProtocol.IsHttp10(request.Protocol)) return TwoWays("HTTP/1.0 has no Transfer-Encoding.");
        if (codings is not [{ } coding] || !coding.AsSpan().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            return TwoWays("The only Transfer-Encoding that is understood is chunked, once.");

        return request.Headers.ContainsKey("X-Content-Length") ? TwoWays("A request has Content-Length or Transfer-Encoding, not both.") : null;
    }

    /// <summary>The size of a chunk that no number of the server's can hold is the one fault of a body that it does not call a bad request.</summary>
    public static bool IsBadChunkSize(IOException e) => e.InnerException is OverflowException;

    // Nothing behind such a request on its connection can be trusted.
    private static Problem TwoWays(string detail) => new Problem(ProblemTypes.MalformedRequest, detail).With("Connection", "close");
}

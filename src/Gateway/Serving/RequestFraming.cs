using Microsoft.AspNetCore.Http;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Serving;

/// <summary>
/// What the server lets pass although two readers could see two requests in it. It takes any list of
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
        if (codings.Count > 1 || !"chunked".Equals(codings[0], StringComparison.OrdinalIgnoreCase))
            return TwoWays("The only Transfer-Encoding that is understood is chunked, once.");
        if (request.Headers.ContainsKey("X-Content-Length"))
            return TwoWays("A request has Content-Length or Transfer-Encoding, not both.");

        return null;
    }

    // Nothing behind such a request on its connection can be trusted.
    private static Problem TwoWays(string detail) =>
        new Problem(ProblemTypes.MalformedRequest) { Detail = detail }.With("Connection", "close");
}

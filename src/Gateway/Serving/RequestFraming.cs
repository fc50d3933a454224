using Microsoft.AspNetCore.Http;

namespace Stateway.Gateway.Serving;

/// <summary>
/// What the web server takes although a request could be read in two ways by it (RFC 9112, section 6.1), and by whoever
/// stands before or behind it.
/// </summary>
internal static class RequestFraming
{
    /// <summary>What is wrong with a request that has a <c>Transfer-Encoding</c>; null when nothing is.</summary>
    public static string? Fault(HttpRequest request)
    {
        var headers = request.Headers;
        if (HttpProtocol.IsHttp10(request.Protocol)) return "HTTP/1.0 has no Transfer-Encoding.";
        if (headers.TransferEncoding is not [{ } coding] || !coding.Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase))
            return "Transfer-Encoding must be chunked, once.";

        // The server has renamed the length that it did not heed.
        return headers.ContainsKey("X-Content-Length") ? "Content-Length and Transfer-Encoding exclude each other." : null;
    }

    /// <summary>The size of a chunk that no number of the server's can hold is the one fault of a body that it does not call a bad request.</summary>
    public static bool IsBadChunkSize(IOException e) => e.InnerException is OverflowException;
}

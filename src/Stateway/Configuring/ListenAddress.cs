using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Stateway.Configuring;

/// <summary>Address and port to listen on, as an operator writes them.</summary>
internal static class ListenAddress
{
    public const string Default = "127.0.0.1:8080";

    /// <summary>Ends a message about a text that is none.</summary>
    public const string Rule = "it must be ADDRESS:PORT, such as 127.0.0.1:8080, [::1]:8080 or localhost:8080.";

    public static bool TryParse(string? text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (text is null) return false;
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase)) text = "127.0.0.1:" + text["localhost:".Length..];
        int colon = text.LastIndexOf(':');
        return colon > 0 && int.TryParse(text[(colon + 1)..], out int port) && port is >= 0 and <= 65535
            && (!text[..colon].Contains(':') || text[0] == '[') && IPEndPoint.TryParse(text, out endpoint);
    }
}

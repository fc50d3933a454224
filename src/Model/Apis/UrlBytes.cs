using System.Buffers;
using System.Text;

namespace Stateway.Model.Apis;

/// <summary>The bytes that stand for themselves where a value is put into a URL; all others are percent-encoded.</summary>
public static class UrlBytes
{
    private const string UnreservedText = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    /// <summary>RFC 3986, section 3.3 (pchar): one segment of a path.</summary>
    public static SearchValues<byte> Segment { get; } = Of(UnreservedText + "!$&'()*+,;=:@");

    /// <summary>The same with slashes.</summary>
    public static SearchValues<byte> Path { get; } = Of(UnreservedText + "!$&'()*+,;=:@/");

    /// <summary>In a query '&amp;', '=' and '+' have a meaning of their own, so only unreserved stays.</summary>
    public static SearchValues<byte> Query { get; } = Of(UnreservedText);

    public static string Encode(string value, SearchValues<byte> kept)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(value);
        if (!utf8.AsSpan().ContainsAnyExcept(kept)) return value;

        var encoded = new StringBuilder(utf8.Length + 16);
        foreach (byte b in utf8)
        {
            if (kept.Contains(b)) encoded.Append((char)b);
            else encoded.Append('%').Append("0123456789ABCDEF"[b >> 4]).Append("0123456789ABCDEF"[b & 15]);
        }

        return encoded.ToString();
    }

    /// <summary>Whether a service may read it as a way to another path: <c>..</c>, also behind an encoded slash.</summary>
    public static bool HasDotSegment(ReadOnlySpan<char> value)
    {
        if (!value.Contains('.')) return false;

        foreach (var range in value.SplitAny('/', '\\'))
        {
            // A service may cut path parameters (';x') off before it looks for dots.
            var segment = value[range];
            int semicolon = segment.IndexOf(';');
            if ((semicolon < 0 ? segment : segment[..semicolon]) is "." or "..") return true;
        }

        return false;
    }

    private static SearchValues<byte> Of(string text) => SearchValues.Create(Encoding.ASCII.GetBytes(text));
}

using System.Buffers;

namespace Stateway.Model.Schemas.Formats;

/// <summary>URIs of RFC 3986, and IRIs of RFC 3987, which may have characters beyond ASCII.</summary>
internal static class UriFormats
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string SubDelimiters = "!$&'()*+,;=";

    private static readonly SearchValues<byte> s_userInfo = Set(Unreserved + SubDelimiters + ":%");
    private static readonly SearchValues<byte> s_host = Set(Unreserved + SubDelimiters + "%");
    private static readonly SearchValues<byte> s_path = Set(Unreserved + SubDelimiters + ":@/%");
    private static readonly SearchValues<byte> s_query = Set(Unreserved + SubDelimiters + ":@/?%");

    public static bool IsUri(ReadOnlySpan<byte> s) => IsReference(s, international: false, absolute: true);

    public static bool IsUriReference(ReadOnlySpan<byte> s) => IsReference(s, international: false, absolute: false);

    public static bool IsIri(ReadOnlySpan<byte> s) => IsReference(s, international: true, absolute: true);

    public static bool IsIriReference(ReadOnlySpan<byte> s) => IsReference(s, international: true, absolute: false);

    private static bool IsReference(ReadOnlySpan<byte> s, bool international, bool absolute)
    {
        int fragment = s.IndexOf((byte)'#');
        if (fragment >= 0)
        {
            if (!Consists(s[(fragment + 1)..], s_query, international, isQuery: false)) return false;
            s = s[..fragment];
        }

        int query = s.IndexOf((byte)'?');
        if (query >= 0)
        {
            if (!Consists(s[(query + 1)..], s_query, international, isQuery: true)) return false;
            s = s[..query];
        }

        int colon = s.IndexOfAny((byte)':', (byte)'/');
        bool hasScheme = colon > 0 && s[colon] == ':' && IsScheme(s[..colon]);
        if (absolute && !hasScheme) return false;
        if (hasScheme) s = s[(colon + 1)..];
        else if (colon >= 0 && s[colon] == ':') return false; // a first segment with a colon would be a scheme

        if (s.StartsWith("//"u8))
        {
            int end = s[2..].IndexOf((byte)'/');
            if (!IsAuthority(end < 0 ? s[2..] : s.Slice(2, end), international)) return false;
            s = end < 0 ? [] : s[(end + 2)..];
        }

        return Consists(s, s_path, international, isQuery: false);
    }

    private static bool IsScheme(ReadOnlySpan<byte> s)
    {
        if (!char.IsAsciiLetter((char)s[0])) return false;

        foreach (byte c in s)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'+' or (byte)'-' or (byte)'.')) return false;
        }

        return true;
    }

    private static bool IsAuthority(ReadOnlySpan<byte> s, bool international)
    {
        int at = s.IndexOf((byte)'@');
        if (at >= 0)
        {
            if (!Consists(s[..at], s_userInfo, international, isQuery: false)) return false;
            s = s[(at + 1)..];
        }

        int hostEnd = s.Length > 0 && s[0] == '[' ? s.IndexOf((byte)']') + 1 : s.IndexOf((byte)':');
        if (hostEnd < 0) hostEnd = s.Length;
        if (s.Length > 0 && s[0] == '[')
        {
            if (hostEnd == 0 || !IsLiteral(s[1..(hostEnd - 1)])) return false;
        }
        else if (!Consists(s[..hostEnd], s_host, international, isQuery: false))
        {
            return false;
        }

        var port = s[hostEnd..];
        return port.Length == 0 || (port[0] == ':' && port[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0);
    }

    /// <summary>IPv6, or a future version as <c>v1.anything</c>.</summary>
    private static bool IsLiteral(ReadOnlySpan<byte> s)
    {
        if (s.Length == 0 || (s[0] | 0x20) != 'v') return AddressFormats.IsIPv6(s);

        int dot = s.IndexOf((byte)'.');
        if (dot < 2 || dot == s.Length - 1) return false;
        foreach (byte c in s[1..dot])
        {
            if (!char.IsAsciiHexDigit((char)c)) return false;
        }

        return s[(dot + 1)..].IndexOfAnyExcept(s_userInfo) < 0 && s.IndexOf((byte)'%') < 0;
    }

    private static bool Consists(ReadOnlySpan<byte> s, SearchValues<byte> allowed, bool international, bool isQuery)
    {
        for (int i; (i = s.IndexOfAnyExcept(allowed)) >= 0;)
        {
            if (!international || s[i] < 0x80) return false;

            System.Text.Rune.DecodeFromUtf8(s[i..], out var rune, out int bytes);
            if (!IsInternational(rune.Value, isQuery)) return false;
            if (!HasWholeEscapes(s[..i])) return false;
            s = s[(i + bytes)..];
        }

        return HasWholeEscapes(s);
    }

    private static bool HasWholeEscapes(ReadOnlySpan<byte> s)
    {
        for (int percent; (percent = s.IndexOf((byte)'%')) >= 0; s = s[(percent + 3)..])
        {
            if (percent + 2 >= s.Length) return false;
            if (!char.IsAsciiHexDigit((char)s[percent + 1]) || !char.IsAsciiHexDigit((char)s[percent + 2])) return false;
        }

        return true;
    }

    /// <summary><c>ucschar</c>, and in a query also <c>iprivate</c> (RFC 3987, section 2.2).</summary>
    private static bool IsInternational(int point, bool isQuery) => point switch
    {
        < 0xA0 => false,
        <= 0xD7FF => true,
        >= 0xE000 and <= 0xF8FF => isQuery,
        >= 0xF900 and <= 0xFDCF => true,
        >= 0xFDF0 and <= 0xFFEF => true,
        < 0x10000 => false,
        >= 0xF0000 => isQuery && (point & 0xFFFF) <= 0xFFFD,
        _ => (point & 0xFFFF) <= 0xFFFD && point is < 0xE0000 or >= 0xE1000,
    };

    private static SearchValues<byte> Set(string characters) => SearchValues.Create([.. characters.Select(c => (byte)c)]);
}

using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>
/// Addresses as other machines write them. Stricter than the framework, which reads <c>1</c>, <c>0x7f.1</c> and
/// <c>010.0.0.1</c> as IPv4 addresses, each in its own way: two readers of such a text could see two clients.
/// </summary>
internal static class NodeName
{
    private const int AddressLengthMax = 45; // an IPv6 address that ends in an IPv4 one

    /// <summary>Four decimal numbers without leading zeros, or IPv6 without brackets and without a zone.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        return text.Length is > 0 and <= AddressLengthMax
            && (text.Contains(':') ? text.ContainsAnyExcept(V6Characters) is false : IsDottedQuad(text))
            && IPAddress.TryParse(text, out address);
    }

    /// <summary>An address, or with a port <c>192.0.2.1:80</c>; IPv6 with a port, or anywhere it likes, in brackets: <c>[2001:db8::1]:80</c>.</summary>
    /// <param name="bareV6">IPv6 may stand without brackets, as in X-Forwarded-For; in Forwarded it may not (RFC 7239, section 6).</param>
    public static bool TryParseNode(ReadOnlySpan<char> text, bool bareV6, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        if (text.StartsWith("["))
        {
            int end = text.IndexOf(']');
            return end > 0 && IsPort(text[(end + 1)..]) && text[1..end].Contains(':') && TryParseAddress(text[1..end], out address);
        }

        int colon = text.IndexOf(':');
        if (colon < 0) return TryParseAddress(text, out address);
        if (text[(colon + 1)..].Contains(':')) return bareV6 && TryParseAddress(text, out address);
        return IsPort(text[colon..]) && TryParseAddress(text[..colon], out address);
    }

    /// <summary>Digits alone, no leading zeros, at most <paramref name="max"/>.</summary>
    public static bool TryParseDecimal(ReadOnlySpan<char> text, int max, out int value)
    {
        value = 0;
        return text.Length is > 0 and <= 9 && !text.ContainsAnyExceptInRange('0', '9') && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;
    }

    private static ReadOnlySpan<char> V6Characters => "0123456789abcdefABCDEF:.";

    private static bool IsDottedQuad(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < 4; i++)
        {
            int dot = i < 3 ? text.IndexOf('.') : text.Length;
            if (dot < 0 || !TryParseDecimal(text[..dot], 255, out _)) return false;
            if (i < 3) text = text[(dot + 1)..];
        }

        return true;
    }

    /// <summary>Nothing, a colon and a number, or a colon and a name that hides it (RFC 7239, section 6.2).</summary>
    private static bool IsPort(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return true;
        if (text[0] != ':' || text.Length < 2) return false;
        if (text[1] != '_') return text.Length <= 6 && !text[1..].ContainsAnyExceptInRange('0', '9');

        foreach (char c in text[2..])
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-')) return false;
        }

        return text.Length > 2;
    }
}

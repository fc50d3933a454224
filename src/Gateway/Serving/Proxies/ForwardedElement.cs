using System.Buffers;
using System.Net;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>One element of a Forwarded field: what one proxy says about the request that came to it (RFC 7239, section 4).</summary>
internal ref struct ForwardedElement
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>Null when it is not told, or unknown, or hidden behind a name.</summary>
    public IPAddress? Address;

    public string? Scheme;

    /// <summary>Empty when it is not told.</summary>
    public ReadOnlySpan<char> Host;

    /// <summary>False when it is malformed anywhere, what is not used of it included; or has a parameter twice.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ForwardedElement element)
    {
        element = default;
        bool hasFor = false, hasBy = false;
        while (TryTakePair(ref text, out var name, out var value))
        {
            if (name.Equals("for", StringComparison.OrdinalIgnoreCase))
            {
                if (hasFor || !TryParseNode(value, out element.Address)) return false;
                hasFor = true;
            }
            else if (name.Equals("by", StringComparison.OrdinalIgnoreCase))
            {
                if (hasBy || !TryParseNode(value, out _)) return false;
                hasBy = true;
            }
            else if (name.Equals("proto", StringComparison.OrdinalIgnoreCase))
            {
                if (element.Scheme is not null || (element.Scheme = ForwardedClient.SchemeOf(value)) is null) return false;
            }
            else if (name.Equals("host", StringComparison.OrdinalIgnoreCase))
            {
                if (!element.Host.IsEmpty || !ForwardedClient.IsHost(value)) return false;
                element.Host = value;
            }

            if (text.IsEmpty) return true;
            if (text[0] != ';') return false;
            text = text[1..].TrimStart(" \t");
        }

        return false;
    }

    /// <summary><c>token = token</c> or <c>token = "text without escapes"</c>.</summary>
    private static bool TryTakePair(scoped ref ReadOnlySpan<char> text, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        value = default;
        name = TakeToken(ref text);
        if (name.IsEmpty || !text.StartsWith("=")) return false;

        text = text[1..];
        if (!text.StartsWith("\""))
        {
            value = TakeToken(ref text);
            text = text.TrimStart(" \t");
            return !value.IsEmpty;
        }

        int end = text[1..].IndexOf('"');
        if (end < 0) return false;

        value = text.Slice(1, end);
        text = text[(end + 2)..].TrimStart(" \t");
        return !value.Contains('\\');
    }

    private static ReadOnlySpan<char> TakeToken(scoped ref ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAnyExcept(TokenCharacters);
        if (end < 0) end = text.Length;
        var token = text[..end];
        text = text[end..];
        return token;
    }

    /// <summary>An address, <c>unknown</c>, or a name that begins with an underscore (section 6); the last two are no address.</summary>
    private static bool TryParseNode(ReadOnlySpan<char> text, out IPAddress? address)
    {
        if (NodeName.TryParseNode(text, bareV6: false, out address)) return true;

        address = null;
        int colon = text.IndexOf(':');
        var node = colon < 0 ? text : text[..colon];
        return node.Equals("unknown", StringComparison.OrdinalIgnoreCase) || (node.Length > 1 && node[0] == '_');
    }
}

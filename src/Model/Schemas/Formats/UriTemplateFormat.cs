namespace Stateway.Model.Schemas.Formats;

/// <summary>URI templates of RFC 6570, section 2.</summary>
internal static class UriTemplateFormat
{
    public static bool IsUriTemplate(ReadOnlySpan<byte> s)
    {
        while (s.Length > 0)
        {
            int open = s.IndexOfAny((byte)'{', (byte)'}');
            if (!AreLiterals(open < 0 ? s : s[..open])) return false;
            if (open < 0) return true;
            if (s[open] == '}') return false;

            s = s[(open + 1)..];
            int close = s.IndexOf((byte)'}');
            if (close < 0 || !IsExpression(s[..close])) return false;
            s = s[(close + 1)..];
        }

        return true;
    }

    private static bool AreLiterals(ReadOnlySpan<byte> s)
    {
        for (int i = 0; i < s.Length; i++)
        {
            if (s[i] is <= 0x20 or 0x7F || "\"<>\\^`|"u8.Contains(s[i])) return false;
            if (s[i] == '%' && !IsEscape(s[i..])) return false;
        }

        return true;
    }

    private static bool IsExpression(ReadOnlySpan<byte> s)
    {
        if (s.Length > 0 && "+#./;?&=,!@|"u8.Contains(s[0])) // the last five are reserved for later
        {
            if ("=,!@|"u8.Contains(s[0])) return false;
            s = s[1..];
        }

        while (true)
        {
            int comma = s.IndexOf((byte)',');
            if (!IsVariable(comma < 0 ? s : s[..comma])) return false;
            if (comma < 0) return true;
            s = s[(comma + 1)..];
        }
    }

    /// <summary>A name with dots, then perhaps <c>*</c> or <c>:</c> and a length from 1 to 9999.</summary>
    private static bool IsVariable(ReadOnlySpan<byte> s)
    {
        if (s.EndsWith("*"u8))
        {
            s = s[..^1];
        }
        else if (s.IndexOf((byte)':') is var colon and >= 0)
        {
            var length = s[(colon + 1)..];
            if (length.Length is 0 or > 4 || length[0] == '0') return false;
            if (length.IndexOfAnyExceptInRange((byte)'0', (byte)'9') >= 0) return false;
            s = s[..colon];
        }

        bool afterDot = true;
        for (int i = 0; i < s.Length; i++)
        {
            if (s[i] == '.' && afterDot) return false;

            afterDot = s[i] == '.';
            if (s[i] == '%' && IsEscape(s[i..])) i += 2;
            else if (!afterDot && s[i] != '_' && !char.IsAsciiLetterOrDigit((char)s[i])) return false;
        }

        return !afterDot;
    }

    private static bool IsEscape(ReadOnlySpan<byte> s) =>
        s.Length >= 3 && char.IsAsciiHexDigit((char)s[1]) && char.IsAsciiHexDigit((char)s[2]);
}

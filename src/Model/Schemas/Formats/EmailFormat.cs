namespace Stateway.Model.Schemas.Formats;

/// <summary>Mailboxes of RFC 5321, section 4.1.2, and their international form of RFC 6531.</summary>
internal static class EmailFormat
{
    public static bool IsEmail(ReadOnlySpan<byte> s) => IsMailbox(s, international: false);

    public static bool IsInternationalEmail(ReadOnlySpan<byte> s) => IsMailbox(s, international: true);

    private static bool IsMailbox(ReadOnlySpan<byte> s, bool international)
    {
        int at = s.LastIndexOf((byte)'@');
        if (at <= 0) return false;

        var domain = s[(at + 1)..];
        bool isDomain = domain.Length > 2 && domain[0] == '[' && domain[^1] == ']'
            ? IsLiteral(domain[1..^1])
            : international ? HostFormats.IsInternationalHostName(domain) : HostFormats.IsHostName(domain);
        return isDomain && (s[0] == '"' ? IsQuoted(s[..at], international) : IsDotted(s[..at], international));
    }

    private static bool IsLiteral(ReadOnlySpan<byte> s) =>
        s.StartsWith("IPv6:"u8) ? AddressFormats.IsIPv6(s[5..]) : AddressFormats.IsIPv4(s);

    private static bool IsDotted(ReadOnlySpan<byte> s, bool international)
    {
        bool afterDot = true; // a dot may stand neither first nor last nor beside another
        foreach (byte c in s)
        {
            if (c == '.' && afterDot) return false;

            afterDot = c == '.';
            bool allowed = afterDot || char.IsAsciiLetterOrDigit((char)c) || "!#$%&'*+-/=?^_`{|}~"u8.Contains(c)
                || (international && c >= 0x80);
            if (!allowed) return false;
        }

        return !afterDot;
    }

    private static bool IsQuoted(ReadOnlySpan<byte> s, bool international)
    {
        if (s.Length < 2 || s[^1] != '"') return false;

        s = s[1..^1];
        for (int i = 0; i < s.Length; i++)
        {
            if (s[i] == '"') return false;
            if (s[i] == '\\' && ++i == s.Length) return false;
            if (s[i] is < 0x20 or 0x7F || (s[i] >= 0x80 && !international)) return false;
        }

        return true;
    }
}

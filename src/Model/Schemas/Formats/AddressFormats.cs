namespace Stateway.Model.Schemas.Formats;

/// <summary>IP addresses as text.</summary>
internal static class AddressFormats
{
    /// <summary>Four numbers up to 255 without leading zeros (RFC 2673, section 3.2).</summary>
    public static bool IsIPv4(ReadOnlySpan<byte> s)
    {
        for (int part = 0; part < 4; part++)
        {
            int digits = s.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits < 0) digits = s.Length;
            if (digits is 0 or > 3 || (digits > 1 && s[0] == '0')) return false;
            if (digits == 3 && s[..3].SequenceCompareTo("255"u8) > 0) return false;

            s = s[digits..];
            if (part == 3) break;
            if (s.Length == 0 || s[0] != '.') return false;
            s = s[1..];
        }

        return s.Length == 0;
    }

    /// <summary>
    /// Eight groups, of which one run of zeros may be left out, the last two perhaps as IPv4 (RFC 4291, section
    /// 2.2).
    /// </summary>
    public static bool IsIPv6(ReadOnlySpan<byte> s)
    {
        int gap = s.IndexOf("::"u8);
        if (gap < 0) return TryCountGroups(s, out int all) && all == 8;

        return TryCountGroups(s[..gap], out int before) && TryCountGroups(s[(gap + 2)..], out int after)
            && before + after <= 7
            && (gap == 0 || s[..gap].IndexOf((byte)'.') < 0); // IPv4 stands only at the end
    }

    private static bool TryCountGroups(ReadOnlySpan<byte> s, out int count)
    {
        count = 0;
        if (s.Length == 0) return true;

        while (true)
        {
            int end = s.IndexOf((byte)':');
            var group = end < 0 ? s : s[..end];
            if (end < 0 && group.IndexOf((byte)'.') >= 0)
            {
                count += 2;
                return IsIPv4(group);
            }

            if (group.Length is 0 or > 4) return false;
            foreach (byte c in group)
            {
                if (!char.IsAsciiHexDigit((char)c)) return false;
            }

            if (++count > 8) return false;
            if (end < 0) return true;
            s = s[(end + 1)..];
        }
    }
}

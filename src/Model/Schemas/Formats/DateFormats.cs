namespace Stateway.Model.Schemas.Formats;

/// <summary>Dates and times of RFC 3339, section 5.6.</summary>
internal static class DateFormats
{
    public static bool IsDate(ReadOnlySpan<byte> s)
    {
        if (s.Length != 10 || s[4] != '-' || s[7] != '-') return false;

        int year = Number(s[..4]), month = Number(s[5..7]), day = Number(s[8..]);
        return year >= 0 && month is >= 1 and <= 12 && day >= 1 && day <= DaysIn(year, month);
    }

    public static bool IsDateTime(ReadOnlySpan<byte> s) =>
        s.Length > 11 && s[10] is (byte)'T' or (byte)'t' && IsDate(s[..10]) && IsTime(s[11..]);

    public static bool IsTime(ReadOnlySpan<byte> s)
    {
        if (s.Length < 9 || s[2] != ':' || s[5] != ':') return false;

        int hour = Number(s[..2]), minute = Number(s[3..5]), second = Number(s[6..8]);
        if (hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60) return false;

        var rest = s[8..];
        if (rest[0] == '.')
        {
            int digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0) return false;
            rest = rest[(1 + digits)..];
        }

        // A leap second is inserted at 23:59:60 UTC, whatever the local time then is.
        return TryReadOffset(rest, out int offset)
            && (second < 60 || (hour * 60 + minute - offset + 2 * 24 * 60) % (24 * 60) == 23 * 60 + 59);
    }

    /// <param name="minutes">East of UTC.</param>
    private static bool TryReadOffset(ReadOnlySpan<byte> s, out int minutes)
    {
        minutes = 0;
        if (s.Length == 1) return s[0] is (byte)'Z' or (byte)'z';
        if (s.Length != 6 || s[0] is not ((byte)'+' or (byte)'-') || s[3] != ':') return false;

        int hour = Number(s[1..3]), minute = Number(s[4..]);
        minutes = (hour * 60 + minute) * (s[0] == '-' ? -1 : 1);
        return hour is >= 0 and <= 23 && minute is >= 0 and <= 59;
    }

    /// <returns>-1 when it is not all digits.</returns>
    private static int Number(ReadOnlySpan<byte> digits)
    {
        int number = 0;
        foreach (byte c in digits)
        {
            if (c is < (byte)'0' or > (byte)'9') return -1;
            number = number * 10 + (c - '0');
        }

        return number;
    }

    private static int DaysIn(int year, int month) => month switch
    {
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };
}

namespace Stateway.Model.Schemas.Formats;

/// <summary>
/// Durations as RFC 3339, appendix A, has them: weeks alone, or units that follow one another without a gap
/// (years and days need months between them), each a whole number.
/// </summary>
internal static class DurationFormat
{
    public static bool IsDuration(ReadOnlySpan<byte> s)
    {
        if (s.Length < 3 || s[0] != 'P') return false;

        s = s[1..];
        if (s[^1] == 'W') return s.Length > 1 && s[..^1].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

        int time = s.IndexOf((byte)'T');
        var date = time < 0 ? s : s[..time];
        return (date.Length == 0 ? time == 0 : AreUnits(date, "YMD"u8))
            && (time < 0 || AreUnits(s[(time + 1)..], "HMS"u8));
    }

    private static bool AreUnits(ReadOnlySpan<byte> s, ReadOnlySpan<byte> units)
    {
        int last = -1;
        while (s.Length > 0)
        {
            int digits = s.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits <= 0) return false;

            int unit = units.IndexOf(s[digits]);
            if (unit < 0 || (last >= 0 && unit != last + 1)) return false;
            last = unit;
            s = s[(digits + 1)..];
        }

        return last >= 0;
    }
}

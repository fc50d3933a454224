using System.Globalization;
using System.Numerics;

namespace Stateway.Model.Expressions;

/// <summary>
/// RFC 3339 times as ticks of 100 ns in UTC since the year 1; finer digits are cut off. A leap second
/// (23:59:60 in UTC) is the same instant as the second after it. Years 0001 to 9999.
/// </summary>
public static class TimestampText
{
    public static bool TryParse(ReadOnlySpan<char> text, out long ticks) => TryParse<char>(text, out ticks);

    public static bool TryParse(ReadOnlySpan<byte> utf8, out long ticks) => TryParse<byte>(utf8, out ticks);

    /// <summary>The shortest text in UTC: <c>2024-05-01T10:00:00Z</c>, <c>2024-05-01T10:00:00.25Z</c>.</summary>
    public static string Format(long ticks) =>
        new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static bool TryParse<T>(ReadOnlySpan<T> text, out long ticks) where T : unmanaged, IBinaryInteger<T>
    {
        ticks = 0;

        // 2024-05-01T10:00:00Z
        if (text.Length < 20) return false;
        if (At(text, 4) != '-' || At(text, 7) != '-' || (At(text, 10) | 0x20) != 't' || At(text, 13) != ':' || At(text, 16) != ':') return false;

        int year = Two(text, 0) * 100 + Two(text, 2);
        int month = Two(text, 5), day = Two(text, 8), hour = Two(text, 11), minute = Two(text, 14), second = Two(text, 17);
        if (Two(text, 0) < 0 || Two(text, 2) < 0 || year < 1) return false;
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        if (hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 60) return false;

        int position = 19;
        long fraction = 0;
        if (At(text, position) == '.')
        {
            int first = ++position;
            long unit = TimeSpan.TicksPerSecond / 10;
            for (; position < text.Length && At(text, position) is >= '0' and <= '9'; position++)
            {
                fraction += (At(text, position) - '0') * unit;
                unit /= 10;
            }

            if (position == first) return false;
        }

        if (!TryParseOffset(text[position..], out int offsetMinutes)) return false;

        ticks = new DateTime(year, month, day, hour, minute, 0).Ticks - offsetMinutes * TimeSpan.TicksPerMinute;
        bool isLeap = second == 60;
        if (isLeap && Math.Abs(ticks % TimeSpan.TicksPerDay) != TimeSpan.TicksPerDay - TimeSpan.TicksPerMinute) return false;

        // Within a leap second the clock stands still, so that no instant comes after the second that follows.
        ticks += second * TimeSpan.TicksPerSecond + (isLeap ? 0 : fraction);
        return ticks >= 0 && ticks <= DateTime.MaxValue.Ticks;
    }

    private static bool TryParseOffset<T>(ReadOnlySpan<T> text, out int minutes) where T : unmanaged, IBinaryInteger<T>
    {
        minutes = 0;
        if (text.Length == 1) return (At(text, 0) | 0x20) == 'z';
        if (text.Length != 6 || At(text, 0) is not ('+' or '-') || At(text, 3) != ':') return false;

        int hour = Two(text, 1), minute = Two(text, 4);
        if (hour is < 0 or > 23 || minute is < 0 or > 59) return false;

        minutes = (hour * 60 + minute) * (At(text, 0) == '-' ? -1 : 1);
        return true;
    }

    private static int At<T>(ReadOnlySpan<T> text, int index) where T : unmanaged, IBinaryInteger<T> =>
        index < text.Length ? int.CreateTruncating(text[index]) : -1;

    /// <returns>Two digits; below -1000 where there is another character, so that a sum with it stays negative.</returns>
    private static int Two<T>(ReadOnlySpan<T> text, int index) where T : unmanaged, IBinaryInteger<T>
    {
        int tens = At(text, index) - '0', ones = At(text, index + 1) - '0';
        return (uint)tens > 9 || (uint)ones > 9 ? -100_000 : tens * 10 + ones;
    }
}

using System.Globalization;

namespace Stateway.Model.Expressions;

/// <summary>
/// Durations as CEL writes them (<c>1h30m</c>, <c>-1.5s</c>, <c>250ms</c>) as ticks of 100 ns; finer digits are
/// cut off. At most 10,000 years of 365.25 days either way, as in CEL.
/// </summary>
public static class DurationText
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private static readonly Int128 NanosecondsMax = (Int128)315_576_000_000 * NanosecondsPerSecond;

    public static bool TryParse(ReadOnlySpan<char> text, out long ticks)
    {
        ticks = 0;
        bool isNegative = text is ['-', ..];
        if (text is ['-' or '+', ..]) text = text[1..];
        if (text is "0") return true;
        if (text.IsEmpty) return false;

        Int128 total = 0;
        while (!text.IsEmpty)
        {
            if (!TryTakePart(ref text, out var nanoseconds)) return false;

            total += nanoseconds;
            if (total > NanosecondsMax) return false;
        }

        ticks = (long)(total / TimeSpan.NanosecondsPerTick) * (isNegative ? -1 : 1);
        return true;
    }

    /// <summary>Seconds, as protobuf's JSON has them: <c>5400s</c>, <c>-1.5s</c>.</summary>
    public static string Format(long ticks)
    {
        decimal seconds = (decimal)ticks / TimeSpan.TicksPerSecond;
        return seconds.ToString("0.#######", CultureInfo.InvariantCulture) + "s";
    }

    /// <summary>One number with its unit: <c>1.5h</c>.</summary>
    private static bool TryTakePart(ref ReadOnlySpan<char> text, out Int128 nanoseconds)
    {
        nanoseconds = 0;
        int whole = CountDigits(text);
        var rest = text[whole..];
        int fraction = 0;
        if (rest is ['.', ..])
        {
            fraction = CountDigits(rest[1..]);
            rest = rest[(fraction + 1)..];
        }

        // 18 digits hold 10,000 years in nanoseconds and more than a tick of an hour.
        if (whole + fraction == 0 || whole > 18 || !TryTakeUnit(ref rest, out long unit)) return false;

        nanoseconds = whole == 0 ? 0 : (Int128)long.Parse(text[..whole], CultureInfo.InvariantCulture) * unit;
        if (fraction > 0)
        {
            int digits = Math.Min(fraction, 18);
            long parts = long.Parse(text.Slice(whole + 1, digits), CultureInfo.InvariantCulture);
            nanoseconds += (Int128)parts * unit / (long)Math.Pow(10, digits);
        }

        text = rest;
        return true;
    }

    private static bool TryTakeUnit(ref ReadOnlySpan<char> text, out long nanoseconds)
    {
        (nanoseconds, int length) = text switch
        {
            ['h', ..] => (3600 * NanosecondsPerSecond, 1),
            ['m', 's', ..] => (1_000_000L, 2),
            ['m', ..] => (60 * NanosecondsPerSecond, 1),
            ['s', ..] => (NanosecondsPerSecond, 1),
            ['u' or 'µ' or 'μ', 's', ..] => (1000L, 2), // the micro sign and the Greek letter
            ['n', 's', ..] => (1L, 2),
            _ => (0L, 0),
        };
        text = text[length..];
        return length > 0;
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        int count = text.IndexOfAnyExceptInRange('0', '9');
        return count < 0 ? text.Length : count;
    }
}

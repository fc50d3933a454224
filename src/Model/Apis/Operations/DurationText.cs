using System.Globalization;

namespace Stateway.Model.Apis.Operations;

/// <summary>A duration as documents write it: <c>250ms</c>, <c>5s</c>, <c>1.5s</c>, <c>2m</c>.</summary>
internal static class DurationText
{
    public static readonly TimeSpan Max = TimeSpan.FromHours(1);

    /// <returns>Null when the text is no duration, is zero, or is above <see cref="Max"/>.</returns>
    public static TimeSpan? Parse(string text)
    {
        var (unit, digits) = text switch
        {
            [.. var number, 'm', 's'] => (TimeSpan.TicksPerMillisecond, number),
            [.. var number, 's'] => (TimeSpan.TicksPerSecond, number),
            [.. var number, 'm'] => (TimeSpan.TicksPerMinute, number),
            _ => (0L, ""),
        };

        if (unit == 0 || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal count)) return null;
        if (count > 4_000_000) return null; // an hour in milliseconds is less

        var duration = TimeSpan.FromTicks((long)(count * unit));
        return duration > TimeSpan.Zero && duration <= Max ? duration : null;
    }
}

using System.Globalization;

namespace Stateway.Configuring;

/// <summary>A long time as a configuration writes it: <c>90m</c>, <c>24h</c>, <c>7d</c>.</summary>
internal static class AgeText
{
    private const int DaysMax = 3650;

    /// <returns>Null when the text is no such time, or is above ten years.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (text.Length < 2 || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count)) return null;

        double days = text[^1] switch { 'm' => count / 1440.0, 'h' => count / 24.0, 'd' => count, _ => double.MaxValue };
        return days <= DaysMax ? TimeSpan.FromDays(days) : null;
    }
}

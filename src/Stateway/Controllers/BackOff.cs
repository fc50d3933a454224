namespace Stateway.Controllers;

/// <summary>
/// How long a name waits after failures: 0.1 s, doubling to 5 min; a random part of up to a half is taken off, so that what
/// failed together isn't tried together.
/// </summary>
internal static class BackOff
{
    public static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Max = TimeSpan.FromMinutes(5);

    /// <param name="failures">In a row, 1 or more.</param>
    /// <returns>Whole milliseconds, <see cref="Ceiling"/> / 2 to <see cref="Ceiling"/>.</returns>
    public static TimeSpan After(int failures, Random random)
    {
        long ceiling = (long)Ceiling(failures).TotalMilliseconds;
        return TimeSpan.FromMilliseconds(random.NextInt64(ceiling / 2, ceiling + 1));
    }

    public static TimeSpan Ceiling(int failures)
    {
        const int DoublingsMax = 12; // 100 ms * 2^12 is beyond 5 min
        var doubled = First * (1 << Math.Min(failures - 1, DoublingsMax));
        return doubled < Max ? doubled : Max;
    }
}

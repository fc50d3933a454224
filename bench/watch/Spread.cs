using System.Diagnostics;

namespace Stateway.Watch.Bench;

/// <summary>When a commit reached its watchers.</summary>
internal sealed class Spread(long sending, long answered, long[] seen)
{
    private readonly long[] _seen = [.. seen.Order()];

    /// <summary>Milliseconds, sorted.</summary>
    public double[] FromSending => [.. _seen.Select(at => Stopwatch.GetElapsedTime(sending, at).TotalMilliseconds)];

    public double[] FromAnswer => [.. _seen.Select(at => Stopwatch.GetElapsedTime(answered, at).TotalMilliseconds)];

    /// <param name="percent">100: the largest.</param>
    public static double At(double[] sorted, int percent) => sorted[Math.Min(sorted.Length * percent / 100, sorted.Length - 1)];
}

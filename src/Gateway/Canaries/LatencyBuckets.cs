using System.Numerics;

namespace Stateway.Gateway.Canaries;

/// <summary>
/// A scale for latencies: 16 buckets for each doubling, so that a bound is at most 6.25 % above what it stands for. The same
/// on every node, because counts are added up by bucket.
/// <example><code>
/// 0…15 µs: a bucket each; 16…31 µs: 16 buckets of 1 µs; 32…63 µs: 16 of 2 µs; … up to 71 minutes
/// </code></example>
/// </summary>
internal static class LatencyBuckets
{
    private const int StepsLog2 = 4;
    private const uint MicrosecondsMax = uint.MaxValue;

    public const int Count = (32 - StepsLog2 + 1) << StepsLog2;

    public static int Of(TimeSpan latency)
    {
        uint microseconds = (uint)Math.Clamp(latency.Ticks / TimeSpan.TicksPerMicrosecond, 0, MicrosecondsMax);
        if (microseconds < 1 << StepsLog2) return (int)microseconds;

        int doubling = BitOperations.Log2(microseconds) - StepsLog2;
        return ((doubling + 1) << StepsLog2) + (int)((microseconds >> doubling) & ((1 << StepsLog2) - 1));
    }

    /// <summary>Nothing in the bucket is as long as this.</summary>
    public static TimeSpan BoundOf(int bucket)
    {
        int doubling = (bucket >> StepsLog2) - 1;
        if (doubling < 0) return TimeSpan.FromMicroseconds(bucket + 1);

        long start = (1L << StepsLog2) + (bucket & ((1 << StepsLog2) - 1));
        return TimeSpan.FromMicroseconds((start + 1) << doubling);
    }
}

using System.Text.Json;

namespace Stateway.Gateway.Canaries;

/// <summary>What one side, base or canary, has answered: how often, how often wrongly, how quickly. Immutable; can be added up.</summary>
public sealed class ArmCounts
{
    /// <summary>Far beyond any window, and still a number that sums and JSON bear.</summary>
    private const long CountMax = 1L << 50;

    private readonly long[] _latencies;

    internal ArmCounts(long errors, long[] latencies)
    {
        _latencies = latencies;
        Errors = errors;
        foreach (long count in latencies) Requests += count;
    }

    public static ArmCounts None { get; } = new(0, new long[LatencyBuckets.Count]);

    public long Requests { get; }

    /// <summary>At most <see cref="Requests"/>.</summary>
    public long Errors { get; }

    /// <summary>From 0 to 1; 0 without requests.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    internal ReadOnlySpan<long> Latencies => _latencies;

    public static ArmCounts operator +(ArmCounts left, ArmCounts right)
    {
        long[] sum = new long[LatencyBuckets.Count];
        for (int i = 0; i < sum.Length; i++) sum[i] = left._latencies[i] + right._latencies[i];
        return new(left.Errors + right.Errors, sum);
    }

    /// <summary>What at least this part of the requests was quicker than; at most 6.25 % above the true value. Zero without requests.</summary>
    /// <param name="part">Above 0, at most 1: 0.99 for the 99th percentile.</param>
    public TimeSpan Percentile(double part)
    {
        long rank = Math.Max(1, (long)Math.Ceiling(Requests * part));
        long seen = 0;
        for (int i = 0; i < _latencies.Length; i++)
        {
            seen += _latencies[i];
            if (seen >= rank) return LatencyBuckets.BoundOf(i);
        }

        return TimeSpan.Zero;
    }

    /// <summary>The requests in this bucket and above.</summary>
    internal long From(int bucket)
    {
        long count = 0;
        foreach (long each in _latencies.AsSpan(bucket)) count += each;
        return count;
    }

    /// <summary>As JSON: <c>{"errors":2,"latencies":[[118,40],[119,3]]}</c>, the buckets that are not empty.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("errors", Errors);
        writer.WriteStartArray("latencies");
        for (int i = 0; i < _latencies.Length; i++)
        {
            if (_latencies[i] == 0) continue;
            writer.WriteStartArray();
            writer.WriteNumberValue(i);
            writer.WriteNumberValue(_latencies[i]);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <returns>Null when it is nothing that <see cref="WriteTo"/> has written.</returns>
    public static ArmCounts? Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("errors", out var errors) || !TryCount(errors, out long errorCount)
            || !json.TryGetProperty("latencies", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > LatencyBuckets.Count)
            return null;

        long[] latencies = new long[LatencyBuckets.Count];
        foreach (var pair in list.EnumerateArray())
        {
            if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2 || !TryCount(pair[0], out long bucket) || bucket >= LatencyBuckets.Count
                || !TryCount(pair[1], out long count) || latencies[bucket] != 0)
                return null;

            latencies[bucket] = count;
        }

        var counts = new ArmCounts(errorCount, latencies);
        return counts.Errors <= counts.Requests ? counts : null;
    }

    private static bool TryCount(JsonElement json, out long count)
    {
        count = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out count) && count is >= 0 and <= CountMax;
    }
}

namespace Stateway.Gateway.Canaries;

/// <summary>When a canary is promoted, and when it is rolled back.</summary>
public sealed record CanaryRules
{
    /// <summary>Nothing is decided before each side has had as many requests in the window.</summary>
    public int RequestsMin { get; init; } = 200;

    /// <summary>How much larger the canary's share of errors may be, as a part of all requests: 0.01 allows 1.5 % beside 0.5 %.</summary>
    public double ErrorMargin { get; init; } = 0.01;

    /// <summary>How much longer the canary's 99th percentile may be, as a part of the base's: 0.25 allows 125 ms beside 100 ms.</summary>
    public double LatencyMargin { get; init; } = 0.25;

    /// <summary>A difference in the 99th percentile that is smaller than this matters to nobody.</summary>
    public TimeSpan LatencyFloor { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>A canary that is as old as this, and not worse, is promoted.</summary>
    public TimeSpan PromoteAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two judgements.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a canary that is no worse than its base may be rolled back by noise alone, within <see cref="PromoteAfter"/>: 0.01 is once in a hundred canaries.</summary>
    public double FalseAlarms { get; init; } = 0.01;

    /// <exception cref="ArgumentException">Names the rule, its value, and what would be right.</exception>
    public void Validate()
    {
        if (RequestsMin < 20) throw new ArgumentException($"requests_min is {RequestsMin}; it must be 20 or more.");
        if (ErrorMargin is not (>= 0 and < 1)) throw new ArgumentException($"error_margin is {ErrorMargin}; it must be from 0 to below 1.");
        if (LatencyMargin is not (>= 0.1 and <= 100)) throw new ArgumentException($"latency_margin is {LatencyMargin}; it must be from 0.1 (latencies are counted to 6 %) to 100.");
        if (LatencyFloor < TimeSpan.Zero) throw new ArgumentException($"latency_floor is {LatencyFloor}; it must not be negative.");
        if (Interval < TimeSpan.FromSeconds(1)) throw new ArgumentException($"interval is {Interval}; it must be a second or more.");
        if (PromoteAfter < Interval || PromoteAfter > TimeSpan.FromDays(30)) throw new ArgumentException($"promote_after is {PromoteAfter}; it must be from one interval ({Interval}) to 30 days.");
        if (FalseAlarms is not (> 0 and <= 0.5)) throw new ArgumentException($"false_alarms is {FalseAlarms}; it must be above 0 and at most 0.5.");
    }
}

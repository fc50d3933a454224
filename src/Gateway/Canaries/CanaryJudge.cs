using System.Globalization;

namespace Stateway.Gateway.Canaries;

/// <summary>
/// Decides about a canary from what all nodes have counted. It is rolled back when its share of errors, or its 99th percentile,
/// is worse than the base's by more than the margin <em>and</em> noise alone would hardly look like that; promoted
/// when it is old enough and, as counted, within the margins; otherwise it goes on.
/// <para>
/// Noise: <see cref="ExactTest"/>, over errors, and over the slowest hundredth of all requests together (if the sides were
/// alike, each request would be equally likely among them). Both tests of every judgement share the allowed
/// <see cref="CanaryRules.FalseAlarms"/> in equal parts, so that looking often does not add up to an alarm.
/// </para>
/// </summary>
public sealed class CanaryJudge
{
    private const double Slowest = 0.01;

    private readonly CanaryRules _rules;
    private readonly TimeProvider _time;
    private readonly double _chanceMax;

    /// <exception cref="ArgumentException">A rule is wrong; says which, and what would be right.</exception>
    public CanaryJudge(CanaryRules rules, TimeProvider time)
    {
        rules.Validate();
        _rules = rules;
        _time = time;
        _chanceMax = rules.FalseAlarms / (2 * Math.Ceiling(rules.PromoteAfter / rules.Interval));
    }

    /// <param name="counts">Of all nodes together.</param>
    /// <param name="began">When the canary began.</param>
    public CanaryVerdict Judge(CanaryCounts counts, DateTimeOffset began)
    {
        var (left, right) = counts;
        if (Math.Min(left.Requests, right.Requests) < _rules.RequestsMin)
            return GoOn($"{Text(right.Requests)} requests of the canary and {Text(left.Requests)} of the base; {Text(_rules.RequestsMin)} of each are needed.");

        bool isWorse = false;
        if (right.ErrorRate - left.ErrorRate > _rules.ErrorMargin)
        {
            isWorse = true;
            double chance = ExactTest.ChanceOfNoise(right.Errors, right.Requests, left.Errors, left.Requests);
            if (chance < _chanceMax) return new(CanaryDecision.RollBack, $"{Part(right.ErrorRate)} of the canary's requests fail, and {Part(left.ErrorRate)} of the base's.{Among(counts)}");
        }

        var (baseTail, canaryTail) = (left.Percentile(1 - Slowest), right.Percentile(1 - Slowest));
        if (canaryTail > baseTail * (1 + _rules.LatencyMargin) && canaryTail - baseTail > _rules.LatencyFloor)
        {
            isWorse = true;
            if (ChanceOfTails(left, right) < _chanceMax) return new(CanaryDecision.RollBack, $"The canary's 99th percentile is {Text(canaryTail)}, the base's {Text(baseTail)}.{Among(counts)}");
        }

        var age = _time.GetUtcNow() - began;
        if (age < _rules.PromoteAfter) return GoOn($"The canary is {Text(age)} old; it is promoted after {Text(_rules.PromoteAfter)}.");
        if (isWorse) return GoOn("The canary looks worse than the base, but that may be noise.");

        return new(CanaryDecision.Promote, $"{Part(right.ErrorRate)} of the canary's requests fail, and {Part(left.ErrorRate)} of the base's; the 99th percentiles are {Text(canaryTail)} and {Text(baseTail)}.{Among(counts)}");
    }

    /// <summary>
    /// The bound between slow and quick is chosen over both sides together: a bound taken from one of them would make
    /// that side look better than it is, and the test would no longer be exact.
    /// </summary>
    private static double ChanceOfTails(ArmCounts left, ArmCounts right)
    {
        long rank = (long)Math.Ceiling((left.Requests + right.Requests) * Slowest);
        long seen = 0;
        int bucket = LatencyBuckets.Count;
        while (seen < rank && bucket > 0)
        {
            bucket--;
            seen += left.Latencies[bucket] + right.Latencies[bucket];
        }

        return ExactTest.ChanceOfNoise(right.From(bucket), right.Requests, left.From(bucket), left.Requests);
    }

    private static CanaryVerdict GoOn(string reason) => new(CanaryDecision.GoOn, reason);

    private static string Among(CanaryCounts counts) => $" ({Text(counts.Canary.Requests)} and {Text(counts.Base.Requests)} requests.)";

    private static string Text(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan time) => time.TotalSeconds < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.#} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    private static string Part(double rate) => string.Create(CultureInfo.InvariantCulture, $"{rate * 100:0.##} %");
}

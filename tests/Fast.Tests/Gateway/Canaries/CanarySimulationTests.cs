using Stateway.Gateway.Canaries;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Canaries;

/// <summary>
/// Whole lives of canaries over made-up traffic, judged every ten seconds through the window, by fixed seeds: how often a good
/// one is rolled back, and how often and how soon a bad one is. Latencies are exponential, which has a longer tail than most services.
/// </summary>
public sealed class CanarySimulationTests(ITestOutputHelper output)
{
    private sealed record Traffic
    {
        public int RequestsPerSecond { get; init; } = 50;
        public double CanaryShare { get; init; } = 0.1;
        public double BaseErrors { get; init; } = 0.01;
        public double CanaryErrors { get; init; } = 0.01;
        public double CanaryLatency { get; init; } = 1;
    }

    private readonly record struct Outcome(CanaryDecision Decision, TimeSpan Age);

    [Theory]
    [InlineData(50, 0.1, 0.01)]
    [InlineData(50, 0.5, 0.002)]
    [InlineData(10, 0.2, 0.05)]
    public void Noise_alone_rolls_back_at_most_as_many_as_the_rules_allow(int requests, double share, double errors)
    {
        // The stated rate is 5 %: of 200 canaries 10. That more than 19 are rolled back then has a chance below 1 in 200.
        var outcomes = Run(200, 1, new() { RequestsPerSecond = requests, CanaryShare = share, BaseErrors = errors, CanaryErrors = errors }, new() { FalseAlarms = 0.05 });
        Assert.InRange(outcomes.Count(o => o.Decision == CanaryDecision.RollBack), 0, 19);
        Assert.InRange(outcomes.Count(o => o.Decision == CanaryDecision.Promote), 180, 200);
    }

    [Fact]
    public void A_margin_of_nothing_keeps_the_stated_rate_of_false_alarms()
    {
        // Without margins the test alone stands between noise and a roll-back.
        var rules = new CanaryRules { FalseAlarms = 0.1, ErrorMargin = 0, LatencyMargin = 0.1, LatencyFloor = TimeSpan.Zero };
        var outcomes = Run(200, 2, new() { BaseErrors = 0.05, CanaryErrors = 0.05, CanaryShare = 0.3 }, rules);
        Assert.InRange(outcomes.Count(o => o.Decision == CanaryDecision.RollBack), 0, 31);
    }

    [Fact]
    public void A_canary_that_fails_ten_times_as_often_is_rolled_back_within_a_minute_and_a_half()
    {
        var outcomes = Run(100, 3, new() { CanaryErrors = 0.1 }, new());
        Assert.All(outcomes, o => Assert.Equal(CanaryDecision.RollBack, o.Decision));
        Assert.All(outcomes, o => Assert.InRange(o.Age, TimeSpan.Zero, TimeSpan.FromSeconds(90)));
    }

    [Fact]
    public void A_canary_that_fails_always_is_rolled_back_as_soon_as_it_has_enough_requests()
    {
        // 5 requests a second come to the canary: 200 after 40 s.
        var outcomes = Run(50, 4, new() { CanaryErrors = 1 }, new());
        Assert.All(outcomes, o => Assert.InRange(o.Age, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void Three_percent_more_errors_are_missed_at_most_once_in_twenty()
    {
        var outcomes = Run(100, 5, new() { CanaryErrors = 0.04 }, new());
        Assert.InRange(outcomes.Count(o => o.Decision == CanaryDecision.RollBack), 95, 100);
    }

    [Fact]
    public void Twice_the_latency_is_missed_at_most_once_in_twenty()
    {
        var outcomes = Run(100, 6, new() { CanaryLatency = 2 }, new());
        Assert.InRange(outcomes.Count(o => o.Decision == CanaryDecision.RollBack), 95, 100);
    }

    [Fact]
    public void A_canary_with_little_traffic_is_not_rolled_back_for_that_and_a_bad_one_is_hardly_promoted()
    {
        var good = Run(100, 7, new() { RequestsPerSecond = 3, CanaryShare = 0.5 }, new());
        Assert.InRange(good.Count(o => o.Decision == CanaryDecision.RollBack), 0, 5);

        var bad = Run(100, 8, new() { RequestsPerSecond = 3, CanaryShare = 0.5, CanaryErrors = 0.06 }, new());
        Assert.InRange(bad.Count(o => o.Decision == CanaryDecision.Promote), 0, 5);
    }

    /// <summary>The outcome of each life: until it is decided, or twice as long as a good canary would need.</summary>
    private List<Outcome> Run(int lives, int seed, Traffic traffic, CanaryRules rules)
    {
        var random = new Random(seed);
        var outcomes = new List<Outcome>();
        for (int life = 0; life < lives; life++) outcomes.Add(Live(random, traffic, rules));

        var ended = outcomes.GroupBy(o => o.Decision).Select(g => $"{g.Key}: {g.Count()}, after {g.Average(o => o.Age.TotalSeconds):0} s");
        output.WriteLine($"{traffic}: {string.Join("; ", ended)}");
        return outcomes;
    }

    private static Outcome Live(Random random, Traffic traffic, CanaryRules rules)
    {
        var time = new ManualTime();
        var began = time.GetUtcNow();
        var window = new CanaryWindow(TimeSpan.FromMinutes(5), time);
        var judge = new CanaryJudge(rules, time);
        int perInterval = (int)(traffic.RequestsPerSecond * rules.Interval.TotalSeconds);
        while (time.GetUtcNow() - began < 2 * rules.PromoteAfter)
        {
            for (int i = 0; i < perInterval; i++)
            {
                bool isCanary = random.NextDouble() < traffic.CanaryShare;
                bool isError = random.NextDouble() < (isCanary ? traffic.CanaryErrors : traffic.BaseErrors);
                double milliseconds = -20 * Math.Log(1 - random.NextDouble()) * (isCanary ? traffic.CanaryLatency : 1);
                window.Record(isCanary, isError, TimeSpan.FromMilliseconds(5 + milliseconds));
            }

            time.Advance(rules.Interval);
            var verdict = judge.Judge(window.Read(), began);
            if (verdict.Decision != CanaryDecision.GoOn) return new(verdict.Decision, time.GetUtcNow() - began);
        }

        return new(CanaryDecision.GoOn, time.GetUtcNow() - began);
    }
}

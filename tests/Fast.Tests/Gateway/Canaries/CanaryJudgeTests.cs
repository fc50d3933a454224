using Stateway.Gateway.Canaries;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Canaries;

/// <summary>What the judge decides from given counts, and how it words that.</summary>
public sealed class CanaryJudgeTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Nothing_is_decided_on_few_requests_however_bad_they_are()
    {
        var verdict = Judge(Of(10_000, 0, 20), Of(199, 199, 5_000), TimeSpan.FromHours(1));
        Assert.Equal(new(CanaryDecision.GoOn, "199 requests of the canary and 10,000 of the base; 200 of each are needed."), verdict);
        Assert.Equal(CanaryDecision.GoOn, Judge(Of(199, 0, 20), Of(5_000, 0, 20), TimeSpan.FromHours(1)).Decision);
        Assert.Equal(CanaryDecision.RollBack, Judge(Of(10_000, 0, 20), Of(200, 200, 20), TimeSpan.Zero).Decision);
    }

    [Fact]
    public void More_errors_than_the_margin_roll_back_at_any_age()
    {
        var verdict = Judge(Of(9_000, 45, 20), Of(1_000, 60, 20), TimeSpan.FromSeconds(10));
        Assert.Equal(new(CanaryDecision.RollBack, "6 % of the canary's requests fail, and 0.5 % of the base's. (1,000 and 9,000 requests.)"), verdict);
        Assert.Equal(CanaryDecision.RollBack, Judge(Of(9_000, 45, 20), Of(1_000, 60, 20), TimeSpan.FromHours(1)).Decision);
    }

    [Fact]
    public void Errors_within_the_margin_are_no_reason_even_when_they_are_certain() =>
        Assert.Equal(CanaryDecision.Promote, Judge(Of(1_000_000, 1_000, 20), Of(1_000_000, 10_900, 20), TimeSpan.FromHours(1)).Decision);

    [Fact]
    public void What_may_be_noise_is_waited_for()
    {
        // 2.5 % beside 0.5 %, by 5 of 200 requests: that happens.
        var verdict = Judge(Of(1_000, 5, 20), Of(200, 5, 20), TimeSpan.FromHours(1));
        Assert.Equal(new(CanaryDecision.GoOn, "The canary looks worse than the base, but that may be noise."), verdict);
    }

    [Fact]
    public void A_longer_tail_rolls_back_and_one_that_nobody_feels_does_not()
    {
        var verdict = Judge(Of(9_000, 0, 100), Of(1_000, 0, 150), TimeSpan.FromSeconds(10));
        Assert.Equal(CanaryDecision.RollBack, verdict.Decision);
        Assert.Matches("The canary's 99th percentile is 15[0-9.]+ ms, the base's 10[0-9.]+ ms", verdict.Reason);

        Assert.Equal(CanaryDecision.Promote, Judge(Of(9_000, 0, 100), Of(1_000, 0, 110), TimeSpan.FromHours(1)).Decision); // within the margin
        Assert.Equal(CanaryDecision.Promote, Judge(Of(9_000, 0, 1), Of(1_000, 0, 9), TimeSpan.FromHours(1)).Decision); // below the floor
        Assert.Equal(CanaryDecision.Promote, Judge(Of(9_000, 0, 100), Of(1_000, 0, 50), TimeSpan.FromHours(1)).Decision);
    }

    [Fact]
    public void A_good_canary_is_promoted_when_it_is_old_enough()
    {
        var young = Judge(Of(9_000, 45, 20), Of(1_000, 5, 20), TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Assert.Equal((CanaryDecision.GoOn, "The canary is 600 s old; it is promoted after 600 s."), (young.Decision, young.Reason));
        Assert.Equal(CanaryDecision.Promote, Judge(Of(9_000, 45, 20), Of(1_000, 5, 20), TimeSpan.FromMinutes(10)).Decision);
    }

    [Fact]
    public void Wrong_rules_are_refused_by_name()
    {
        (CanaryRules Rules, string Name)[] wrong =
        [
            (new() { RequestsMin = 19 }, "requests_min"), (new() { ErrorMargin = 1 }, "error_margin"), (new() { ErrorMargin = double.NaN }, "error_margin"),
            (new() { LatencyMargin = 0.05 }, "latency_margin"), (new() { LatencyFloor = TimeSpan.FromTicks(-1) }, "latency_floor"),
            (new() { Interval = TimeSpan.Zero }, "interval"), (new() { PromoteAfter = TimeSpan.FromSeconds(9) }, "promote_after"), (new() { FalseAlarms = 0 }, "false_alarms"),
        ];
        foreach (var (rules, name) in wrong)
            Assert.StartsWith(name + " is ", Assert.Throws<ArgumentException>(() => new CanaryJudge(rules, _time)).Message);
    }

    private CanaryVerdict Judge(ArmCounts left, ArmCounts right, TimeSpan age) =>
        new CanaryJudge(new(), _time).Judge(new(left, right), _time.GetUtcNow() - age);

    private static ArmCounts Of(int requests, int errors, int milliseconds)
    {
        var window = new CanaryWindow(TimeSpan.FromMinutes(1), new ManualTime());
        for (int i = 0; i < requests; i++) window.Record(false, i < errors, TimeSpan.FromMilliseconds(milliseconds));
        return window.Read().Base;
    }
}

using Stateway.Gateway.Mirrors;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Mirrors;

public sealed class MirrorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly MirrorReport _report;

    public MirrorTests() => _report = new(_time);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 50)]
    [InlineData(33.3, 3_330)]
    [InlineData(100, 10_000)]
    public async Task The_share_is_exact_and_of_methods_that_change_nothing(double percentage, int wanted)
    {
        await using var mirror = new Mirror(new() { Percentage = percentage }, (_, _) => default, _report, _time);
        Assert.Equal(wanted, Enumerable.Range(0, 10_000).Count(_ => mirror.Wants("GET")));
        Assert.False(mirror.Wants("POST"));
    }

    [Fact]
    public async Task Answers_are_compared_and_gathered_by_place()
    {
        var done = new SemaphoreSlim(0);
        await using (var mirror = new Mirror(new(), Answer, _report, _time))
        {
            for (int i = 0; i < 10; i++) Assert.True(mirror.Offer(Copy("listThings", $"/things?{i}", """{"results":[{"price":1},{"price":1}]}""")));
            Assert.True(mirror.Offer(Copy("getThing", "/none", "{}")));
            Assert.True(mirror.Offer(Copy("getThing", "/thrown", "{}")));
            for (int i = 0; i < 12; i++) Assert.True(await done.WaitAsync(Patience));
        }

        var findings = _report.Read();
        Assert.Equal((5, 5, 2, 0), (findings.Alike, findings.Different, findings.Unanswered, findings.LeftOut));
        Assert.Equal([new("listThings", "body /results/*/price", 5)], findings.Places);
        Assert.Equal(5, findings.Examples.Length);
        Assert.Equal([new("body /results/0/price", "1", "2"), new("body /results/1/price", "1", "2")], findings.Examples[0].Differences);

        ValueTask<MirrorAnswer?> Answer(MirrorCopy copy, CancellationToken ct)
        {
            done.Release();
            if (copy.Target == "/thrown") throw new IOException("the other one is down");
            if (copy.Target == "/none") return default;
            int price = int.Parse(copy.Target[^1..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0 ? 1 : 2;
            return new(Copy("", "", $$"""{"results":[{"price":{{price}}},{"price":{{price}}}]}""").Answer);
        }
    }

    [Fact]
    public async Task What_there_is_no_room_for_is_left_out_and_counted()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new SemaphoreSlim(0);
        await using var mirror = new Mirror(new() { CopiesMax = 2, ConcurrencyMax = 1, CopiesBytesMax = 1_000 }, async (copy, _) =>
        {
            begun.Release();
            await release.Task;
            return copy.Answer;
        }, _report, _time);

        Assert.True(mirror.Offer(Copy("o", "/", "1")));
        Assert.True(await begun.WaitAsync(Patience)); // one runs, two wait
        Assert.True(mirror.Offer(Copy("o", "/", "1")));
        Assert.False(mirror.Offer(Copy("o", "/", new string('1', 1_000))));
        Assert.True(mirror.Offer(Copy("o", "/", "1")));
        Assert.False(mirror.Offer(Copy("o", "/", "1")));
        Assert.Equal(2, _report.Read().LeftOut);

        release.SetResult();
        Assert.True(await begun.WaitAsync(Patience) && await begun.WaitAsync(Patience));
        for (int i = 0; i < 20; i++)
        {
            while (!mirror.Offer(Copy("o", "/", "1"))) await Task.Yield(); // there is room again, by number and by bytes
        }
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_given_up()
    {
        var begun = new SemaphoreSlim(0);
        var ended = new SemaphoreSlim(0);
        await using var mirror = new Mirror(new() { Timeout = TimeSpan.FromSeconds(5) }, async (_, ct) =>
        {
            begun.Release();
            var cancelled = new TaskCompletionSource();
            await using var registration = ct.Register(cancelled.SetResult);
            await cancelled.Task;
            ended.Release();
            throw new OperationCanceledException(ct);
        }, _report, _time);

        mirror.Offer(Copy("o", "/", "1"));
        Assert.True(await begun.WaitAsync(Patience));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await ended.WaitAsync(Patience));
        while (_report.Read().Unanswered == 0) await Task.Yield();
    }

    [Fact]
    public async Task Stopping_waits_for_nobody()
    {
        var begun = new SemaphoreSlim(0);
        var mirror = new Mirror(new() { ConcurrencyMax = 1 }, async (_, ct) =>
        {
            begun.Release();
            await Task.Delay(Timeout.Infinite, ct);
            return null;
        }, _report, _time);
        for (int i = 0; i < 10; i++) mirror.Offer(Copy("o", "/", "1"));
        Assert.True(await begun.WaitAsync(Patience));

        await mirror.DisposeAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((0, 0), (_report.Read().Unanswered, _report.Read().Alike));
        Assert.False(mirror.Offer(Copy("o", "/", "1")));
    }

    [Fact]
    public void A_report_stays_small_whatever_comes()
    {
        for (int i = 0; i < 2_000; i++) _report.Add(Copy("o", "/" + i, "1"), [new("header X-" + i, "1", "2")]);
        var findings = _report.Read();
        Assert.Equal((1_000, 100, 2_000), (findings.Places.Length, findings.Examples.Length, findings.Different));
        Assert.Equal("/1999", findings.Examples[0].Target);
    }

    [Fact]
    public void Wrong_rules_are_refused_by_name()
    {
        (MirrorRules Rules, string Name)[] wrong =
        [
            (new() { Percentage = double.NaN }, "percentage"), (new() { BodyBytesMax = -1 }, "body_bytes_max"), (new() { CopiesMax = 0 }, "copies_max"),
            (new() { CopiesBytesMax = 0 }, "copies_bytes_max"), (new() { ConcurrencyMax = 101 }, "concurrency_max"), (new() { Timeout = TimeSpan.Zero }, "timeout"),
            (new() { IgnoredPointers = ["a"] }, "ignored_pointers"),
        ];
        foreach (var (rules, name) in wrong)
            Assert.StartsWith(name + " ", Assert.Throws<ArgumentException>(() => new Mirror(rules, (_, _) => default, _report, _time)).Message);
    }

    private static MirrorCopy Copy(string operation, string target, string body) =>
        new(operation, "GET", target, [], default, new(200, [new("Content-Type", "application/json")], System.Text.Encoding.UTF8.GetBytes(body)));
}

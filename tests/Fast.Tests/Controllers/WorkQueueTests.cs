using Stateway.Controllers;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

public sealed class WorkQueueTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly WorkQueue _queue;

    public WorkQueueTests() => _queue = new(1_000, _time, new Random(1));

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Equal_names_are_one()
    {
        for (int i = 0; i < 3; i++) Assert.Equal(AddResult.Added, _queue.Add("a"));
        _queue.AddListed("a");

        _queue.Finish(Take("a"), null);

        Assert.False(_queue.TryTake(out _));
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_name_that_was_added_while_it_was_out_comes_once_more_when_it_has_come_back()
    {
        _queue.Add("a");
        var name = Take("a");
        _queue.Add("a");
        _queue.Add("a");
        Assert.False(_queue.TryTake(out _));

        _queue.Finish(name, TimeSpan.FromHours(1));

        _queue.Finish(Take("a"), null);
        Assert.False(_queue.TryTake(out _));
    }

    [Fact]
    public void Changes_go_before_what_was_listed_but_for_one_in_eight()
    {
        for (int i = 0; i < 3; i++) _queue.AddListed($"listed{i}");
        for (int i = 0; i < 16; i++) _queue.Add($"fresh{i:00}");
        _queue.Add("listed1");

        var taken = new List<string>();
        while (_queue.TryTake(out var name)) taken.Add(name.Name);

        Assert.Equal("listed0", taken[7]);
        Assert.Equal("listed2", taken[15]);
        taken.RemoveAt(15);
        taken.RemoveAt(7);
        Assert.Equal([.. Enumerable.Range(0, 16).Select(i => $"fresh{i:00}"), "listed1"], taken);
    }

    [Fact]
    public void A_name_that_fails_waits_twice_as_long_each_time_up_to_five_minutes_and_is_forgiven_by_a_success()
    {
        _queue.Add("a");
        var ceiling = TimeSpan.FromMilliseconds(100);
        for (int i = 1; i <= 20; i++)
        {
            var failing = _queue.Fail(Take("a"), "no", out bool isNews);
            Assert.Equal(i == 1, isNews);
            Assert.Equal(i, failing.Attempts);
            Assert.InRange(failing.RetryIn, ceiling / 2, ceiling);
            Assert.Equal(failing, _queue.Find("a"));

            _time.Advance(failing.RetryIn - TimeSpan.FromMilliseconds(1));
            Assert.False(_queue.TryTake(out _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
            ceiling = ceiling * 2 < TimeSpan.FromMinutes(5) ? ceiling * 2 : TimeSpan.FromMinutes(5);
        }

        Assert.Equal(TimeSpan.FromMinutes(5), ceiling);
        Assert.Equal(20, _queue.Finish(Take("a"), null));
        Assert.Null(_queue.Find("a"));

        _queue.Add("a");
        Assert.Equal(1, _queue.Fail(Take("a"), "no", out bool isNewsAgain).Attempts);
        Assert.True(isNewsAgain);
    }

    [Fact]
    public void A_change_waits_a_second_at_most_after_a_failure_and_a_listing_not_at_all()
    {
        FailOften("a");
        _queue.AddListed("a");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_queue.TryTake(out _));
        _queue.Add("a");
        var name = Take("a"); // a second has passed

        _queue.Fail(name, "no", out _);
        _queue.Add("a");
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(_queue.TryTake(out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Take("a");
    }

    [Fact]
    public void A_name_that_asked_for_it_comes_again_in_time_or_before_when_something_changes()
    {
        _queue.Add("a");
        _queue.Finish(Take("a"), TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(_queue.TryTake(out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.Finish(Take("a"), TimeSpan.FromMinutes(1));

        _queue.Add("a");
        _queue.Finish(Take("a"), null);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(_queue.TryTake(out _)); // the later answer counts

        _queue.Add("a");
        _queue.Finish(Take("a"), TimeSpan.Zero);
        Take("a");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reconcilers_own_write_does_not_call_it_again_and_anothers_does(bool isToldFirst)
    {
        _queue.Add("a");
        var name = Take("a");
        if (isToldFirst) _queue.Wrote(name, 7);
        _queue.AddChanged("a", 7);
        if (!isToldFirst) _queue.Wrote(name, 7);
        _queue.Seen(7);
        _queue.Finish(name, null);
        Assert.False(_queue.TryTake(out _));

        _queue.AddChanged("a", 8);
        name = Take("a");
        _queue.AddChanged("a", 9);
        _queue.Wrote(name, 10);
        _queue.AddChanged("a", 10);
        _queue.Finish(name, null);
        Assert.False(_queue.TryTake(out _)); // 9 is another's, but 10 has not been seen
        _queue.Seen(10);
        _queue.Finish(Take("a"), null);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void An_own_write_that_is_shown_after_the_failure_leaves_the_back_off_as_it_is()
    {
        var name = FailOften("a");
        _time.Advance(BackOff.Max);
        Take("a");
        _queue.Wrote(name, 5);
        var failing = _queue.Fail(name, "no", out _);

        _queue.AddChanged("a", 5);
        _queue.Seen(5);

        _time.Advance(failing.RetryIn - TimeSpan.FromMilliseconds(1));
        Assert.False(_queue.TryTake(out _));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Take("a");
    }

    [Fact]
    public void A_name_waits_until_the_follower_has_seen_its_reconcilers_write()
    {
        _queue.Add("a");
        var name = Take("a");
        _queue.Wrote(name, 4);
        _queue.Wrote(name, 6);
        _queue.Finish(name, TimeSpan.Zero);
        _queue.Add("a");

        _queue.Seen(5);
        Assert.False(_queue.TryTake(out _));
        _queue.Seen(6);
        Take("a");
    }

    [Fact]
    public void When_the_following_begins_anew_nothing_waits_for_what_may_never_come_and_failures_are_tried_again()
    {
        _queue.Seen(100);
        _queue.Add("a");
        var name = Take("a");
        _queue.Wrote(name, 200);
        _queue.Finish(name, TimeSpan.Zero);
        FailOften("b");

        _queue.Restart(50);

        Take("a");
        Assert.True(_queue.TryTake(out var b));
        Assert.Equal("b", b.Name);
        Assert.True(b.Failures > 5);
    }

    [Fact]
    public async Task A_full_queue_says_so_and_takes_what_it_knows_already()
    {
        using var queue = new WorkQueue(2, _time, new Random(1));
        Assert.Equal([AddResult.Added, AddResult.Added, AddResult.Added], [queue.Add("a"), queue.AddListed("b"), queue.Add("b")]);
        Assert.Equal([AddResult.Full, AddResult.Full, AddResult.Full], [queue.Add("c"), queue.AddListed("c"), queue.AddChanged("c", 1)]);
        var room = queue.RoomAsync(default);
        Assert.False(room.IsCompleted);

        Assert.True(queue.TryTake(out var name));
        queue.Finish(name, null);

        await room.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(AddResult.Added, queue.Add("c"));
    }

    [Fact]
    public void In_a_full_queue_the_one_that_sleeps_longest_makes_room_unless_its_barrier_is_needed()
    {
        using var queue = new WorkQueue(2, _time, new Random(1));
        foreach (var (path, minutes) in (ReadOnlySpan<(string, int)>)[("short", 1), ("long", 2)])
        {
            queue.Add(path);
            Assert.True(queue.TryTake(out var name));
            queue.Finish(name, TimeSpan.FromMinutes(minutes));
        }

        Assert.Equal(AddResult.Displaced, queue.Add("new"));
        Assert.True(queue.TryTake(out var added));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(queue.TryTake(out var kept));
        Assert.Equal(("new", "short"), (added.Name, kept.Name));
        Assert.False(queue.TryTake(out _));

        queue.Wrote(added, 9);
        queue.Finish(added, TimeSpan.FromMinutes(1));
        Assert.Equal(AddResult.Full, queue.Add("other"));
        queue.Seen(9);
        Assert.Equal(AddResult.Displaced, queue.Add("other"));
    }

    [Fact]
    public void Clearing_forgets_all_but_what_is_out()
    {
        _queue.Add("out");
        var name = Take("out");
        _queue.Add("out");
        _queue.Wrote(name, 9);
        FailOften("failing");
        foreach (string ready in (string[])["a", "b"]) _queue.Add(ready);
        _queue.AddListed("c");

        _queue.Clear();

        Assert.False(_queue.TryTake(out _));
        Assert.Equal(1, _queue.Count);
        _queue.Add("out");
        Assert.False(_queue.TryTake(out _)); // still out
        _queue.Finish(name, null);
        _queue.Finish(Take("out"), null);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void A_name_comes_back_once()
    {
        _queue.Add("a");
        var name = Take("a");
        _queue.Finish(name, null);

        Assert.Throws<InvalidOperationException>(() => _queue.Finish(name, null));
    }

    [Fact]
    public async Task Who_waits_for_a_name_gets_it_when_it_is_added_and_when_its_time_comes()
    {
        var first = _queue.TakeAsync(default).AsTask();
        _queue.Add("a");
        var name = await first.WaitAsync(TimeSpan.FromSeconds(30));

        var second = _queue.TakeAsync(default).AsTask();
        _queue.Finish(name, TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(name, await second.WaitAsync(TimeSpan.FromSeconds(30)));

        using var given = new CancellationTokenSource();
        var third = _queue.TakeAsync(given.Token).AsTask();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
    }

    [Fact]
    public async Task It_is_idle_when_nothing_waits_or_is_out_and_has_room_when_few_listed_names_are_ready()
    {
        Assert.True(_queue.IdleAsync(default).IsCompleted && _queue.RoomAsync(default).IsCompleted);
        for (int i = 0; i < WorkQueue.ListedAhead; i++) _queue.AddListed($"{i}");
        var idle = _queue.IdleAsync(default);
        var room = _queue.RoomAsync(default);
        Assert.False(idle.IsCompleted || room.IsCompleted);

        Assert.True(_queue.TryTake(out var first));
        await room.WaitAsync(TimeSpan.FromSeconds(30));
        while (_queue.TryTake(out var name)) _queue.Finish(name, null);
        Assert.False(idle.IsCompleted);

        _queue.Fail(first, "no", out _); // it sleeps
        await idle.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Many_threads_lose_no_name_and_never_share_one()
    {
        const int Names = 20, Adds = 20_000;
        using var queue = new WorkQueue(Names, TimeProvider.System, new Random(1));
        long[] added = new long[Names], served = new long[Names];
        int[] running = new int[Names];
        int shared = 0;
        using var ending = new CancellationTokenSource();

        var takers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var name = await queue.TakeAsync(ending.Token);
                int i = int.Parse(name.Name, System.Globalization.CultureInfo.InvariantCulture);
                if (Interlocked.Increment(ref running[i]) > 1) Interlocked.Increment(ref shared);
                long seen = Volatile.Read(ref added[i]);
                await Task.Yield();
                Volatile.Write(ref served[i], seen);
                Interlocked.Decrement(ref running[i]);
                if (seen % 50 == 0) queue.Fail(name, "no", out bool _);
                else queue.Finish(name, null);
            }
        })).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (int n = 0; n < Adds; n++)
            {
                int i = random.Next(Names);
                Interlocked.Increment(ref added[i]);
                Assert.Equal(AddResult.Added, n % 3 == 0 ? queue.AddListed($"{i}") : queue.Add($"{i}"));
            }
        })));

        await Cluster.UntilAsync(() => Enumerable.Range(0, Names).All(i => Volatile.Read(ref served[i]) == Volatile.Read(ref added[i])));
        await ending.CancelAsync();
        foreach (var taker in takers) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => taker);
        Assert.Equal(0, shared);
    }

    private QueuedName Take(string expected)
    {
        Assert.True(_queue.TryTake(out var name));
        Assert.Equal(expected, name.Name);
        return name;
    }

    /// <summary>Until its back-off is much longer than a second.</summary>
    private QueuedName FailOften(string path)
    {
        _queue.Add(path);
        while (true)
        {
            var name = Take(path);
            if (_queue.Fail(name, "no", out _).Attempts == 10) return name;

            _time.Advance(BackOff.Max);
        }
    }
}

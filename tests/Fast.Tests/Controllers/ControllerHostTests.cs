using System.Collections.Concurrent;
using System.Text;
using Stateway.Controllers;
using Stateway.Fast.Tests.Program;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

public sealed class ControllerHostTests : IAsyncLifetime
{
    private static readonly ControllerOptions _options = new() { Name = "test" };

    private Cluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await Cluster.OpenAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Everything_that_is_there_is_reconciled_and_then_what_changes()
    {
        await _cluster.WriteAsync([.. Enumerable.Range(0, 1_300).Select(i => Entries.Put(Cluster.Things, $"t{i:0000}", "1"))]);
        var reconciler = new Scripted();
        var host = StartNode("one", out _).Start(reconciler);

        await host.SettleAsync(Patience());
        Assert.Equal(Enumerable.Range(0, 1_300).Select(i => $"t{i:0000}"), reconciler.Seen);
        Assert.All(reconciler.Seen, path => Assert.Equal(1, reconciler.RunsOf(path)));

        await _cluster.PutAsync("new", "1");
        await _cluster.WriteAsync(new Write.Delete(new(Cluster.Things, "t0007")));
        await Cluster.UntilAsync(() => reconciler.RunsOf("new") == 1 && reconciler.RunsOf("t0007") == 2);
    }

    [Fact]
    public async Task Changes_of_watched_kinds_are_mapped_and_those_of_others_are_not_seen()
    {
        var reconciler = new Scripted
        {
            Watched = [Cluster.Parts],
            Paths = static key => [key.Path.Split('/')[0]],
        };
        var host = StartNode("one", out _).Start(reconciler);
        await host.SettleAsync(Patience());

        await _cluster.PutAsync("c", "1", Cluster.Copies);
        await _cluster.PutAsync("a/p1", "1", Cluster.Parts);

        await Cluster.UntilAsync(() => reconciler.RunsOf("a") == 1);
        Assert.Equal(["a"], reconciler.Seen);
    }

    [Fact]
    public async Task What_a_reconciler_still_holds_is_reconciled_though_it_was_deleted_unseen()
    {
        var reconciler = new Scripted { Held = ["gone"] };
        var host = StartNode("one", out _).Start(reconciler);

        await host.SettleAsync(Patience());

        Assert.Equal(["gone"], reconciler.Seen);
    }

    [Fact]
    public async Task A_listing_that_fails_is_tried_again_until_it_succeeds()
    {
        await _cluster.PutAsync("a", "1");
        int asked = 0;
        var reconciler = new Scripted { Held = Enumerable.Range(0, 1).Select(_ => ++asked < 4 ? throw new InvalidOperationException("A bug.") : "held") };
        var node = StartNode("one", out _);
        node.Start(reconciler);

        await _cluster.PassUntilAsync(() => reconciler.RunsOf("held") > 0 && reconciler.RunsOf("a") > 0);

        Assert.Equal(4, asked);
        Assert.Single(node.Log.Lines, "4111 The controller test can't list stateway/things now; it is tried again until it can: A bug.");
    }

    [Fact]
    public async Task Everything_is_reconciled_again_every_so_often()
    {
        await _cluster.PutAsync("a", "1");
        var reconciler = new Scripted();
        var host = StartNode("one", out _).Start(reconciler, _options with { Resync = TimeSpan.FromSeconds(5) });
        await host.SettleAsync(Patience());

        for (int i = 1; i <= 3; i++)
        {
            await _cluster.PassUntilAsync(() => reconciler.RunsOf("a") > i);
            Assert.Equal(i + 1, reconciler.RunsOf("a"));
        }
    }

    [Fact]
    public async Task One_node_runs_it_and_when_that_is_cut_off_another_takes_over_and_all_converges()
    {
        var one = StartNode("one", out var first);
        var firstHost = one.Start(first);
        await Cluster.UntilAsync(() => firstHost.IsActive);
        var two = StartNode("two", out var second);
        var secondHost = two.Start(second);
        for (int i = 0; i < 40; i++) await _cluster.PutAsync($"t{i}", $"{i}");
        await AllCopiedAsync();
        Assert.False(secondHost.IsActive);
        Assert.Empty(second.Seen);

        one.Store.IsCut = true;
        var cutAt = _cluster.Time.GetUtcNow();
        for (int i = 20; i < 60; i++) await _cluster.PutAsync($"t{i}", $"{i + 1_000}");
        await _cluster.PassUntilAsync(() => secondHost.IsActive);
        var takenAt = _cluster.Time.GetUtcNow();
        await AllCopiedAsync();

        Assert.False(firstHost.IsActive);
        Assert.InRange(takenAt - cutAt, TimeSpan.Zero, _options.LeaseDuration * 4 / 3 + TimeSpan.FromSeconds(1));
        Assert.Contains("4102 The controller test has lost its lease; this node waits for it.", one.Log.Lines);
        Assert.Equal(0, first.Overlaps + second.Overlaps);

        // And back again, when the other is told to end: at once, without the lease's running out.
        one.Store.IsCut = false;
        await two.DisposeAsync();
        await _cluster.PassUntilAsync(() => firstHost.IsActive);
        await _cluster.PutAsync("t0", "7");
        await AllCopiedAsync();
    }

    [Fact]
    public async Task What_a_node_still_writes_when_another_has_taken_over_is_refused()
    {
        await _cluster.PutAsync("a", "1");
        var begun = Signal();
        var mayWrite = Signal();
        var written = new TaskCompletionSource<CommitResult>();
        var one = _cluster.AddNode("one");
        one.Follower.Start();
        one.Start(new Scripted(async (turn, _) =>
        {
            // It does not look at its token: like one that was paused.
            begun.TrySetResult();
            await mayWrite.Task;
            written.TrySetResult(await _cluster.Store.CommitAsync(new([turn.Fence!], [Entries.Put(Cluster.Copies, turn.Path, "old")]), default));
            return Next.Done;
        }));
        await begun.Task;
        one.Store.IsCut = true;

        var secondHost = StartNode("two", out _).Start(CopierOf("two"));
        await _cluster.PassUntilAsync(() => secondHost.IsActive);
        await AllCopiedAsync();
        mayWrite.SetResult();

        Assert.IsType<Precondition.Leased>(Assert.IsType<CommitResult.Conflict>(await written.Task).Precondition);
        Assert.Equal("1", await _cluster.GetAsync("a", Cluster.Copies));
    }

    [Fact]
    public async Task A_lost_lease_ends_the_reconcile_under_way_and_everything_is_listed_when_it_is_held_again()
    {
        await _cluster.PutAsync("a", "1");
        int runs = 0;
        int cancelled = 0;
        var node = _cluster.AddNode("one");
        node.Follower.Start();
        var host = node.Start(new Scripted(async (_, ct) =>
        {
            if (Interlocked.Increment(ref runs) > 1) return Next.Done;

            using var counted = ct.Register(() => Interlocked.Increment(ref cancelled));
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return Next.Done;
        }));
        await Cluster.UntilAsync(() => runs == 1);

        node.Store.IsCut = true;
        await _cluster.PassUntilAsync(() => cancelled == 1 && !host.IsActive);
        node.Store.IsCut = false;
        await _cluster.PassUntilAsync(() => runs >= 2);

        Assert.Null(host.FailureOf("a"));
        Assert.DoesNotContain(node.Log.Lines, line => line.StartsWith("4104", StringComparison.Ordinal) || line.StartsWith("4105", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_each_node_makes_for_itself_needs_no_lease()
    {
        await _cluster.PutAsync("a", "1");
        Precondition.Leased? fence = new("", 0);
        var first = new Scripted(turn =>
        {
            fence = turn.Fence;
            return Next.Done;
        });
        var second = new Scripted();
        var options = _options with { OnEveryNode = true };

        await StartNode("one", out _).Start(first, options).SettleAsync(Patience());
        await StartNode("two", out _).Start(second, options).SettleAsync(Patience());

        Assert.Equal((1, 1), (first.RunsOf("a"), second.RunsOf("a")));
        Assert.Null(fence);
    }

    [Fact]
    public async Task A_failure_is_logged_once_for_each_error_and_tried_again_until_it_succeeds()
    {
        await _cluster.PutAsync("a", "1");
        var attempts = new ConcurrentQueue<int>();
        var reconciler = new Scripted(turn =>
        {
            attempts.Enqueue(turn.Attempt);
            return turn.Attempt switch
            {
                <= 4 => Next.Failed("It is too early."),
                <= 7 => throw new InvalidOperationException("A bug."),
                _ => Next.Done,
            };
        });
        var node = StartNode("one", out _);
        var host = node.Start(reconciler);

        await _cluster.PassUntilAsync(() => reconciler.RunsOf("a") >= 2);
        await Cluster.UntilAsync(() => host.FailureOf("a") is not null);
        Assert.Equal("It is too early.", host.FailureOf("a")!.Value.Error);

        await _cluster.PassUntilAsync(() => node.Log.Lines.Any(line => line.StartsWith("4106", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(1, 8), attempts);
        Assert.Null(host.FailureOf("a"));
        Assert.Equal(["4101", "4104", "4105", "4106"], node.Log.Lines.Select(line => line[..4]));
        Assert.StartsWith("4104 The controller test can't reconcile a: It is too early. Next try in 0.", node.Log.Lines[1], StringComparison.Ordinal);
        Assert.Equal("4106 The controller test has reconciled a after 7 failures.", node.Log.Lines[3]);
    }

    [Fact]
    public async Task The_same_failure_of_many_paths_is_one_line()
    {
        await _cluster.WriteAsync([.. Enumerable.Range(0, 50).Select(i => Entries.Put(Cluster.Things, $"t{i}", "1"))]);
        var node = StartNode("one", out _);
        var host = node.Start(new Scripted(static _ => throw new StoreUnavailableException("The store is away.")));

        await host.SettleAsync(Patience());

        Assert.Single(node.Log.Lines, line => line.StartsWith("4104", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reconcile_ends_at_its_time_limit_and_has_failed()
    {
        await _cluster.PutAsync("a", "1");
        var begun = Signal();
        var node = StartNode("one", out _);
        var host = node.Start(new Scripted(async (_, ct) =>
        {
            begun.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return Next.Done;
        }), _options with { OnEveryNode = true });
        await begun.Task;

        await _cluster.PassUntilAsync(() => host.FailureOf("a") is not null);

        Assert.Equal("It took longer than 30 s.", host.FailureOf("a")!.Value.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_does_not_end_keeps_its_path_but_no_worker(bool blocksThread)
    {
        await _cluster.PutAsync("hangs", "1");
        using var mayEnd = new ManualResetEventSlim();
        var reconciler = new Scripted(async (turn, _) =>
        {
            if (turn.Path != "hangs") return Next.Done;

            if (blocksThread) mayEnd.Wait(CancellationToken.None);
            else await Task.Run(() => mayEnd.Wait(CancellationToken.None), CancellationToken.None);
            return Next.Done;
        });
        var node = StartNode("one", out _);
        var host = node.Start(reconciler, _options with { OnEveryNode = true, WorkersMax = 1 });
        await _cluster.PassUntilAsync(() => node.Log.Lines.Count > 0);
        Assert.Equal("4107 The controller test still reconciles hangs, 2 s after it was told to end; the path waits for that.", node.Log.Lines[0]);

        await _cluster.PutAsync("hangs", "2");
        await _cluster.PutAsync("other", "1");
        await Cluster.UntilAsync(() => reconciler.RunsOf("other") == 1);
        Assert.Equal(0, reconciler.RunsOf("hangs"));

        mayEnd.Set();
        await _cluster.PassUntilAsync(() => reconciler.RunsOf("hangs") == 2);
        Assert.Equal(0, reconciler.Overlaps);
        await host.SettleAsync(Patience());
    }

    [Fact]
    public async Task It_is_not_called_with_a_view_from_before_its_own_write()
    {
        // It counts its runs by what it sees in a cache that the follower fills: with a stale one it would count too few.
        var cache = new ConcurrentDictionary<string, string>();
        var node = _cluster.AddNode("one");
        using var filling = node.Follower.Subscribe(new([Cluster.Copies])
        {
            Changed = (change, _) => cache[change.Key.Path] = Encoding.UTF8.GetString(change.After!.Value.Span),
        });
        node.Follower.Start();
        var counting = new Scripted(async (turn, ct) =>
        {
            int count = int.Parse(cache.GetValueOrDefault(turn.Path, "0"), System.Globalization.CultureInfo.InvariantCulture) + 1;
            var commit = await node.Store.CommitAsync(new([turn.Fence!], [Entries.Put(Cluster.Copies, turn.Path, $"{count}"), Cluster.Mark]), ct);
            if (commit is not CommitResult.Committed { Revision: var revision }) return Next.Failed("It could not be written.");

            turn.Wrote(revision);
            return count < 5 ? Next.Again(TimeSpan.Zero) : Next.Done;
        });
        var host = node.Start(counting);
        await host.SettleAsync(Patience());

        await node.Store.HoldLooksAsync();
        await _cluster.PutAsync("a", "1");
        node.Store.ReleaseLooks();
        await Cluster.UntilAsync(() => counting.RunsOf("a") >= 1);
        await host.SettleAsync(Patience());
        Assert.Equal(("5", 5), (await _cluster.GetAsync("a", Cluster.Copies), counting.RunsOf("a")));

        // While the looks are held back the path stays where it is, whatever asks for it.
        var held = new Scripted(async (turn, ct) =>
        {
            await node.Store.HoldLooksAsync();
            turn.Wrote(await _cluster.PutAsync("b", "x", Cluster.Copies));
            return Next.Again(TimeSpan.Zero);
        });
        var second = node.Start(held, new() { Name = "second", OnEveryNode = true });
        await Cluster.UntilAsync(() => held.RunsOf("a") == 1);
        for (int i = 0; i < 30; i++) _cluster.Time.Advance(TimeSpan.FromMinutes(1)); // several listings
        Assert.Equal(1, held.RunsOf("a"));
        node.Store.ReleaseLooks();
        await Cluster.UntilAsync(() => held.RunsOf("a") == 2);
    }

    [Fact]
    public async Task Its_own_write_of_the_entry_does_not_call_it_again()
    {
        var reconciler = new Scripted(async (turn, ct) =>
        {
            // A status that is never the same: it would call itself for ever.
            var entry = await _cluster.Store.GetAsync(new(Cluster.Things, turn.Path), ct);
            string next = (long.Parse(Encoding.UTF8.GetString(entry!.Value.Span), System.Globalization.CultureInfo.InvariantCulture) + 1)
                .ToString(System.Globalization.CultureInfo.InvariantCulture);
            var commit = await _cluster.Store.CommitAsync(
                new([turn.Fence!, new Precondition.AtRevision(entry.Key, entry.Revision)], [Entries.Put(Cluster.Things, turn.Path, next), Cluster.Mark]), ct);
            turn.Wrote(Assert.IsType<CommitResult.Committed>(commit).Revision);
            return Next.Done;
        });
        await _cluster.PutAsync("a", "1");
        var node = StartNode("one", out _);
        var host = node.Start(reconciler);
        await host.SettleAsync(Patience());

        // The second thing was seen after the first one's status had.
        await _cluster.PutAsync("b", "1");
        await Cluster.UntilAsync(() => reconciler.RunsOf("b") == 1);
        await host.SettleAsync(Patience());

        Assert.Equal("2", await _cluster.GetAsync("a"));
        Assert.Equal(1, reconciler.RunsOf("a"));
    }

    [Fact]
    public async Task Who_can_not_tell_which_paths_a_change_concerns_gets_all_of_them()
    {
        await _cluster.PutAsync("a", "1");
        var reconciler = new Scripted
        {
            Watched = [Cluster.Parts],
            Paths = static key => key.Collection == Cluster.Parts ? throw new InvalidOperationException("A bug.") : [key.Path],
        };
        var node = StartNode("one", out _);
        var host = node.Start(reconciler);
        await host.SettleAsync(Patience());

        await _cluster.PutAsync("a/p", "1", Cluster.Parts);

        await _cluster.PassUntilAsync(() => reconciler.RunsOf("a") == 2);
        Assert.Contains("4112 The controller test failed to tell which paths stateway/things/parts:a/p concerns; it lists everything.", node.Log.Lines);
    }

    [Fact]
    public async Task What_a_full_queue_left_out_is_found_by_listing()
    {
        var mayGo = Signal();
        var reconciler = new Scripted(async (_, _) =>
        {
            await mayGo.Task;
            return Next.Done;
        });
        for (int i = 0; i < 30; i++) await _cluster.PutAsync($"t{i}", "1");
        StartNode("one", out _).Start(reconciler, _options with { OnEveryNode = true, PathsMax = 5 });
        mayGo.SetResult();

        await _cluster.PassUntilAsync(() => reconciler.Seen.Count() == 30);
    }

    [Fact]
    public async Task Changes_that_were_compacted_unseen_are_mended_by_listing()
    {
        var node = StartNode("one", out _);
        var copier = CopierOf("one");
        var host = node.Start(copier);
        await host.SettleAsync(Patience());
        await node.Store.HoldLooksAsync();
        for (int i = 0; i < 10; i++) await _cluster.PutAsync($"t{i}", $"{i}");
        await _cluster.Store.CompactAsync(_cluster.Store.Revision, default);

        node.Store.ReleaseLooks();

        await AllCopiedAsync();
    }

    [Fact]
    public async Task Any_spread_of_failures_of_two_nodes_that_come_and_go_converges()
    {
        // A pseudo-random, but repeatable, churn: changes, failures, cuts and returns.
        var random = new Random(7);
        var nodes = new[] { StartNode("one", out var first), StartNode("two", out var second) };
        var flaky = new[] { CopierOf("one", failing: 5), CopierOf("two", failing: 3) };
        for (int i = 0; i < 2; i++) nodes[i].Start(flaky[i], _options with { LeaseDuration = TimeSpan.FromSeconds(3) });

        for (int i = 0; i < 60; i++)
        {
            for (int n = 0; n < 5; n++) await _cluster.PutAsync($"t{random.Next(25)}", $"{random.Next(1_000)}");
            if (i % 6 == 0) nodes[random.Next(2)].Store.IsCut ^= true;
            for (int n = 0; n < 10; n++)
            {
                _cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }
        }

        foreach (var node in nodes) node.Store.IsCut = false;
        await AllCopiedAsync();
        Assert.Equal(0, flaky[0].Overlaps + flaky[1].Overlaps);
    }

    [Fact]
    public void Options_that_can_not_be_are_refused_by_name()
    {
        var node = _cluster.AddNode("one");

        var e = Assert.Throws<ArgumentException>(() => new ControllerHost(node.Ground, new Scripted(), _options with { WorkersMax = 0 }));

        Assert.Equal("WorkersMax of the controller 'test' is 0; it must be 1 to 1,000.", e.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Next.Again(TimeSpan.FromDays(2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Next.Again(TimeSpan.FromTicks(-1)));
    }

    private static CancellationToken Patience() => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Cluster.Node StartNode(string name, out Scripted copier)
    {
        var node = _cluster.AddNode(name);
        node.Follower.Start();
        copier = CopierOf(name);
        return node;
    }

    /// <summary>Makes a copy of each thing, with the node's own view of the store, as a fenced write.</summary>
    /// <param name="failing">Every so many runs one fails; 0: none.</param>
    private Scripted CopierOf(string node, int failing = 0)
    {
        int runs = 0;
        return new(async (turn, ct) =>
        {
            var store = _cluster.NodeOf(node).Store;
            if (failing > 0 && Interlocked.Increment(ref runs) % failing == 0) return Next.Failed("This one fails.");
            if (await store.GetAsync(new(Cluster.Things, turn.Path), ct) is not { } thing) return Next.Done;

            var copy = await store.GetAsync(new(Cluster.Copies, turn.Path), ct);
            if (copy is not null && copy.Value.Span.SequenceEqual(thing.Value.Span)) return Next.Done;

            var put = new Write.Put(new(Cluster.Copies, turn.Path), thing.UpdateTime, thing.Value);
            switch (await store.CommitAsync(new([turn.Fence!], [put]), ct))
            {
                case CommitResult.Committed committed:
                    turn.Wrote(committed.Revision);
                    return Next.Done;
                case var other:
                    return Next.Failed($"It could not be written: {other.GetType().Name}.");
            }
        });
    }

    private async Task AllCopiedAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!(await ValuesAsync(Cluster.Things)).SequenceEqual(await ValuesAsync(Cluster.Copies)))
        {
            _cluster.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(2), patience.Token);
        }
    }

    private async Task<List<string>> ValuesAsync(string collection)
    {
        var page = Assert.IsType<QueryResult.Page>(await _cluster.Store.QueryAsync(new(collection) { Limit = 1_000 }, default));
        return [.. page.Entries.Select(entry => $"{entry.Key.Path}={Encoding.UTF8.GetString(entry.Value.Span)}")];
    }
}

using System.Collections.Concurrent;
using Stateway.Store.Leases;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Store.Tests.Leases;

public sealed class LeaseShardsTests : IAsyncDisposable
{
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();
    private readonly MemoryStore _store;
    private readonly ConcurrentDictionary<int, int> _working = [];
    private int _most; // that ever worked on one shard at once

    public LeaseShardsTests() => _store = new(_time);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task One_node_holds_all_shards_and_works_on_them()
    {
        await using var node = Start("one");

        await SharesBecomeAsync([8], node);

        Assert.Equal(Enumerable.Range(0, 8), node.Held);
        await UntilAsync(() => _working.Count(shard => shard.Value == 1) == 8);
    }

    [Fact]
    public async Task Nodes_that_come_and_go_share_the_work_evenly()
    {
        await using var one = Start("one");
        await SharesBecomeAsync([8], one);
        await using var two = Start("two");
        await SharesBecomeAsync([4, 4], one, two);
        await using var three = Start("three");
        await SharesBecomeAsync([3, 3, 2], one, two, three);

        Assert.Equal(Enumerable.Range(0, 8), one.Held.Concat(two.Held).Concat(three.Held).Order());

        await one.DisposeAsync();
        await SharesBecomeAsync([4, 4], two, three);
        await two.DisposeAsync();
        await SharesBecomeAsync([8], three);
        await three.DisposeAsync();

        Assert.All(_working, shard => Assert.Equal(0, shard.Value));
        Assert.Equal(1, _most);
    }

    [Fact]
    public async Task Shards_of_a_node_that_died_go_to_the_others_when_its_leases_have_run_out()
    {
        foreach (string name in (string[])["work/seat/0", "work/0", "work/1", "work/2", "work/3"]) await _store.TakeAsync(name, "dead", 30);
        await using var one = Start("one");
        await UntilAsync(() => one.Held.Length == 4);
        Assert.Equal([4, 5, 6, 7], one.Held);

        await SharesBecomeAsync([8], one);
    }

    [Fact]
    public async Task More_nodes_than_shards_leave_some_without()
    {
        await using var one = Start("one", 2);
        await using var two = Start("two", 2);
        await SharesBecomeAsync([1, 1], one, two);
        await using var three = Start("three", 2);
        _time.Advance(_duration / 3);
        Assert.Empty(three.Held);

        await one.DisposeAsync();

        await SharesBecomeAsync([1, 1], two, three);
    }

    [Fact]
    public async Task Work_that_ends_by_itself_gives_its_shard_back()
    {
        int begun = 0;
        await using var node = LeaseShards.Start(_store, "work", 1, "one", _duration, _time, (_, _) =>
        {
            Interlocked.Increment(ref begun);
            return Task.CompletedTask;
        });

        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return begun >= 3;
        });
    }

    [Fact]
    public async Task Work_that_fails_is_tried_again_and_leaves_the_other_shards_alone()
    {
        int begun = 0;
        int others = 0;
        await using var node = LeaseShards.Start(_store, "work", 2, "one", _duration, _time, async (shard, lease) =>
        {
            if (shard == 0)
            {
                Interlocked.Increment(ref begun);
                throw new InvalidOperationException("The work has a bug.");
            }

            Interlocked.Increment(ref others);
            await Task.Delay(Timeout.InfiniteTimeSpan, lease.Lost);
        });

        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return begun >= 3;
        });

        Assert.Equal(1, others);
        Assert.Contains(1, node.Held);
    }

    private LeaseShards Start(string node, int count = 8) =>
        LeaseShards.Start(_store, "work", count, node, _duration, _time, async (shard, lease) =>
        {
            int now = _working.AddOrUpdate(shard, 1, (_, before) => before + 1);
            if (now > _most) _most = now;
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, lease.Lost);
            }
            finally
            {
                _working.AddOrUpdate(shard, 0, (_, before) => before - 1);
            }
        });

    /// <summary>Lets the time go on, slowly enough for renewals, until the nodes hold so many, in whichever order of nodes.</summary>
    private Task SharesBecomeAsync(int[] shares, params LeaseShards[] nodes) => UntilAsync(() =>
    {
        if (nodes.Select(node => node.Held.Length).OrderDescending().SequenceEqual(shares)) return true;

        _time.Advance(TimeSpan.FromMilliseconds(500));
        return false;
    });

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
    }
}

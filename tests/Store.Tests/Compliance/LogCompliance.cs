using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>The log: ordered, unique, gapless, whole commits, resumable.</summary>
public abstract class LogCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task The_log_tells_each_commit_with_what_was_and_what_is()
    {
        long created = await Store.WriteAsync(Put(Products, "p1", "1"), Put(Items, "o1/i1", "2"));
        long changed = await Store.WriteAsync(Put(Products, "p1", "3", Noon.AddTicks(1)));
        long deleted = await Store.WriteAsync(Delete(Products, "p1"));
        long again = await Store.WriteAsync(Put(Products, "p1", "4"));

        var log = await Store.LogAsync(Start);

        string first = $"shop/products:p1 {created} {Noon:O} 1";
        string second = $"shop/products:p1 {changed} {Noon.AddTicks(1):O} 3";
        Assert.Equal(
            [
                $"{created}: shop/orders/items:o1/i1 none -> shop/orders/items:o1/i1 {created} {Noon:O} 2, shop/products:p1 none -> {first}",
                $"{changed}: shop/products:p1 {first} -> {second}",
                $"{deleted}: shop/products:p1 {second} -> none",
                $"{again}: shop/products:p1 none -> shop/products:p1 {again} {Noon:O} 4",
            ],
            log.Select(Text));
    }

    [Fact]
    public async Task A_commit_tells_its_time()
    {
        var before = TimeProvider.System.GetUtcNow();
        await Store.WriteAsync(Put(Products, "p1", "1", Noon));
        var after = TimeProvider.System.GetUtcNow();

        Assert.InRange(Assert.Single(await Store.LogAsync(Start)).Time, before.AddMilliseconds(-1), after.AddMilliseconds(1));
    }

    [Fact]
    public async Task Several_writes_to_one_key_in_one_commit_are_one_change()
    {
        await Store.WriteAsync(Put(Products, "p1", "1"), Put(Products, "p1", "2"));
        await Store.WriteAsync(Delete(Products, "p1"), Put(Products, "p1", "3"));
        await Store.WriteAsync(Put(Products, "p1", "4"), Delete(Products, "p1"));

        Assert.Equal(["none -> 2", "2 -> 3", "3 -> none"], (await Store.LogAsync(Start)).Select(Brief));
    }

    [Fact]
    public async Task What_is_created_and_deleted_in_one_commit_is_no_change()
    {
        long mixed = await Store.WriteAsync(Put(Products, "p1", "1"), Put(Products, "p2", "2"), Delete(Products, "p1"));
        await Store.WriteAsync(Put(Products, "p3", "1"), Delete(Products, "p3"));
        await Store.WriteAsync(Delete(Products, "p4"));
        await Store.WriteAsync(Put(Items, "o1/i1", "1"), new Write.DeleteBelow(Items, "o1"));
        long last = await Store.WriteAsync(Put(Products, "p2", "3"));

        var log = await Store.LogAsync(Start);

        Assert.Equal([(mixed, "none -> 2"), (last, "2 -> 3")], log.Select(commit => (commit.Revision, Brief(commit))));
    }

    [Fact]
    public async Task Deletes_below_a_parent_are_single_changes()
    {
        await Store.WriteAsync(Put(Items, "o1/i1", "1"), Put(Items, "o1/i2", "2"), Put(Items, "o10/i1", "3"), Put(Items, "o1", "4"));
        await Store.WriteAsync(new Write.DeleteBelow(Items, "o1"), Put(Items, "o1/i2", "5"), Put(Items, "o1/i3", "6"));

        var changes = (await Store.LogAsync(Start))[^1].Changes.OrderBy(change => change.Key.Path, StringComparer.Ordinal);

        Assert.Equal(
            ["o1/i1: 1 -> none", "o1/i2: 2 -> 5", "o1/i3: none -> 6"],
            changes.Select(change => $"{change.Key.Path}: {Brief(change)}"));
    }

    [Fact]
    public async Task A_commit_that_conflicts_leaves_no_trace()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "1"));
        await Store.CommitAsync(Of(Put(Products, "p1", "2"), Put(Products, "p2", "2")).If(new Precondition.Exists(new(Products, "p9"))));

        Assert.Empty(await Store.LogAsync(revision));
        Assert.Single((await Store.VersionsAsync(Products, "p1")).Versions);
    }

    [Fact]
    public async Task The_log_is_read_from_any_of_its_revisions()
    {
        var revisions = new List<long> { Start };
        for (int i = 0; i < 6; i++) revisions.Add(await Store.WriteAsync(Put(Products, $"p{i}", $"{i}"), Put(Products, "p", $"{i}")));

        for (int i = 0; i < revisions.Count; i++)
        {
            foreach (int changesMax in (int[])[1, 2, 3, 1_000])
                Assert.Equal(revisions.Skip(i + 1), (await Store.LogAsync(revisions[i], changesMax)).Select(commit => commit.Revision));
        }
    }

    [Fact]
    public async Task The_log_gives_whole_commits_however_few_changes_are_asked_for()
    {
        long first = await Store.WriteAsync(Put(Products, "a", "1"), Put(Products, "b", "1"), Put(Products, "c", "1"));
        long second = await Store.WriteAsync(Put(Products, "a", "2"));
        long third = await Store.WriteAsync(Put(Products, "b", "2"), Put(Products, "c", "2"));

        Assert.Equal([first], await ReadAsync(1));
        Assert.Equal([first], await ReadAsync(3));
        Assert.Equal([first, second], await ReadAsync(4));
        Assert.Equal([first, second, third], await ReadAsync(5));
        Assert.Equal([first, second, third], await ReadAsync(100));

        async Task<List<long>> ReadAsync(int changesMax)
        {
            var read = Assert.IsType<LogResult.Commits>(await Store.ReadLogAsync(Start, changesMax, CancellationToken.None));
            Assert.True(read.Through >= read.Items[^1].Revision);
            Assert.Equal([3, 1, 2], [.. read.Items.Select(commit => commit.Changes.Length), .. ((int[])[3, 1, 2])[read.Items.Length..]]);
            return [.. read.Items.Select(commit => commit.Revision)];
        }
    }

    [Fact]
    public async Task An_answer_of_the_log_ends_when_its_values_are_many_bytes()
    {
        byte[] value = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 999_998), .. "\""u8];
        var revisions = new List<long>();
        for (int i = 0; i < 20; i++)
        {
            var commit = Of(new Write.Put(new(Products, $"p{i}"), Noon, value));
            revisions.Add(Assert.IsType<CommitResult.Committed>(await Store.CommitAsync(commit)).Revision);
        }

        var read = Assert.IsType<LogResult.Commits>(await Store.ReadLogAsync(Start, 1_000, CancellationToken.None));

        Assert.InRange(read.Items.Length, 1, StoreLimits.LogBytesMax / value.Length + 1);
        Assert.True(read.Through < revisions[^1]);
        Assert.Equal(revisions, (await Store.LogAsync(Start)).Select(commit => commit.Revision));
    }

    [Fact]
    public async Task At_the_newest_revision_the_log_has_nothing_more_and_beyond_it_is_gone()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "1"));

        var end = Assert.IsType<LogResult.Commits>(await Store.ReadLogAsync(revision, 10, CancellationToken.None));
        var beyond = await Store.ReadLogAsync(revision + 1_000, 10, CancellationToken.None);

        Assert.Empty(end.Items);
        Assert.Equal(revision, end.Through);
        Assert.Equal(revision, Assert.IsType<LogResult.Gone>(beyond).State.Revision);
    }

    [Fact]
    public async Task Waiting_ends_with_the_commit_waited_for()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", "1"));
        await Store.WaitAsync(Start, CancellationToken.None).AsTask().WaitAsync(Patience);

        // A wait may end for nothing, so it is what the store has that is waited for.
        var waiting = WaitUntilAsync(revision);
        long next = await Store.WriteAsync(Put(Products, "p1", "2"));
        await waiting.WaitAsync(Patience);

        Assert.True(next > revision);

        async Task WaitUntilAsync(long after)
        {
            while (Store.Revision <= after) await Store.WaitAsync(after, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Nobody_has_to_wait_longer_than_he_wants()
    {
        using var leaving = new CancellationTokenSource();
        var waiting = WaitForeverAsync(leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));

        async Task WaitForeverAsync(CancellationToken ct)
        {
            while (true) await Store.WaitAsync(Store.Revision + 1_000, ct);
        }
    }

    [Fact]
    public async Task Who_follows_concurrent_writers_sees_every_commit_once_and_in_order()
    {
        await CheckFollowingAsync(Store, Store);
    }

    private static string Brief(Commit commit) => Brief(Assert.Single(commit.Changes));

    private static string Brief(Change change) => $"{change.Before?.Json() ?? "none"} -> {change.After?.Json() ?? "none"}";
}

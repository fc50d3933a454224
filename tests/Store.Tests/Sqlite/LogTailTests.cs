using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

public sealed class LogTailTests
{
    private const string Things = "test/things";

    private readonly LogTail _tail = new(10);

    [Fact]
    public void Nothing_is_held_while_nobody_follows()
    {
        Assert.False(_tail.IsFollowed);
        _tail.Publish(11, []);

        Assert.Equal(11, _tail.Revision);
        Assert.Null(_tail.Read(10, 100));
        Assert.Equal(0, _tail.Bytes);
    }

    [Fact]
    public async Task Once_somebody_has_waited_commits_are_held_from_then_on()
    {
        await WaitedAsync(_tail);
        PublishTo(12);

        var read = _tail.Read(10, 100)!; // held
        Assert.Equal([11L, 12L], read.Items.Select(commit => commit.Revision));
        Assert.Equal(12, read.Through);
        Assert.Equal(11, _tail.Read(10, 1)!.Through);
        Assert.Null(_tail.Read(9, 100));
        Assert.Null(_tail.Read(12, 100));
    }

    [Fact]
    public async Task No_more_than_a_number_of_commits_is_held()
    {
        await WaitedAsync(_tail);
        PublishTo(10 + LogTail.CommitsMax + 5);

        Assert.Null(_tail.Read(14, 1));
        var read = _tail.Read(15, int.MaxValue)!; // held
        Assert.Equal(Enumerable.Range(16, LogTail.CommitsMax).Select(i => (long)i), read.Items.Select(commit => commit.Revision));
    }

    [Fact]
    public async Task No_more_than_a_number_of_bytes_is_held()
    {
        await WaitedAsync(_tail);
        for (int i = 11; i < 100; i++)
        {
            _tail.Publish(i, [CommitOf(i, 100_000)]);
            Assert.InRange(_tail.Bytes, 1, LogTail.BytesMax);
        }

        Assert.Equal(10, _tail.Read(89, int.MaxValue)!.Items.Length);
        Assert.Null(_tail.Read(88, 1));
    }

    [Fact]
    public async Task A_commit_that_is_too_large_is_not_held_and_those_behind_it_are()
    {
        await WaitedAsync(_tail);
        PublishTo(12);
        _tail.Publish(14, [new(13, null, 0), CommitOf(14, 1)]);

        Assert.Null(_tail.Read(11, 1));
        Assert.Null(_tail.Read(12, 1));
        Assert.Equal(14, Assert.Single(_tail.Read(13, 1)!.Items).Revision);
    }

    [Fact]
    public async Task Who_gives_up_waiting_and_was_the_last_one_takes_the_memory_along()
    {
        using var giveUp = new CancellationTokenSource();
        var other = _tail.WaitAsync(100, CancellationToken.None).AsTask();
        var waiting = _tail.WaitAsync(100, giveUp.Token).AsTask();
        PublishTo(11);
        Assert.NotEqual(0, _tail.Bytes);

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.NotEqual(0, _tail.Bytes);
        Assert.True(_tail.IsFollowed);

        using var giveUpToo = new CancellationTokenSource();
        var last = _tail.WaitAsync(200, giveUpToo.Token).AsTask();
        _tail.Publish(101, [CommitOf(101, 1)]);
        await other;
        await giveUpToo.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => last);
        Assert.Equal(0, _tail.Bytes);
        Assert.False(_tail.IsFollowed);
    }

    [Fact]
    public async Task Who_has_not_come_back_for_as_many_commits_as_are_held_follows_no_more()
    {
        await WaitedAsync(_tail);
        PublishTo(10 + LogTail.CommitsMax);
        Assert.True(_tail.IsFollowed);

        _tail.Publish(11 + LogTail.CommitsMax, [CommitOf(11 + LogTail.CommitsMax, 1)]);
        Assert.False(_tail.IsFollowed);
    }

    [Fact]
    public async Task A_store_holds_little_for_a_follower_however_much_is_written_and_the_follower_misses_nothing()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path);
        await store.DeclareAsync(Collection(Things));
        await store.WaitAsync(-1, CancellationToken.None);
        string large = $"\"{new string('x', 300_000)}\"";
        string tooLarge = $"\"{new string('x', 2 << 20)}\"";
        var seen = new List<(long, string, int)>();
        var written = new List<(long, string, int)>();
        long read = 0;
        for (int i = 1; i <= 40; i++)
        {
            string json = i % 10 == 0 ? tooLarge : i % 3 == 0 ? large : "{}";
            long revision = await store.WriteAsync(Put(Things, $"x{i}", json));
            written.Add((revision, $"x{i}", json.Length));
            if (i % 4 != 0) continue;

            var commits = await store.LogAsync(read, 3);
            seen.AddRange(commits.SelectMany(commit => commit.Changes.Select(change => (commit.Revision, change.Key.Path, change.After!.Value.Length))));
            read = revision;
        }

        Assert.Equal(written, seen);
    }

    private void PublishTo(long revision)
    {
        for (long next = _tail.Revision + 1; next <= revision; next++) _tail.Publish(next, [CommitOf(next, 1)]);
    }

    private static async Task WaitedAsync(LogTail tail) => await tail.WaitAsync(-1, CancellationToken.None);

    private static TailCommit CommitOf(long revision, int bytes)
    {
        var entry = new Entry(new(Things, "x"), revision, Noon, new byte[bytes]);
        return new(revision, new(revision, Noon, [new(entry.Key, null, entry)]), bytes);
    }
}

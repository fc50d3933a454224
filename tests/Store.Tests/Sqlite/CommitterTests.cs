using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

public sealed class CommitterTests : IAsyncLifetime
{
    private const string Things = "test/things";

    private readonly TempFolder _folder = new();
    private SqliteStore _store = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _store = await OpenStore.InAsync(_folder.Path, new() { WaitingTransactionsMax = 8, WaitingBytesMax = 100_000 });
        await _store.DeclareAsync(Collection(Things, "a"));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_waits_becomes_one_batch_in_which_a_conflict_fails_alone_and_later_ones_see_earlier_ones()
    {
        var results = await BatchAsync(
            Of(Put(Things, "x", "{}")),
            Of(Put(Things, "x", """{"a":1}""")).If(new Precondition.AtRevision(new(Things, "x"), 0)),
            Of(Put(Things, "y", "{}")).If(new Precondition.Exists(new(Things, "x"))),
            Of(Delete(Things, "x")).If(new Precondition.AtRevision(new(Things, "x"), 2)),
            Of(Put(Things, "z", """{"a":2}""")).If(new Precondition.NoneWith(Things, "a", Model.Expressions.Value.Of(2), [])),
            Of(Put(Things, "w", """{"a":2}""")).If(new Precondition.NoneWith(Things, "a", Model.Expressions.Value.Of(2), [])));

        // Revision 1 went to the transaction that the batch waited behind.
        Assert.Equal(new CommitResult.Committed(2), results[0]);
        Assert.Equal(2, Assert.IsType<CommitResult.Conflict>(results[1]).Actual);
        Assert.Equal(new CommitResult.Committed(3), results[2]);
        Assert.Equal(new CommitResult.Committed(4), results[3]);
        Assert.Equal(new CommitResult.Committed(5), results[4]);
        Assert.IsType<CommitResult.Conflict>(results[5]);
        Assert.Equal(["first", "y", "z"], await _store.ListAsync(new(Things) { Limit = 9 }));
    }

    [Fact]
    public async Task More_transactions_than_may_wait_are_refused_at_once_and_the_others_are_committed()
    {
        var results = await BatchAsync([.. Enumerable.Range(0, 12).Select(i => Of(Put(Things, $"x{i:00}", "{}")))]);

        Assert.Equal(8, results.Count(result => result is CommitResult.Committed));
        Assert.Equal(4, results.Count(result => result is CommitResult.Unavailable));
        Assert.IsType<CommitResult.Unavailable>(results[^1]);
        Assert.Equal(9, _store.Revision);
    }

    [Fact]
    public async Task More_bytes_than_may_wait_are_refused_at_once()
    {
        string large = $$"""{"text":"{{new string('x', 60_000)}}"}""";

        var results = await BatchAsync(Of(Put(Things, "x", large)), Of(Put(Things, "y", large)), Of(Put(Things, "z", "{}")));

        Assert.IsType<CommitResult.Committed>(results[0]);
        Assert.IsType<CommitResult.Unavailable>(results[1]);
        Assert.IsType<CommitResult.Committed>(results[2]);
    }

    [Fact]
    public async Task Who_can_not_write_now_is_told_so_and_writing_goes_on_when_it_can()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path, new() { LockTimeout = TimeSpan.FromMilliseconds(1) });
        await store.DeclareAsync(Collection(Things));
        await store.WriteAsync(Put(Things, "x", "{}"));
        using (var other = Connection.Open(Path.Combine(folder.Path, "store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0))
        {
            other.Execute("BEGIN IMMEDIATE");
            Assert.IsType<CommitResult.Unavailable>(await store.CommitAsync(Of(Put(Things, "y", "{}"))));
            await Assert.ThrowsAnyAsync<IOException>(async () => await store.DeclareAsync(Collection(Things, "a")));
            Assert.NotNull(await store.GetAsync(Things, "x"));
            other.Execute("ROLLBACK");
        }

        Assert.Equal(2, await store.WriteAsync(Put(Things, "z", "{}")));
        await store.DeclareAsync(Collection(Things, "a"));
        Assert.Equal(["x", "z"], await store.ListAsync(new(Things) { Limit = 9, Order = [new("a", false)] }));
    }

    [Fact]
    public async Task A_commit_that_failed_and_turns_up_after_all_is_seen_and_writing_goes_on_behind_it()
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path, new() { LockTimeout = TimeSpan.FromMilliseconds(1) });
        await store.DeclareAsync(Collection(Things));
        await store.WriteAsync(Put(Things, "x", "{}"));
        for (int i = 0; i < 3; i++) await store.GetAsync(Things, "x"); // it is in the cache
        using (var other = Connection.Open(Path.Combine(folder.Path, "store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0))
        {
            other.Execute("BEGIN IMMEDIATE");
            Assert.IsType<CommitResult.Unavailable>(await store.CommitAsync(Of(Put(Things, "x", "{}"))));

            // What is found in the file after a sync that failed, when it is opened anew.
            other.Execute(
                $"""
                INSERT INTO log(id,collection,path,time,old_revision,old_time,old_value) SELECT {LogId.First(2)},1,path,0,revision,update_time,value FROM t1;
                UPDATE t1 SET revision=2;
                UPDATE meta SET revision=2;
                COMMIT
                """);
        }

        Assert.Equal(3, await store.WriteAsync(Put(Things, "y", "{}")));
        Assert.Equal(2, (await store.GetAsync(Things, "x"))!.Revision);
    }

    [Fact]
    public async Task Who_waits_for_a_connection_of_a_closed_pool_is_told()
    {
        var pool = new ReaderPool(Path.Combine(_folder.Path, "store.db"), new() { ReadersMax = 1 });
        pool.Dispose();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pool.RentAsync(limit.Token));
    }

    [Fact]
    public async Task Closing_commits_what_waits()
    {
        var waiting = Enumerable.Range(0, 8).Select(i => _store.CommitAsync(Of(Put(Things, $"x{i}", "{}")))).ToList();
        await _store.DisposeAsync();

        foreach (var commit in waiting) Assert.IsType<CommitResult.Committed>(await commit);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _store.CommitAsync(Of(Put(Things, "y", "{}"))));
        await using var again = await OpenStore.InAsync(_folder.Path);
        Assert.Equal(8, (await again.ListAsync(new(Things) { Limit = 9 })).Count);
    }

    [Fact]
    public async Task A_value_that_is_not_json_is_a_mistake_of_the_caller_and_harms_nobody()
    {
        await Assert.ThrowsAnyAsync<System.Text.Json.JsonException>(async () => await _store.WriteAsync(Put(Things, "x", "{")));

        Assert.Equal(1, await _store.WriteAsync(Put(Things, "y", "{}")));
    }

    [Fact]
    public async Task Writes_go_on_while_a_new_index_is_filled_and_are_in_it()
    {
        await FillAsync(3_000);
        var filling = _store.DeclareAsync(Collection(Things, "a", "b")).AsTask();
        int written = 0;
        do
        {
            await _store.WriteAsync(Put(Things, $"new{written}", $$"""{"b":{{written}}}"""), Put(Things, "x0500", """{"b":0}"""));
            written++;
        }
        while (!filling.IsCompleted);
        await filling;

        Assert.Equal(3_000 + written, await CountAsync("b >= 0"));
        Assert.Equal("x0500", (await _store.PageAsync(new(Things) { Limit = 9, Filter = Filter("b == 0") })).Entries[^1].Key.Path);
    }

    [Fact]
    public async Task Too_many_rows_read_for_nothing_are_refused_with_the_fields_to_declare()
    {
        await FillAsync(100);
        var query = new Query(Things) { Limit = 5, ScannedMax = 50, Filter = Filter("a == 1 && c == 5 && b.x == 1") };

        var refused = Assert.IsType<QueryResult.TooManyScanned>(await _store.QueryAsync(query, CancellationToken.None));
        Assert.Equal(["c", "b.x"], refused.Fields);
        Assert.Equal(50, refused.ScannedMax);

        Assert.Empty(await _store.ListAsync(query with { ScannedMax = 100 }));
        Assert.Empty(await _store.ListAsync(query with { Filter = Filter("a == 2 && c == 5") }));
        Assert.IsType<QueryResult.TooManyScanned>(
            await _store.QueryAsync(query with { Filter = Filter("c == 1 || b < 5"), Count = true, Limit = 1 }, CancellationToken.None));
    }

    [Fact]
    public async Task A_full_page_is_an_answer_though_what_follows_would_be_too_much_to_read()
    {
        await FillAsync(100);
        await _store.WriteAsync(Put(Things, "a", """{"a":1,"c":5}"""));
        var query = new Query(Things) { Limit = 1, ScannedMax = 50, Filter = Filter("c == 5") };

        var page = Assert.IsType<QueryResult.Page>(await _store.QueryAsync(query, CancellationToken.None));
        Assert.Equal("a", Assert.Single(page.Entries).Key.Path);
        Assert.IsType<QueryResult.TooManyScanned>(await _store.QueryAsync(query with { After = page.Next }, CancellationToken.None));
    }

    /// <summary>Submits all while the committer is held up by someone else's lock on the file, behind one transaction that it has already taken.</summary>
    private async Task<CommitResult[]> BatchAsync(params Transaction[] transactions)
    {
        using var other = Connection.Open(Path.Combine(_folder.Path, "store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0);
        other.Execute("BEGIN IMMEDIATE");
        var first = _store.CommitAsync(Of(Put(Things, "first", "{}")));
        SpinWait.SpinUntil(() => _store.WaitingTransactions == 0);
        var waiting = transactions.Select(transaction => _store.CommitAsync(transaction).AsTask()).ToList();
        other.Execute("ROLLBACK");

        Assert.Equal(new CommitResult.Committed(1), await first);
        return await Task.WhenAll(waiting);
    }

    private async Task FillAsync(int rows)
    {
        foreach (int[] chunk in Enumerable.Range(0, rows).Chunk(500))
            await _store.WriteAsync([.. chunk.Select(i => Put(Things, $"x{i:0000}", $$"""{"a":1,"b":{{i}}}"""))]);
    }

    private async Task<long> CountAsync(string filter) =>
        (await _store.PageAsync(new(Things) { Limit = 1, Filter = Filter(filter), Count = true })).TotalSize!.Value; // asked for
}

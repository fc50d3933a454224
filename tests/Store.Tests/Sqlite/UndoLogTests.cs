using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

public sealed class UndoLogTests : IAsyncLifetime
{
    private const string Things = "test/things";
    private const string Parts = "test/things/parts";

    private readonly TempFolder _folder = new();
    private readonly SetTime _time = new() { Now = Noon };
    private SqliteStore _store = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _store = await OpenStore.InAsync(_folder.Path, new() { Time = _time, TransactionChangesMax = 1_000 });
        await _store.DeclareAsync(Collection(Things, "a"), Collection(Parts, "a"));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_is_new_costs_no_row_in_an_index_and_no_value()
    {
        await _store.WriteAsync(Put(Things, "x", "1"), Put(Things, "y", "2"));
        await _store.WriteAsync(Put(Things, "x", "3"));

        using var connection = Read();
        Assert.Equal(3, connection.ReadInt64("SELECT count(*) FROM log"));
        Assert.Equal(1, connection.ReadInt64("SELECT count(*) FROM log WHERE old_value IS NOT NULL"));
        Assert.Equal(1, connection.ReadInt64("SELECT count(*) FROM log INDEXED BY log_path WHERE old_revision>0"));
        Assert.Equal(1, connection.ReadInt64("SELECT count(*) FROM log INDEXED BY log_collection WHERE old_revision>0"));
    }

    [Theory]
    [InlineData("SELECT id FROM log WHERE collection=1 AND path='x' AND old_revision>0 AND old_revision<=5 ORDER BY old_revision DESC",
        "INDEX log_path (collection=? AND path=? AND old_revision>? AND old_revision<?)")]
    [InlineData("SELECT old_revision FROM log INDEXED BY log_collection WHERE collection=1 AND id>=5 AND old_revision>0 AND old_revision<=5",
        "COVERING INDEX log_collection (collection=? AND id>?)")]
    [InlineData("SELECT old_value FROM log INDEXED BY log_path WHERE collection=1 AND id>=5 AND old_revision>0 AND old_revision<=5 AND path>'x/' AND path<'x0'",
        "INDEX log_path (collection=? AND path>? AND path<?)")]
    public void Versions_and_what_was_superseded_are_found_by_an_index(string sql, string plan)
    {
        using var connection = Read();
        using var statement = connection.Prepare("EXPLAIN QUERY PLAN " + sql);
        Assert.True(statement.Step());
        string text = statement.Text(3);
        Assert.Contains(plan.Replace("id>?", "rowid>?"), text.Replace("(collection=? AND id>?", "(collection=? AND rowid>?"), StringComparison.Ordinal);
        Assert.False(statement.Step()); // nothing is sorted
    }

    [Fact]
    public async Task A_transaction_that_turns_out_to_change_too_much_writes_nothing_and_its_batch_goes_on()
    {
        await _store.WriteAsync([.. Enumerable.Range(0, 1_000).Select(i => Put(Parts, $"x/p{i}", "{}"))]);
        await _store.WriteAsync(Put(Parts, "y/p", "{}"), Put(Parts, "x/q", "{}"));
        Transaction tooLarge = Of(Put(Things, "x", "1"), new Write.DeleteBelow(Parts, "x"), Put(Parts, "x/p7", "7"));

        var results = await Task.WhenAll(
            _store.CommitAsync(Of(Put(Things, "z", "1"))).AsTask(),
            _store.CommitAsync(tooLarge).AsTask(),
            _store.CommitAsync(Of(new Write.DeleteBelow(Parts, "y"), Put(Parts, "y/p", "2"))).AsTask());
        Assert.Equal([new CommitResult.Committed(3), new CommitResult.TooLarge("1000 changes"), new CommitResult.Committed(4)], results);

        Assert.Null(await _store.GetAsync(Things, "x"));
        Assert.Equal("{}", (await _store.GetAsync(Parts, "x/p7"))!.Json());
        Assert.Equal("2", (await _store.GetAsync(Parts, "y/p"))!.Json());
        Assert.Equal(5, (await _store.WriteAsync(Put(Things, "x", "1"))));
        Assert.Equal(0, (await _store.CheckAsync(null, CancellationToken.None)).FaultsCount);
    }

    [Fact]
    public async Task More_writes_than_one_revision_can_count_are_refused()
    {
        var writes = Enumerable.Repeat(Delete(Things, "x"), 1_001).ToArray();

        Assert.Equal(new CommitResult.TooLarge("1000 changes"), await _store.CommitAsync(Of(writes)));
        Assert.Equal(1, await _store.WriteAsync(writes[1..]));
    }

    [Fact]
    public async Task Times_never_decrease_though_the_clock_does()
    {
        await _store.WriteAsync(Put(Things, "x", "1"));
        _time.Now = Noon.AddHours(1);
        await _store.WriteAsync(Put(Things, "x", "2"));
        _time.Now = Noon.AddHours(-1);
        await _store.WriteAsync(Put(Things, "x", "3"));
        await _store.DisposeAsync();
        _store = await OpenStore.InAsync(_folder.Path, new() { Time = _time });
        await _store.WriteAsync(Put(Things, "x", "4"));

        var times = (await _store.LogAsync(0)).Select(commit => commit.Time);
        Assert.Equal([Noon, Noon.AddHours(1), Noon.AddHours(1), Noon.AddHours(1)], times);
        Assert.Equal(4, await _store.FindRevisionAsync(Noon.AddHours(1), CancellationToken.None));
        Assert.Equal(1, await _store.FindRevisionAsync(Noon.AddMinutes(59), CancellationToken.None));
        Assert.Equal(0, await _store.FindRevisionAsync(Noon.AddSeconds(-1), CancellationToken.None));
    }

    [Fact]
    public async Task A_lease_runs_out_by_the_stores_clock_and_its_fence_with_it()
    {
        var fence = Of(Put(Things, "x", "1")).If(new Precondition.Leased("lease", 1));
        Assert.Equal(new LeaseResult.Held(1), await _store.TakeAsync("lease", "one", 10));
        _time.Now += TimeSpan.FromSeconds(9);
        Assert.Equal(new LeaseResult.Taken("one"), await _store.TakeAsync("lease", "two", 10));
        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(fence));

        _time.Now += TimeSpan.FromSeconds(1);
        Assert.Equal(0, Assert.IsType<CommitResult.Conflict>(await _store.CommitAsync(fence)).Actual);
        Assert.Equal(new LeaseResult.Held(2), await _store.TakeAsync("lease", "one", 10));
        Assert.Equal(2, Assert.IsType<CommitResult.Conflict>(await _store.CommitAsync(fence)).Actual);
    }

    [Fact]
    public async Task A_crash_between_two_chunks_of_a_compaction_is_harmless_and_the_next_one_goes_on()
    {
        for (int i = 0; i < 3; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 700).Select(n => Put(Things, $"x{n}", $$"""{"a":{{i}}}"""))]);
        await _store.DisposeAsync();
        using (var connection = Connection.Open(_folder.File("store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0))
        {
            Assert.False(Compaction.RunChunk(connection, 2));
            Assert.Equal(1_600, connection.ReadInt64("SELECT count(*) FROM log"));
        }

        _store = await OpenStore.InAsync(_folder.Path);
        Assert.Equal(new StoreState(3, 2), await _store.StateAsync());
        Assert.Equal("Gone", await _store.PastAsync(Things, "x699", 1));
        Assert.Equal("""{"a":1}""", await _store.PastAsync(Things, "x699", 2));
        Assert.Equal([3L, 2L], (await _store.VersionsAsync(Things, "x699")).Versions.Select(version => version.Revision));
        Assert.IsType<LogResult.Gone>(await _store.ReadLogAsync(1, 1, CancellationToken.None));
        Assert.Equal(700, Assert.Single(await _store.LogAsync(2)).Changes.Length);
        Assert.Equal(0, (await _store.CheckAsync(null, CancellationToken.None)).FaultsCount);

        await _store.CompactAsync(2);
        using var after = Read();
        Assert.Equal(700, after.ReadInt64("SELECT count(*) FROM log"));
        await _store.CompactAsync(3);
        Assert.Equal(0, after.ReadInt64("SELECT count(*) FROM log"));
        Assert.Equal(700, (await _store.PageAsync(new(Things) { Limit = 1, Revision = 3, Count = true, Filter = Filter("a == 2") })).TotalSize);
    }

    [Fact]
    public async Task Large_values_are_given_up_in_smaller_chunks()
    {
        string large = $"\"{new string('x', 3 << 20)}\"";
        for (int i = 0; i < 4; i++) await _store.WriteAsync(Put(Things, "x", large));
        await _store.DisposeAsync();
        using var connection = Connection.Open(_folder.File("store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0);

        Assert.False(Compaction.RunChunk(connection, 4));
        Assert.Equal(1, connection.ReadInt64("SELECT count(*) FROM log"));
        Assert.True(Compaction.RunChunk(connection, 4));
        Assert.Equal(0, connection.ReadInt64("SELECT count(*) FROM log"));
    }

    [Fact]
    public async Task Writes_go_on_while_history_is_given_up()
    {
        for (int i = 0; i < 6; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 1_000).Select(n => Put(Things, $"x{n}", "{}"))]);
        var compacting = _store.CompactAsync(6).AsTask();
        int written = 0;
        do
        {
            await _store.WriteAsync(Put(Things, "x0", $$"""{"a":{{written++}}}"""));
        }
        while (!compacting.IsCompleted);
        await compacting;

        Assert.Equal(written, (await _store.LogAsync(6)).Count);
        Assert.Equal(0, (await _store.CheckAsync(null, CancellationToken.None)).FaultsCount);
    }

    [Fact]
    public async Task A_page_of_versions_ends_early_when_they_are_large()
    {
        string large = $"\"{new string('x', 6 << 20)}\"";
        for (int i = 0; i < 5; i++) await _store.WriteAsync(Put(Things, "x", large));

        var page = await _store.VersionsAsync(Things, "x");
        Assert.Equal([5L, 4, 3], page.Versions.Select(version => version.Revision));
        Assert.True(page.More);

        page = await _store.VersionsAsync(Things, "x", before: 3);
        Assert.Equal([2L, 1], page.Versions.Select(version => version.Revision));
        Assert.False(page.More);
    }

    [Fact]
    public async Task A_page_as_of_a_revision_ends_early_when_values_are_large_and_the_next_one_goes_on()
    {
        string large = $"\"{new string('x', 1_000)}\"";
        await _store.WriteAsync([.. Enumerable.Range(0, 60).Select(i => Put(Things, $"x{i:00}", large))]);
        await _store.WriteAsync([.. Enumerable.Range(0, 60).Where(i => i % 5 > 0).Select(i => Put(Things, $"x{i:00}", "1"))]);
        await _store.WriteAsync(new Write.Delete(new(Things, "x01")), Put(Things, "x05", "{}"), Put(Things, "y", "1"));

        foreach (int limit in (int[])[1, 7, 20, 60, 100])
        {
            var query = new Query(Things) { Limit = limit, BytesMax = 9_000, Revision = 1 };
            Assert.Equal(Enumerable.Range(0, 60).Select(i => $"x{i:00}"), await _store.ListAsync(query));
            Assert.Equal(
                Enumerable.Range(0, 60).Reverse().Select(i => $"x{i:00}"),
                await _store.ListAsync(query with { Order = [new("a", true)], Count = true }));
        }
    }

    [Fact]
    public async Task More_superseded_entries_than_are_looked_at_make_the_revision_gone_but_not_for_one_parent()
    {
        for (int i = 0; i < 101; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 1_000).Select(n => Put(Parts, $"x{i}/p{n}", "1"))]);
        for (int i = 0; i < 101; i++) await _store.WriteAsync(new Write.DeleteBelow(Parts, $"x{i}"));
        var query = new Query(Parts) { Limit = 1_000, Revision = 101 };

        Assert.Equal(new QueryResult.Gone(new(202, 0)), await _store.QueryAsync(query, CancellationToken.None));
        Assert.Equal(1_000, (await _store.PageAsync(query with { Parent = "x7" })).Entries.Length);
        Assert.Equal(99_000, (await _store.PageAsync(query with { Revision = 103, Limit = 1, Count = true })).TotalSize);
    }

    [Fact]
    public async Task A_commit_over_more_collections_than_a_connection_keeps_statements_for_can_be_read_and_checked()
    {
        string[] many = [.. Enumerable.Range(0, 200).Select(i => $"many/c{i}")];
        await _store.DeclareAsync([.. many.Select(name => Collection(name))], CancellationToken.None);
        for (int i = 0; i < 2; i++) await _store.WriteAsync([.. many.Select(name => Put(name, "x", "{}"))]);
        await _store.WriteAsync([.. many.Select(name => (Write)new Write.DeleteBelow(name, "x")), .. many.Select(name => Delete(name, "x"))]);

        Assert.Equal([200, 200, 200], (await _store.LogAsync(0)).Select(commit => commit.Changes.Length));
        Assert.Equal(0, (await _store.CheckAsync(null, CancellationToken.None)).FaultsCount);
        Assert.Equal(202, (await _store.DescribeAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Who_waits_when_the_store_is_closed_waits_no_longer()
    {
        var waiting = _store.WaitAsync(100, CancellationToken.None).AsTask();
        await _store.DisposeAsync();
        await waiting;

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _store.WaitAsync(100, CancellationToken.None));
    }

    private Connection Read() => Connection.Open(_folder.File("store.db"), isWriter: false, cacheKiB: 64, lockMilliseconds: 1_000);

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}

using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

/// <summary>Revisions 1 and 2 make x and y of two indexed fields, 3 changes x, 4 deletes y, 5 changes nothing.</summary>
public sealed class StoreCheckTests : IAsyncLifetime
{
    private const string Things = "test/things";

    private readonly TempFolder _folder = new();
    private SqliteStore _store = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _store = await OpenStore.InAsync(_folder.Path);
        await _store.DeclareAsync(Collection(Things, "a", "@t"), Collection("test/empty", "b"));
        await _store.WriteAsync(Put(Things, "x", """{"a":"\u00e9","t":"2024-05-01T10:00:00Z"}"""));
        await _store.WriteAsync(Put(Things, "y", """{"a":-0.0,"t":7}"""));
        await _store.WriteAsync(Put(Things, "x", """{"a":1e999,"t":null}"""));
        await _store.WriteAsync(Delete(Things, "y"));
        await _store.WriteAsync(Delete(Things, "y"));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_sound_store_has_no_faults()
    {
        await _store.WriteAsync(Put(Things, "a1", "{\"a\":[1]}"), Put(Things, "a2", "null"), Put(Things, "a1/b", "{}"), Delete(Things, "a2"));
        await _store.WriteAsync(new Write.DeleteBelow(Things, "a1"), Put(Things, "a1/b", "1"));

        var report = await _store.CheckAsync(null, CancellationToken.None);
        Assert.Equal((3, 7), (report.Entries, report.Commits));
        Assert.Equal([], report.Faults);
        Assert.Equal(0, report.FaultsCount);

        foreach (long compacted in (long[])[1, 4, 7])
        {
            await _store.CompactAsync(compacted);
            report = await _store.CheckAsync(null, CancellationToken.None);
            Assert.Equal((3, 7 - compacted, 0), (report.Entries, report.Commits, report.FaultsCount));
        }
    }

    [Theory]
    [InlineData("DELETE FROM log WHERE id>>20=5", "revisions 5 to 5 are missing")]
    [InlineData("DELETE FROM log WHERE id>>20 IN (2,3)", "revisions 2 to 3 are missing")]
    [InlineData("DELETE FROM log WHERE id>>20=1", "revisions 1 to 1 are missing")]
    [InlineData("UPDATE log SET id=id+1 WHERE id>>20=3", "revision 3 has no change 0")]
    [InlineData("INSERT INTO log(id,collection,path,time) VALUES(6<<20,0,'',1<<60)", "revision 6 is newer than the store, which is at 5")]
    [InlineData("UPDATE log SET time=1 WHERE id>>20=3", "revision 3 is of an earlier time")]
    [InlineData("UPDATE log SET collection=77 WHERE id>>20=3", "collection 77")]
    [InlineData("UPDATE log SET old_value='{' WHERE id>>20=3", "test/things:x of revision 1 is not JSON")]
    [InlineData("UPDATE log SET old_revision=8 WHERE id>>20=3", "revision 3 replaced a later one, 8")]
    [InlineData("UPDATE log SET old_revision=0 WHERE id>>20=4", "test/things:y of revision 2 is missing")]
    [InlineData("UPDATE log SET deleted=1 WHERE id>>20=3", "1 entries are of revisions after 0; the log has 0")]
    [InlineData("UPDATE t1 SET revision=6", "test/things:x: its revision is 6; the store's is 5")]
    [InlineData("UPDATE t1 SET value='{\"a\":}'", "test/things:x is not JSON")]
    [InlineData("UPDATE t1 SET c1=2", "test/things:x: the index of 'a' does not agree")]
    [InlineData("UPDATE t1 SET c1=NULL", "test/things:x: the index of 'a' does not agree")]
    [InlineData("UPDATE t1 SET c2=x''", "test/things:x: the index of 't' does not agree")]
    [InlineData("UPDATE t1 SET c2=x'07'", "test/things:x: the index of 't' does not agree")]
    [InlineData("UPDATE t1 SET value='{\"a\":1e999}'", "test/things:x: the index of 't' does not agree")]
    [InlineData("DROP INDEX i1_2", "test/things: the index of 't' is missing")]
    [InlineData("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql,'c1','c2') WHERE name='i1_1'; PRAGMA writable_schema=RESET", "The file: ")]
    public async Task What_was_spoilt_is_found(string spoil, string fault)
    {
        Execute(spoil);

        var report = await _store.CheckAsync(null, CancellationToken.None);
        Assert.Contains(report.Faults, line => line.Contains(fault, StringComparison.Ordinal));
        Assert.All(report.Faults, line => Assert.DoesNotContain('\n', line));
        Assert.Equal(report.FaultsCount, report.Faults.Length);
    }

    [Fact]
    public async Task A_gap_in_the_log_is_never_passed_over_when_it_is_read()
    {
        Execute("DELETE FROM log WHERE id>>20=3");
        Assert.Contains("revision 3", Assert.IsType<LogResult.Unavailable>(await _store.ReadLogAsync(1, 100, CancellationToken.None)).Reason, StringComparison.Ordinal);
        Assert.Equal(2, Assert.IsType<LogResult.Commits>(await _store.ReadLogAsync(1, 1, CancellationToken.None)).Through);

        Execute("DELETE FROM log WHERE id>>20=5");
        Assert.IsType<LogResult.Unavailable>(await _store.ReadLogAsync(4, 100, CancellationToken.None));
    }

    [Fact]
    public async Task Of_many_faults_the_first_are_told_and_all_are_counted()
    {
        for (int i = 0; i < 5; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 100).Select(n => Put(Things, $"z{i}-{n}", "{}"))]);
        Execute("UPDATE t1 SET c1=3");

        var report = await _store.CheckAsync(null, CancellationToken.None);
        Assert.Equal(StoreReport.FaultsMax, report.Faults.Length);
        Assert.Equal(501, report.FaultsCount);
    }

    [Fact]
    public async Task A_damaged_page_is_a_fault_and_ends_the_check_at_most()
    {
        await _store.WriteAsync([.. Enumerable.Range(0, 500).Select(n => Put(Things, $"z{n}", $"\"{new string('x', 500)}\""))]);
        await _store.DisposeAsync();
        string file = _folder.File("store.db");
        using (var stream = File.OpenWrite(file))
        {
            stream.Position = stream.Length / 4096 / 2 * 4096;
            stream.Write(new byte[4096]);
        }

        _store = await OpenStore.InAsync(_folder.Path);
        var report = await _store.CheckAsync(null, CancellationToken.None);
        Assert.NotEmpty(report.Faults);
    }

    [Fact]
    public async Task It_sees_one_state_while_writes_go_on_and_tells_how_far_it_is()
    {
        for (int i = 0; i < 5; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 500).Select(n => Put(Things, $"z{i}-{n}", "{}"))]);
        var progress = new WriteMeanwhile(_store);

        var report = await _store.CheckAsync(progress, CancellationToken.None);
        Assert.Equal([], report.Faults);
        Assert.Equal((2_501, 10), (report.Entries, report.Commits));
        Assert.Equal(10 + progress.Reports.Count, _store.Revision);
        Assert.Contains(new StoreProgress(Things, 2_000, 2_501), progress.Reports);
        Assert.Equal(new StoreProgress(Things, 2_501, 2_501), progress.Reports[^1]);
    }

    [Fact]
    public async Task It_ends_when_nobody_wants_it_any_more_and_when_the_store_is_closed()
    {
        for (int i = 0; i < 4; i++)
            await _store.WriteAsync([.. Enumerable.Range(0, 500).Select(n => Put(Things, $"z{i}-{n}", "{}"))]);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _store.CheckAsync(new Once(stop.Cancel), stop.Token));
        Assert.Equal(0, (await _store.CheckAsync(null, CancellationToken.None)).FaultsCount);

        Task? closing = null;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await _store.CheckAsync(new Once(() => closing = _store.DisposeAsync().AsTask()), CancellationToken.None));
        await closing!; // by the first report
    }

    private void Execute(string sql)
    {
        using var connection = Connection.Open(_folder.File("store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 1_000);
        connection.Execute(sql);
    }

    private sealed class WriteMeanwhile(SqliteStore store) : IProgress<StoreProgress>
    {
        public List<StoreProgress> Reports { get; } = [];

        public void Report(StoreProgress value)
        {
            Reports.Add(value);
            store.WriteAsync(Put(Things, "x", "{}"), Delete(Things, "z0-0")).GetAwaiter().GetResult();
        }
    }

    private sealed class Once(Action run) : IProgress<StoreProgress>
    {
        private bool _hasRun;

        public void Report(StoreProgress value)
        {
            if (!_hasRun) run();
            _hasRun = true;
        }
    }
}

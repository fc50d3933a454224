using System.Diagnostics;
using System.Runtime.Versioning;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

public sealed class SqliteOpeningTests : IDisposable
{
    private const string Things = "test/things";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_acknowledged_is_there_after_reopening()
    {
        long revision;
        await using (var store = await OpenStore.InAsync(_folder.Path))
        {
            await store.DeclareAsync(Collection(Things, "a", "@t", "b.c"));
            revision = await store.WriteAsync(Put(Things, "x", """{"a":1,"t":"2024-05-01T10:00:00Z","b":{"c":2}}"""));
        }

        await using var again = await OpenStore.InAsync(_folder.Path);

        Assert.Equal(revision, again.Revision);
        Assert.Equal(revision, (await again.GetAsync(Things, "x"))!.Revision);
        Assert.Equal(["x"], await again.ListAsync(new(Things) { Limit = 1, Order = [new("t", false), new("b.c", true)] }));
        Assert.Equal(revision + 1, await again.WriteAsync(Put(Things, "y", "{}")));
    }

    [Fact]
    public async Task Closing_leaves_one_file_without_a_log()
    {
        await using (var store = await OpenStore.InAsync(_folder.Path))
        {
            await store.DeclareAsync(Collection(Things));
            await store.WriteAsync(Put(Things, "x", "{}"));
            await store.GetAsync(Things, "x");
        }

        Assert.Equal(["lock", "store.db"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_folder_that_is_made_and_its_files_are_for_their_owner_only()
    {
        string folder = Path.Combine(_folder.Path, "new", "data");
        await using var store = await OpenStore.InAsync(folder);
        await store.DeclareAsync(Collection(Things));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Contains(Directory.GetFiles(folder), file => file.EndsWith("-wal", StringComparison.Ordinal));
        Assert.All(Directory.GetFiles(folder), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_path_that_ends_in_db_is_the_file_itself_in_a_folder_that_is_made_and_locked_beside_it()
    {
        string file = Path.Combine(_folder.Path, "new", "shop.db");
        await using (var store = await OpenStore.InAsync(file))
        {
            await store.DeclareAsync(Collection(Things));
            await store.WriteAsync(Put(Things, "x", "{}"));
            Assert.All(Directory.GetFiles(Path.Combine(_folder.Path, "new")), each =>
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(each)));

            var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(file, new()));
            Assert.Equal(StoreRefusal.InUse, refused.Reason);
            Assert.Contains(file, refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(["shop.db", "shop.db.lock"], Directory.GetFiles(Path.Combine(_folder.Path, "new")).Select(Path.GetFileName).Order());
        await using var again = await OpenStore.InAsync(file);
        Assert.NotNull(await again.GetAsync(Things, "x"));

        // Another file of the same folder is another store; a folder stays a folder.
        await using var other = await OpenStore.InAsync(Path.Combine(_folder.Path, "new", "other.db"));
        Assert.Equal(0, other.Revision);
        await using var folder = await OpenStore.InAsync(Directory.CreateDirectory(Path.Combine(_folder.Path, "folder.db")).FullName);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "folder.db", "store.db")));
    }

    [Fact]
    public async Task A_folder_is_open_once_at_a_time()
    {
        await using (await OpenStore.InAsync(_folder.Path))
        {
            var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(_folder.Path, new()));
            Assert.Equal(StoreRefusal.InUse, refused.Reason);
            Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
        }

        await using var store = await OpenStore.InAsync(_folder.Path);
        Assert.Equal(0, store.Revision);
    }

    [Fact]
    public async Task A_store_is_open_once_by_whichever_name_of_its_file()
    {
        string link = Path.Combine(_folder.Path, "link.db");
        File.CreateSymbolicLink(link, Path.Combine(_folder.Path, "store.db"));
        await using (await OpenStore.InAsync(_folder.Path))
        {
            await AssertInUseAsync(Path.Combine(_folder.Path, "store.db"));
            await AssertInUseAsync(link);
        }

        await using (await OpenStore.InAsync(link)) await AssertInUseAsync(_folder.Path);

        static async Task AssertInUseAsync(string path) =>
            Assert.Equal(StoreRefusal.InUse, Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(path, new())).Reason);
    }

    [Fact]
    public async Task A_folder_that_another_process_holds_is_in_use_until_that_process_ends()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "takes flock(1)");
        var start = new ProcessStartInfo("flock", [Path.Combine(_folder.Path, "lock"), "sh", "-c", "echo held; read line"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var holder = Process.Start(start)!; // null only for a document
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync());

        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(_folder.Path, new()));
        Assert.Equal(StoreRefusal.InUse, refused.Reason);

        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
        await using var store = await OpenStore.InAsync(_folder.Path);
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_refused_and_left_alone()
    {
        await using (await OpenStore.InAsync(_folder.Path)) { }
        Execute("PRAGMA user_version=99");

        await AssertRefusedAsync(StoreRefusal.Newer, "99");
        Execute("PRAGMA user_version=2");
        await using var store = await OpenStore.InAsync(_folder.Path);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused_and_left_alone()
    {
        string file = Path.Combine(_folder.Path, "store.db");
        string text = string.Concat(Enumerable.Repeat("not a database ", 1000));
        await File.WriteAllTextAsync(file, text);

        await AssertRefusedAsync(StoreRefusal.NotAStore, file);
        Assert.Equal(text, await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Another_programs_database_is_refused_and_left_alone()
    {
        Execute("CREATE TABLE theirs(x)");

        await AssertRefusedAsync(StoreRefusal.NotAStore, "another program");
        Execute("INSERT INTO theirs VALUES(1)");
    }

    [Theory]
    [InlineData("UPDATE collection SET fields=CAST('[{\"path\"' AS BLOB)")]
    [InlineData("UPDATE collection SET fields=CAST('[{}]' AS BLOB)")]
    [InlineData("UPDATE collection SET fields=CAST('[7]' AS BLOB)")]
    [InlineData("DELETE FROM meta")]
    public async Task A_file_whose_own_tables_are_damaged_is_refused(string damage)
    {
        await using (var store = await OpenStore.InAsync(_folder.Path)) await store.DeclareAsync(Collection(Things, "a"));
        Execute(damage);

        await AssertRefusedAsync(StoreRefusal.NotAStore, "damaged");
    }

    [Fact]
    public async Task A_path_that_is_a_file_is_refused()
    {
        string file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "");

        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(file, new()));
        Assert.Equal(StoreRefusal.NoAccess, refused.Reason);
    }

    [Fact]
    public async Task The_log_of_a_process_that_did_not_close_is_read()
    {
        // A copy of the files as a crash would leave them: the log not moved to the database file.
        string copy = Path.Combine(_folder.Path, "copy");
        long revision;
        await using (var store = await OpenStore.InAsync(Path.Combine(_folder.Path, "data")))
        {
            await store.DeclareAsync(Collection(Things, "a"));
            revision = await store.WriteAsync(Put(Things, "x", """{"a":1}"""));
            Directory.CreateDirectory(copy);
            foreach (string name in (string[])["store.db", "store.db-wal"])
                File.Copy(Path.Combine(_folder.Path, "data", name), Path.Combine(copy, name));
        }

        await using var again = await OpenStore.InAsync(copy);
        Assert.Equal(revision, again.Revision);
        Assert.Equal(["x"], await again.ListAsync(new(Things) { Limit = 1, Filter = Filter("a == 1") }));
    }

    [Fact]
    public async Task A_declaration_that_was_cut_short_is_completed_at_the_next_start()
    {
        await using (var store = await OpenStore.InAsync(_folder.Path))
        {
            await store.DeclareAsync(Collection(Things, "a"));
            await store.WriteAsync([.. Enumerable.Range(0, 1_200).Select(i => Put(Things, $"x{i:0000}", $$"""{"a":1,"b":{{i}}}"""))]);
        }

        using var stop = new CancellationTokenSource();
        var progress = new StopAtFirst(stop);
        await using (var store = await OpenStore.InAsync(_folder.Path, new() { Progress = progress }))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
                await store.DeclareAsync([Collection(Things, "b")], stop.Token));
            Assert.Equal([new IndexFilling(Things, 500, 1_200)], progress.Reports);

            // Not ready: evaluated over the rows instead.
            Assert.Equal(["x0700"], await store.ListAsync(new(Things) { Limit = 1, Filter = Filter("b == 700") }));
            await store.WriteAsync(Put(Things, "x0900", """{"b":-1}"""));
        }

        progress.Reports.Clear();
        await using var again = await OpenStore.InAsync(_folder.Path, new() { Progress = progress });
        await again.DeclareAsync(Collection(Things, "b"));

        Assert.Equal([500, 1_000, 1_200], progress.Reports.Select(report => report.Done));
        Assert.Equal("x0900", (await again.PageAsync(new(Things) { Limit = 1, Order = [new("b", false)] })).Entries[0].Key.Path);
        Assert.Equal(1_199, (await again.PageAsync(new(Things) { Limit = 1, Filter = Filter("b >= 0"), Count = true })).TotalSize);

        progress.Reports.Clear();
        await again.DeclareAsync(Collection(Things, "b"));
        Assert.Empty(progress.Reports);
    }

    [Fact]
    public async Task More_fields_than_a_table_has_columns_for_get_new_ones_and_those_of_dropped_fields_are_used_again()
    {
        string[] many = [.. Enumerable.Range(0, 20).Select(i => $"f{i}")];
        string[] others = [.. Enumerable.Range(10, 40).Select(i => $"f{i}")];
        string json = "{" + string.Join(',', Enumerable.Range(0, 50).Select(i => $"\"f{i}\":{i}")) + "}";
        await using (var store = await OpenStore.InAsync(_folder.Path))
        {
            await store.DeclareAsync(Collection(Things, "f0"));
            await store.WriteAsync(Put(Things, "x", json));
            await store.DeclareAsync(Collection(Things, many));
            await store.WriteAsync(Put(Things, "y", json));
        }

        await using var again = await OpenStore.InAsync(_folder.Path);
        await again.DeclareAsync(Collection(Things, others));
        await again.WriteAsync(Put(Things, "z", json));

        foreach (string field in others)
        {
            var query = new Query(Things) { Limit = 9, ScannedMax = 0, Filter = Filter($"{field} == {field[1..]}") };
            Assert.Equal(["x", "y", "z"], await again.ListAsync(query));
        }
    }

    [Fact]
    public void The_newer_one_of_the_two_libraries_is_used() => Assert.True(SqliteLibrary.Version >= 3_035_005, $"{SqliteLibrary.Version}");

    private async Task AssertRefusedAsync(StoreRefusal reason, string part)
    {
        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(_folder.Path, new()));
        Assert.Equal(reason, refused.Reason);
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private void Execute(string sql)
    {
        using var connection = Connection.Open(Path.Combine(_folder.Path, "store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0);
        connection.Execute(sql);
    }

    private sealed class StopAtFirst(CancellationTokenSource stop) : IProgress<IndexFilling>
    {
        public List<IndexFilling> Reports { get; } = [];

        public void Report(IndexFilling value)
        {
            Reports.Add(value);
            stop.Cancel();
        }
    }
}

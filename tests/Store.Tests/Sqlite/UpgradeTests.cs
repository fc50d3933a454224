using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

/// <summary>A file as it was before there was a log: x of revision 3, y of revision 7.</summary>
public sealed class UpgradeTests : IDisposable
{
    private const string Things = "test/things";

    private const string VersionOne =
        """
        PRAGMA page_size=4096;
        PRAGMA journal_mode=WAL;
        BEGIN IMMEDIATE;
        CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id=1), revision INTEGER NOT NULL);
        INSERT INTO meta VALUES(1,7);
        CREATE TABLE collection(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, fields BLOB NOT NULL);
        INSERT INTO collection VALUES(1,'test/things',CAST('[{"path":["a"],"timestamp":false,"column":1,"ready":true}]' AS BLOB));
        CREATE TABLE t1(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,
        revision INTEGER NOT NULL, update_time INTEGER NOT NULL, c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,c13,c14,c15,c16, value BLOB NOT NULL);
        CREATE INDEX i1_1 ON t1(c1, path);
        INSERT INTO t1(path,revision,update_time,c1,value) VALUES('x',3,638501544000000000,5,CAST('{"a":5}' AS BLOB));
        INSERT INTO t1(path,revision,update_time,c1,value) VALUES('y',7,638501544000000000,6,CAST('{"a":6}' AS BLOB));
        PRAGMA application_id=1400141689;
        PRAGMA user_version=1;
        COMMIT;
        """;

    private readonly TempFolder _folder = new();

    public UpgradeTests() => Execute(VersionOne);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_is_opened_with_everything_in_it_and_history_begins()
    {
        await using (var store = await OpenStore.InAsync(_folder.Path))
        {
            Assert.Equal(new StoreState(7, 7), await store.StateAsync());
            Assert.Equal(7, await store.FindRevisionAsync(DateTimeOffset.MaxValue, CancellationToken.None));
            Assert.Equal(3, (await store.GetAsync(Things, "x"))!.Revision);
            Assert.Equal("Gone", await store.PastAsync(Things, "x", 6));
            Assert.IsType<LogResult.Gone>(await store.ReadLogAsync(6, 100, CancellationToken.None));
            Assert.Equal([3L], (await store.VersionsAsync(Things, "x")).Versions.Select(version => version.Revision));
            Assert.Equal(0, (await store.CheckAsync(null, CancellationToken.None)).FaultsCount);

            Assert.Equal(8, await store.WriteAsync(Put(Things, "x", """{"a":8}"""), Delete(Things, "y")));
            Assert.Equal(LeaseOf(1), await store.TakeAsync("lease", "one"));
        }

        await using var again = await OpenStore.InAsync(_folder.Path);
        await again.DeclareAsync(Collection(Things, "a"));
        Assert.Equal(new StoreState(8, 7), await again.StateAsync());
        Assert.Equal("""{"a":5}""", await again.PastAsync(Things, "x", 7));
        Assert.Equal(["x", "y"], await again.ListAsync(new(Things) { Limit = 1, Revision = 7, Filter = Filter("a < 7") }));
        Assert.Equal([8L, 3L], (await again.VersionsAsync(Things, "x")).Versions.Select(version => version.Revision));
        Assert.Equal(0, (await again.CheckAsync(null, CancellationToken.None)).FaultsCount);
    }

    [Fact]
    public async Task Another_programs_database_of_the_same_number_is_refused_and_left_alone()
    {
        Execute("PRAGMA application_id=1");

        var refused = Assert.IsType<StoreOpening.Refused>(await SqliteStore.OpenAsync(_folder.Path, new()));
        Assert.Equal(StoreRefusal.NotAStore, refused.Reason);
        Execute("PRAGMA application_id=1400141689; INSERT INTO meta VALUES(1,9) ON CONFLICT(id) DO UPDATE SET revision=9");
        await using var store = await OpenStore.InAsync(_folder.Path);
        Assert.Equal(new StoreState(9, 9), await store.StateAsync());
    }

    [Fact]
    public async Task A_version_before_this_one_refuses_it_afterwards()
    {
        await using (await OpenStore.InAsync(_folder.Path)) { }

        using var connection = Connection.Open(_folder.File("store.db"), isWriter: false, cacheKiB: 64, lockMilliseconds: 0);
        Assert.Equal(2, connection.ReadInt64("PRAGMA user_version"));
    }

    private static LeaseResult LeaseOf(long epoch) => new LeaseResult.Held(epoch);

    private void Execute(string sql)
    {
        using var connection = Connection.Open(_folder.File("store.db"), isWriter: true, cacheKiB: 64, lockMilliseconds: 0);
        connection.Execute(sql);
    }
}

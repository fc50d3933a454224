using Stateway.Store.Sqlite;
using Stateway.TestKit;

namespace Stateway.Store.Tests.Sqlite;

public sealed class SqliteReadingTests : ReadingCompliance<SqliteEngine>;
public sealed class SqliteCommittingTests : CommittingCompliance<SqliteEngine>;
public sealed class SqliteQueryingTests : QueryingCompliance<SqliteEngine>;
public sealed class SqliteDeclaringTests : DeclaringCompliance<SqliteEngine>;
public sealed class SqliteHistoryTests : HistoryCompliance<SqliteEngine>;
public sealed class SqliteLogTests : LogCompliance<SqliteEngine>;
public sealed class SqliteCompactionTests : CompactionCompliance<SqliteEngine>;
public sealed class SqliteLeaseTests : LeaseCompliance<SqliteEngine>;
public sealed class SqliteAgreementTests : AgreementCompliance<SqliteEngine>;

public sealed class SqliteReadingWithoutCacheTests : ReadingCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteCommittingWithoutCacheTests : CommittingCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteQueryingWithoutCacheTests : QueryingCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteDeclaringWithoutCacheTests : DeclaringCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteHistoryWithoutCacheTests : HistoryCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteLogWithoutCacheTests : LogCompliance<SqliteEngineWithoutCache>;
public sealed class SqliteAgreementWithoutCacheTests : AgreementCompliance<SqliteEngineWithoutCache>;

public sealed class SqliteHistoryFollowedTests : HistoryCompliance<SqliteEngineFollowed>;
public sealed class SqliteLogFollowedTests : LogCompliance<SqliteEngineFollowed>;
public sealed class SqliteCompactionFollowedTests : CompactionCompliance<SqliteEngineFollowed>;
public sealed class SqliteAgreementFollowedTests : AgreementCompliance<SqliteEngineFollowed>;

public class SqliteEngine : StoreEngine
{
    private readonly List<(IStore Store, TempFolder Folder)> _opened = [];

    protected virtual SqliteStoreOptions Options => new();

    public override async ValueTask<IStore> OpenAsync()
    {
        var folder = new TempFolder();
        var store = await OpenStore.InAsync(folder.Path, Options);
        _opened.Add((store, folder));
        return store;
    }

    public override async ValueTask<IStore> ReopenAsync(IStore store)
    {
        int place = _opened.FindIndex(opened => opened.Store == store);
        var folder = _opened[place].Folder;
        await store.DisposeAsync();
        var reopened = await OpenStore.InAsync(folder.Path, Options);
        _opened[place] = (reopened, folder);
        return reopened;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var (store, folder) in _opened)
        {
            await store.DisposeAsync();
            folder.Dispose();
        }

        await base.DisposeAsync();
    }
}

/// <summary>So that every read goes to the database, and every transaction to the disk by itself.</summary>
public sealed class SqliteEngineWithoutCache : SqliteEngine
{
    protected override SqliteStoreOptions Options => new() { CacheBytesMax = 0, ReadersMax = 1, BatchTransactionsMax = 1 };
}

/// <summary>So that the log is read from memory.</summary>
public sealed class SqliteEngineFollowed : SqliteEngine
{
    public override async ValueTask<IStore> OpenAsync() => await FollowAsync(await base.OpenAsync());

    public override async ValueTask<IStore> ReopenAsync(IStore store) => await FollowAsync(await base.ReopenAsync(store));

    private static async ValueTask<IStore> FollowAsync(IStore store)
    {
        await store.WaitAsync(-1, CancellationToken.None);
        return store;
    }
}

internal static class OpenStore
{
    public static async Task<SqliteStore> InAsync(string folder, SqliteStoreOptions? options = null)
    {
        var opening = await SqliteStore.OpenAsync(folder, options ?? new());
        return opening is StoreOpening.Opened opened ? (SqliteStore)opened.Store : throw new InvalidOperationException(opening.ToString());
    }
}

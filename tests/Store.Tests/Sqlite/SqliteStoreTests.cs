using Stateway.Store.Sqlite;
using Stateway.TestKit;

namespace Stateway.Store.Tests.Sqlite;

public sealed class SqliteStoreTests : StoreCompliance
{
    private readonly TempFolder _folder = new();

    protected override async ValueTask<IStore> OpenAsync() => await OpenStore.InAsync(_folder.Path);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>The same without a cache, so that every read goes to the database.</summary>
public sealed class SqliteStoreWithoutCacheTests : StoreCompliance
{
    private readonly TempFolder _folder = new();

    protected override async ValueTask<IStore> OpenAsync() =>
        await OpenStore.InAsync(_folder.Path, new() { CacheBytesMax = 0, ReadersMax = 1, BatchTransactionsMax = 1 });

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
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

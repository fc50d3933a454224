using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>
/// The store in one SQLite file, for one process. Writes go through one <see cref="Committer"/>; reads run on
/// the caller's thread, through a cache of entries and a pool of connections.
/// </summary>
public sealed class SqliteStore : IStore
{

    private readonly DataFolder _folder;
    private readonly SqliteStoreOptions _options;
    private readonly CollectionTables _tables = new();
    private readonly EntryCache _cache;
    private readonly ReaderPool _readers;
    private readonly Committer _committer;
    private readonly SemaphoreSlim _declaring = new(1);
    private volatile bool _isDisposed;

    private SqliteStore(DataFolder folder, Connection writer, SqliteStoreOptions options)
    {
        _folder = folder;
        _options = options;
        _cache = new(options.CacheBytesMax);
        _readers = new(folder.DatabaseFile, options);
        _tables.Publish(SqliteFile.ReadTables(writer));
        long revision = writer.ReadInt64("SELECT revision FROM meta");
        _committer = new(folder.DatabaseFile, writer, revision, options, _tables, _cache);
    }

    /// <summary>Opens the store in a folder, and makes both when they are not there.</summary>
    public static Task<StoreOpening> OpenAsync(string folder, SqliteStoreOptions options)
    {
        options.Validate();
        string path = Path.GetFullPath(folder);

        // Off the caller's thread: after a crash SQLite reads the whole log first.
        return Task.Run(() => Open(path, options));
    }

    public long Revision => _committer.Revision;

    /// <summary>Transactions that the committer has not taken yet, at most <see cref="SqliteStoreOptions.WaitingTransactionsMax"/>.</summary>
    public int WaitingTransactions => _committer.WaitingTransactions;

    /// <inheritdoc/>
    /// <exception cref="IOException">The database could not be changed; what was done so far stays, and a second call goes on from there.</exception>
    public async ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _declaring.WaitAsync(ct);
        try
        {
            await new Declaration(_committer, _tables, _options.Progress).ApplyAsync(collections, ct);
        }
        finally
        {
            _declaring.Release();
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException">The database could not be read.</exception>
    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        var table = _tables.Get(key.Collection);
        if (_cache.Find(new(table.Number, key.Path)) is { } entry) return new(entry);

        return _readers.TryRent() is { } connection ? new(Read(connection, table, key)) : ReadLaterAsync(table, key, ct);

        async ValueTask<Entry?> ReadLaterAsync(CollectionTable table, Key key, CancellationToken ct) =>
            Read(await _readers.RentAsync(ct), table, key);
    }

    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Limit, Math.Clamp(query.Limit, 1, StoreLimits.PageEntriesMax));

        try
        {
            return _readers.TryRent() is { } connection ? new(Read(connection, query, ct)) : ReadLaterAsync(query, ct);
        }
        catch (SqliteException e)
        {
            return new(new QueryResult.Unavailable(e.Message));
        }

        async ValueTask<QueryResult> ReadLaterAsync(Query query, CancellationToken ct)
        {
            try
            {
                return Read(await _readers.RentAsync(ct), query, ct);
            }
            catch (SqliteException e)
            {
                return new QueryResult.Unavailable(e.Message);
            }
        }
    }

    /// <inheritdoc/>
    /// <param name="ct">Looked at before the transaction begins to wait; from then on it is committed or refused.</param>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ct.ThrowIfCancellationRequested();
        return _committer.CommitAsync(new(transaction, _tables));
    }

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask WaitAsync(long after, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask CompactAsync(long revision, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => throw new NotImplementedException();
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => throw new NotImplementedException();

    /// <summary>Commits what waits, waits for reads that still run, and leaves one file without a log.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;

        await Task.Run(() =>
        {
            _readers.Dispose();
            _committer.Close();
            _folder.Dispose();
        });
    }

    private static StoreOpening Open(string path, SqliteStoreOptions options)
    {
        var (folder, refusal) = DataFolder.Take(path);
        if (folder is null) return refusal!; // one of the two

        Connection? writer = null;
        try
        {
            writer = SqliteFile.OpenWriter(folder.DatabaseFile, options);
            if (SqliteFile.Prepare(writer) is var (reason, message))
                return Refuse(reason, $"{folder.DatabaseFile} {message}, or choose another folder.");

            var store = new SqliteStore(folder, writer, options);
            (folder, writer) = (null, null);
            return new StoreOpening.Opened(store);
        }
        catch (SqliteException e) when (SqliteFile.IsNotADatabase(e))
        {
            return Refuse(StoreRefusal.NotAStore,
                $"{folder!.DatabaseFile} is not a store, or it is damaged; restore it from a backup, or choose another folder.");
        }
        catch (SqliteException e) when (e.IsFull)
        {
            return Refuse(StoreRefusal.DiskFull, $"The disk of the data folder {path} is full; make room on it.");
        }
        catch (SqliteException e) when (e.Code is raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM)
        {
            return Refuse(StoreRefusal.NoAccess, $"The data folder {path} can't be written; choose one that can. {e.Message}");
        }
        catch (SqliteException e)
        {
            return Refuse(StoreRefusal.Failed, $"The store in {path} can't be opened. {e.Message}");
        }
        finally
        {
            writer?.Dispose();
            folder?.Dispose();
        }

        static StoreOpening Refuse(StoreRefusal reason, string message) => new StoreOpening.Refused(reason, message);
    }

    private Entry? Read(Connection connection, CollectionTable table, Key key)
    {
        try
        {
            var cacheKey = new CacheKey(table.Number, key.Path);
            long turn = _cache.TurnOf(cacheKey);

            Entry? entry = null;
            using (var select = connection.Prepare(table.SelectSql))
            {
                if (select.BindText(1, key.Path).Step())
                    entry = new(key, select.Int64(0), new(select.Int64(1), TimeSpan.Zero), select.Bytes(2).ToArray());
            }

            _readers.Return(connection);
            if (entry is not null) _cache.Add(cacheKey, entry, turn);
            return entry;
        }
        catch
        {
            _readers.Discard(connection);
            throw;
        }
    }

    private QueryResult Read(Connection connection, Query query, CancellationToken ct)
    {
        try
        {
            var result = new QueryRun(connection, _tables, query, ct).Answer();
            _readers.Return(connection);
            return result;
        }
        catch
        {
            _readers.Discard(connection);
            throw;
        }
    }
}

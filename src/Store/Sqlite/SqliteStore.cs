using System.Globalization;
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
    private readonly LogTail _tail;
    private readonly Committer _committer;
    private readonly SemaphoreSlim _declaring = new(1);
    private readonly SemaphoreSlim _checking = new(1);
    private readonly CancellationTokenSource _closing = new();
    private long _compacted;
    private volatile bool _isDisposed;

    private SqliteStore(DataFolder folder, Connection writer, SqliteStoreOptions options)
    {
        _folder = folder;
        _options = options;
        _cache = new(options.CacheBytesMax);
        _readers = new(folder.DatabaseFile, options);
        _tables.Publish(SqliteFile.ReadTables(writer));
        var state = SqliteFile.ReadState(writer);
        _compacted = state.Compacted;
        _tail = new(state.Revision);
        _committer = new(folder.DatabaseFile, writer, options, _tables, _cache, _tail);
    }

    /// <summary>Opens the store, and makes it when it is not there.</summary>
    /// <param name="path">A folder for it, or its file, when it ends in <c>.db</c>.</param>
    public static Task<StoreOpening> OpenAsync(string path, SqliteStoreOptions options)
    {
        options.Validate();
        path = Path.GetFullPath(path);

        // Off the caller's thread: after a crash SQLite reads the whole log first.
        return Task.Run(() => Open(path, options));
    }

    public long Revision => _tail.Revision;

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
        if (transaction.Writes.Length > _options.TransactionChangesMax)
            return new(new CommitResult.TooLarge(string.Create(CultureInfo.InvariantCulture, $"{_options.TransactionChangesMax} changes")));

        return _committer.CommitAsync(new(transaction, _tables));
    }

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        // The other way round it might give up a revision that is newer than the newest.
        long compacted = Volatile.Read(ref _compacted);
        return new(new StoreState(_tail.Revision, compacted));
    }

    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return new([.. _tables.All.Select(table => new CollectionSpec(table.Collection, [.. table.Fields.Select(column => column.Field)]))]);
    }

    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        // What is current and not newer was there then, too.
        var table = _tables.Get(key.Collection);
        bool isHeld = revision <= _tail.Revision && revision >= Volatile.Read(ref _compacted);
        if (isHeld && _cache.Find(new(table.Number, key.Path)) is { } entry && entry.Revision <= revision)
            return new(new PastEntry.Found(entry));

        return _readers.ReadAsync(PastEntry (connection, state) => new LogReader(connection, _tables, state).Find(key, revision), ct);
    }

    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfNotEqual(limit, Math.Clamp(limit, 1, StoreLimits.VersionsMax));
        _tables.Get(key.Collection);

        return _readers.ReadAsync((connection, state) => new LogReader(connection, _tables, state).ReadVersions(key, before, limit), ct);
    }

    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(changesMax, 1);

        if (after >= Volatile.Read(ref _compacted))
        {
            if (after == _tail.Revision) return new(new LogResult.Commits([], after));
            if (_tail.Read(after, changesMax) is { } commits) return new(commits);
        }

        return ReadFileAsync();

        async ValueTask<LogResult> ReadFileAsync()
        {
            try
            {
                return await _readers.ReadAsync(
                    (connection, state) => new LogReader(connection, _tables, state).ReadCommits(after, changesMax), ct);
            }
            catch (Exception e) when (e is SqliteException or InvalidDataException)
            {
                return new LogResult.Unavailable(e.Message);
            }
        }
    }

    public ValueTask WaitAsync(long after, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _tail.WaitAsync(after, ct);
    }

    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _readers.ReadAsync((connection, state) => new LogReader(connection, _tables, state).FindRevision(time), ct);
    }

    public async ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, _tail.Revision);

        bool isDone = false;
        while (!isDone)
        {
            ct.ThrowIfCancellationRequested();
            await _committer.RunAsync(connection =>
            {
                isDone = Compaction.RunChunk(connection, revision);
                Volatile.Write(ref _compacted, Math.Max(_compacted, revision));
            });
        }
    }

    public async ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ct.ThrowIfCancellationRequested();
        if (duration < TimeSpan.FromSeconds(2) || duration.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "A lease lasts whole seconds, at least 2.");

        LeaseResult? result = null;
        try
        {
            await _committer.RunAsync(connection => result = Leases.Take(connection, name, holder, duration, _options.Time.GetUtcNow()));
            return result!; // the job has run
        }
        catch (SqliteException e)
        {
            return new LeaseResult.Unavailable(e.Message);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException">The database could not be written; the lease runs out by itself.</exception>
    public async ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        await _committer.RunAsync(connection => Leases.Release(connection, name, epoch));
    }

    /// <inheritdoc/>
    /// <remarks>Reads one state of the store, on a connection of its own; the file's log grows with what is written meanwhile.</remarks>
    public async ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, _closing.Token);
        await _checking.WaitAsync(stop.Token);
        try
        {
            _committer.IsReadForLong = true;
            return await Task.Run(() => StoreCheck.Run(_folder.DatabaseFile, _options, progress, stop.Token), stop.Token);
        }
        finally
        {
            _committer.IsReadForLong = false;
            _checking.Release();
        }
    }

    /// <summary>Commits what waits, waits for reads that still run, and leaves one file without a log.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;

        _closing.Cancel();
        await _checking.WaitAsync(); // until the check has ended
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
                return Refuse(reason, $"{folder.DatabaseFile} {message}, or choose another place.");

            var store = new SqliteStore(folder, writer, options);
            (folder, writer) = (null, null);
            return new StoreOpening.Opened(store);
        }
        catch (Exception e) when (e is InvalidDataException || (e is SqliteException sqlite && SqliteFile.IsNotADatabase(sqlite)))
        {
            return Refuse(StoreRefusal.NotAStore,
                $"{folder!.DatabaseFile} is not a store, or it is damaged; restore it from a backup, or choose another place.");
        }
        catch (SqliteException e) when (e.IsFull)
        {
            return Refuse(StoreRefusal.DiskFull, $"The disk of {path} is full; make room on it.");
        }
        catch (SqliteException e) when (e.Code is raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM)
        {
            return Refuse(StoreRefusal.NoAccess, $"The store in {path} can't be written; choose a place that can. {e.Message}");
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

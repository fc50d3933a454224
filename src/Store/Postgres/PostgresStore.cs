using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// The store in a PostgreSQL database, shared by any number of nodes. Writes go through this node's <see cref="Committer"/>, single reads
/// through the <see cref="KeyReader"/>, everything else over pooled connections. Nothing is kept in memory between calls but the tables'
/// form, so that a read sees what any node has committed.
/// </summary>
public sealed class PostgresStore : IStore
{
    private const int StaleAttemptsMax = 5;

    private readonly PostgresStoreOptions _options;
    private readonly Database _database;
    private readonly Catalog _catalog;
    private readonly RevisionSignal _signal;
    private readonly Announcer _announcer;
    private readonly Committer _committer;
    private readonly KeyReader _keys;
    private readonly ChangeListener _listener;
    private readonly History _history;
    private readonly Leases _leases;
    private readonly SemaphoreSlim _declaring = new(1);
    private volatile bool _isDisposed;

    private PostgresStore(Database database, PostgresStoreOptions options, Catalog catalog, Announcer announcer, long revision)
    {
        _options = options;
        _database = database;
        _catalog = catalog;
        _announcer = announcer;
        _signal = new(revision);
        _committer = new(database, options, catalog, _signal, announcer);
        _keys = new(database, options.KeyReadersMax);
        _history = new(database, catalog);
        _listener = new(database, _signal, announcer, options.PollInterval, _history.ReadStateAsync);
        _leases = new(database);
    }

    /// <summary>Connects to the database, and makes the schema and the tables when they are not there.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static async Task<StoreOpening> OpenAsync(PostgresStoreOptions options)
    {
        options.Validate();
        Database? database = null;
        Announcer? announcer = null;
        try
        {
            database = new(options);
            await using (var connection = await database.ConnectAsync(CancellationToken.None))
            {
                if (await DatabaseForm.PrepareAsync(connection, database, CancellationToken.None) is var (reason, message))
                    return new StoreOpening.Refused(reason, $"PostgreSQL at {database.Description} {message}");
            }

            announcer = new(database);
            await announcer.AppearAsync(CancellationToken.None);
            var catalog = new Catalog(database);
            await catalog.ReloadAsync(CancellationToken.None);
            var state = await new History(database, catalog).ReadStateAsync(CancellationToken.None);

            var store = new PostgresStore(database, options, catalog, announcer, state.Revision);
            (database, announcer) = (null, null);
            return new StoreOpening.Opened(store);
        }
        catch (NpgsqlException e)
        {
            return Refusal(database!, e); // without one nothing was asked
        }
        finally
        {
            if (announcer is not null) await announcer.DisposeAsync();
            if (database is not null) await database.DisposeAsync();
        }
    }

    public long Revision => _signal.Revision;

    /// <summary>Transactions that the committer has not taken yet, at most <see cref="PostgresStoreOptions.WaitingTransactionsMax"/>.</summary>
    public int WaitingTransactions => _committer.WaitingTransactions;

    public async ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        var state = await TryAsync(_history.ReadStateAsync(ct));
        _signal.Raise(state.Revision);
        return state;
    }

    public async ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        ThrowIfDisposed();
        await _declaring.WaitAsync(ct);
        try
        {
            await TryAsync(new Declaration(_database, _catalog, _announcer, _options.Progress).ApplyAsync(collections, ct));
        }
        finally
        {
            _declaring.Release();
        }
    }

    public async ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct)
    {
        ThrowIfDisposed();
        var tables = await TryAsync(_catalog.ReloadAsync(ct));
        return
        [
            .. tables.All
                .OrderBy(table => table.Collection, StringComparer.Ordinal)
                .Select(table => new CollectionSpec(table.Collection, [.. table.Fields.Select(field => field.Field)])),
        ];
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException"/>
    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        ThrowIfDisposed();
        return _keys.ReadAsync(_catalog.Current.Get(key.Collection), key, ct);
    }

    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(TryAsync(_history.GetAsync(key, revision, ct)));
    }

    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNotEqual(limit, Math.Clamp(limit, 1, StoreLimits.VersionsMax));
        return new(TryAsync(_history.ReadVersionsAsync(key, before, limit, ct)));
    }

    public async ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNotEqual(query.Limit, Math.Clamp(query.Limit, 1, StoreLimits.PageEntriesMax));

        try
        {
            for (int attempt = 0; attempt < StaleAttemptsMax; attempt++)
            {
                var tables = _catalog.Current;
                if (await _database.ReadAsync(connection => new QueryRun(connection, tables, query).AnswerAsync(), ct) is { } result)
                    return result;

                await _catalog.ReloadAsync(ct);
            }

            return new QueryResult.Unavailable("The collections are being declared anew.");
        }
        catch (NpgsqlException e)
        {
            return new QueryResult.Unavailable(_database.Reason(e));
        }
    }

    /// <inheritdoc/>
    /// <param name="ct">Looked at before the transaction begins to wait; from then on it is committed or refused.</param>
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ThrowIfDisposed();
        ct.ThrowIfCancellationRequested();
        return _committer.CommitAsync(new(transaction, _catalog.Current));
    }

    public async ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(changesMax, 1);
        try
        {
            return await _history.ReadLogAsync(after, changesMax, ct);
        }
        catch (NpgsqlException e)
        {
            return new LogResult.Unavailable(_database.Reason(e));
        }
    }

    public ValueTask WaitAsync(long after, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(_listener.WaitAsync(after, ct));
    }

    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(TryAsync(_history.FindRevisionAsync(time, ct)));
    }

    public ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(TryAsync(_history.CompactAsync(revision, ct)));
    }

    public async ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        ThrowIfDisposed();
        try
        {
            return await _leases.TakeAsync(name, holder, duration, ct);
        }
        catch (NpgsqlException e)
        {
            return new LeaseResult.Unavailable(_database.Reason(e));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException"/>
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(TryAsync(_leases.ReleaseAsync(name, epoch, ct)));
    }

    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        ThrowIfDisposed();
        return new(TryAsync(CheckAsync()));

        async Task<StoreReport> CheckAsync()
        {
            var tables = await _catalog.ReloadAsync(ct);
            return await _database.RunAsync(connection => new StoreCheck(connection, tables, progress).RunAsync(), ct);
        }
    }

    /// <summary>Commits what waits, waits for reads that still run, and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;

        await _committer.CloseAsync();
        await _keys.DisposeAsync();
        await _listener.DisposeAsync();
        await _announcer.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static StoreOpening Refusal(Database database, NpgsqlException e)
    {
        string where = $"PostgreSQL at {database.Description}";
        return e.SqlState switch
        {
            PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => Refuse(
                StoreRefusal.Unreachable, $"{where} refuses the user '{database.User}'; check name and password, or pg_hba.conf."),
            PostgresErrorCodes.InvalidCatalogName => Refuse(
                StoreRefusal.Unreachable, $"{where} has no such database; make it with createdb, or name another."),
            PostgresErrorCodes.InsufficientPrivilege => Refuse(
                StoreRefusal.NoAccess, $"{where} does not let the user '{database.User}' use or make the schema {database.Schema}; grant CREATE on the database."),
            PostgresErrorCodes.DiskFull => Refuse(StoreRefusal.DiskFull, $"The disk of {where} is full; make room on it."),
            not null => Refuse(Database.IsBroken(e) ? StoreRefusal.Unreachable : StoreRefusal.Failed, database.Reason(e)),
            null => Refuse(
                StoreRefusal.Unreachable, $"{database.Reason(e)} Check that it runs there, and that sslmode fits. {Cause(e)}".TrimEnd()),
        };

        static StoreOpening Refuse(StoreRefusal reason, string message) => new StoreOpening.Refused(reason, message.ReplaceLineEndings(" "));

        // What the system said, such as "Connection refused".
        static string Cause(Exception e)
        {
            while (e.InnerException is not null) e = e.InnerException;
            return e is System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException ? e.Message : "";
        }
    }

    private async Task<T> TryAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (NpgsqlException e)
        {
            throw _database.Unavailable(e);
        }
    }

    private async Task TryAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (NpgsqlException e)
        {
            throw _database.Unavailable(e);
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, this);
}

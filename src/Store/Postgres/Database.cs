using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// Connections of two kinds: pooled ones for queries, which PostgreSQL plans anew each time, and the store's own for what is said
/// again and again, prepared. The latter must never fall back to reading whole tables: a plan made while a table was
/// small would be kept until it is large.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    private const string OwnSettings =
        " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_bitmapscan=off";

    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _own;

    public Database(PostgresStoreOptions options)
    {
        Schema = options.Schema;
        var shared = options.ParseConnectionString();
        shared.SearchPath = options.Schema;
        shared.ApplicationName ??= "stateway";
        shared.Timeout = (int)options.ConnectTimeout.TotalSeconds;
        shared.CommandTimeout = (int)options.StatementTimeout.TotalSeconds;
        shared.CancellationTimeout = 2_000;
        shared.NoResetOnClose = true; // nothing is left behind that would need it
        shared.Multiplexing = false;
        shared.Enlist = false;
        shared.IncludeErrorDetail = false; // values have no place in messages
        shared.TcpKeepAlive = true;

        // Compiling a query takes longer than running any of these.
        string settings = $"{shared.Options} -c jit=off";
        Description = $"{shared.Host}:{shared.Port}/{shared.Database ?? shared.Username}";
        User = shared.Username ?? "";

        _pool = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shared.ConnectionString)
        {
            Pooling = true,
            MinPoolSize = 0,
            MaxPoolSize = options.ReadersMax,
            MaxAutoPrepare = 0,
            Options = settings,
        });

        // A node that stands still within a transaction would keep all others from writing: the server ends it.
        _own = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shared.ConnectionString)
        {
            Pooling = false,
            MaxAutoPrepare = 500,
            AutoPrepareMinUsages = 2,
            KeepAlive = 10,
            Options = $"{settings}{OwnSettings} -c idle_in_transaction_session_timeout=3000"
                + $" -c lock_timeout={(long)options.LockTimeout.TotalMilliseconds}",
        });
    }

    public string Schema { get; }

    /// <summary>Host, port and database, for people.</summary>
    public string Description { get; }

    public string User { get; }

    /// <summary>First half of the keys of this store's advisory locks.</summary>
    public int LockKey
    {
        get
        {
            uint hash = 2_166_136_261; // FNV-1a: the same on every node
            foreach (char c in Schema) hash = (hash ^ c) * 16_777_619;
            return (int)hash;
        }
    }

    /// <summary>A connection for one owner, until it disposes of it.</summary>
    public ValueTask<NpgsqlConnection> ConnectAsync(CancellationToken ct) => _own.OpenConnectionAsync(ct);

    /// <summary>Runs a read on a pooled connection; once more on a fresh one when it broke, as all do when the server is restarted.</summary>
    /// <exception cref="NpgsqlException"/>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        try
        {
            return await RunAsync(read, ct);
        }
        catch (NpgsqlException e) when (IsBroken(e) && e.InnerException is not TimeoutException)
        {
            // Not after a timeout: what took too long would do so again.
            _pool.Clear();
            return await RunAsync(read, ct);
        }
    }

    /// <summary>The same for something that may not be done twice.</summary>
    /// <exception cref="NpgsqlException"/>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await _pool.OpenConnectionAsync(ct);
        return await work(connection, ct);
    }

    /// <summary>Whether the connection is gone, and with it the knowledge of what became of its last statement.</summary>
    public static bool IsBroken(NpgsqlException e) =>
        e is not PostgresException postgres || postgres.Severity is "FATAL" or "PANIC" || postgres.InvariantSeverity is "FATAL" or "PANIC";

    /// <summary>What went wrong, in a line without a value and without a password.</summary>
    public string Reason(NpgsqlException e) => e switch
    {
        PostgresException postgres => $"PostgreSQL at {Description} says: {postgres.MessageText} ({postgres.SqlState}).",
        { InnerException: TimeoutException } => $"PostgreSQL at {Description} did not answer in time.",
        _ => $"PostgreSQL at {Description} can't be reached.",
    };

    public StoreUnavailableException Unavailable(NpgsqlException e) => new(Reason(e));

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        await _pool.DisposeAsync();
    }
}

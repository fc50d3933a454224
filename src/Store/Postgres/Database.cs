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

    private static readonly TimeSpan _cancelPause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _own;
    private readonly NpgsqlDataSource _cancels;

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

        // The system's, not the library's own, which blocks a thread for each connection, as long as the server takes to answer.
        shared.TcpKeepAlive = true;
        shared.TcpKeepAliveTime = 10;
        shared.TcpKeepAliveInterval = 3;

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
            Options = $"{settings}{OwnSettings} -c idle_in_transaction_session_timeout=3000"
                + $" -c lock_timeout={(long)options.LockTimeout.TotalMilliseconds}",
        });

        _cancels = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(shared.ConnectionString)
        {
            Pooling = true,
            MinPoolSize = 0,
            MaxPoolSize = 1,
            CommandTimeout = 5,
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

    /// <summary>
    /// Runs a read on a pooled connection; once more on a fresh one when it broke, as all do when the server is restarted. Who
    /// gives up does not wait: the read is ended at the server, and its connection given back then.
    /// </summary>
    /// <exception cref="NpgsqlException"/>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken ct)
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
    /// <param name="work">
    /// Is given no token: with one the library would cancel by itself, blocking the thread on a connection of its own, and
    /// another one with it, at the pace of clients that go away. See docs/decisions/sockets.md.
    /// </param>
    /// <exception cref="NpgsqlException"/>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        var connection = await _pool.OpenConnectionAsync(ct);
        int processId = connection.ProcessID;
        Task<T>? running = null;
        try
        {
            running = work(connection);
            return await running.WaitAsync(ct);
        }
        finally
        {
            if (running is null or { IsCompleted: true }) await connection.DisposeAsync();
            else _ = EndAsync(running, connection, processId);
        }
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
        await _cancels.DisposeAsync();
    }

    /// <summary>
    /// Ends what nobody waits for any more. Again and again, as between two statements there is nothing to cancel; never after the
    /// connection has been given back, as that would hit its next user.
    /// </summary>
    private async Task EndAsync(Task running, NpgsqlConnection connection, int processId)
    {
        await using (connection)
        {
            while (!running.IsCompleted)
            {
                await TryCancelAsync(processId);
                await Task.WhenAny(running, Task.Delay(_cancelPause));
            }
        }
    }

    private async Task TryCancelAsync(int processId)
    {
        try
        {
            await using var cancel = _cancels.CreateCommand("SELECT pg_cancel_backend($1)");
            cancel.Parameters.Add(new NpgsqlParameter<int> { TypedValue = processId });
            await cancel.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or ObjectDisposedException)
        {
            // A server that doesn't answer, or a store that is being closed: the statement's own timeout ends it.
        }
    }
}

using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// The node's presence at the database, on a connection of its own: while it lives, other nodes see by its shared advisory lock that
/// they are not alone; so it is looked after also while nothing is announced. On it the node also tells the others that there are new revisions: an empty NOTIFY, after the commit, since one within
/// would make all commits of the server wait for each other. It is a hint only.
/// </summary>
internal sealed class Announcer : IAsyncDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan _pauseAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _presencePoll = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly SemaphoreSlim _connectionGate = new(1);
    private readonly SemaphoreSlim _due = new(0);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;
    private NpgsqlConnection? _connection;
    private int _isDue;
    private volatile int _processId;

    public Announcer(Database database)
    {
        _database = database;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Of the server's process behind the connection, by which the node knows its own hints; 0 while there is none.</summary>
    public int ProcessId => _processId;

    public static string Channel(Database database) => $"stateway_{database.Schema}";

    /// <summary>Soon, and once for all calls until then.</summary>
    public void Announce()
    {
        if (Interlocked.Exchange(ref _isDue, 1) == 0) _due.Release();
    }

    /// <summary>Makes the node present, when it isn't yet or no longer.</summary>
    /// <exception cref="NpgsqlException"/>
    public async Task AppearAsync(CancellationToken ct)
    {
        await _connectionGate.WaitAsync(ct);
        try
        {
            await ConnectAsync_NeedsGate(ct);
        }
        finally
        {
            _connectionGate.Release();
        }
    }

    /// <summary>Runs <paramref name="work"/> if no other node is present; none can appear meanwhile.</summary>
    /// <returns>Whether it was run.</returns>
    /// <exception cref="NpgsqlException"/>
    public async Task<bool> RunAloneAsync(Func<Task> work, CancellationToken ct)
    {
        await _connectionGate.WaitAsync(ct);
        try
        {
            var connection = await ConnectAsync_NeedsGate(ct);
            string key = $"{_database.LockKey},{DatabaseForm.PresenceLock}";
            if (await DatabaseForm.ScalarAsync(connection, $"SELECT pg_try_advisory_lock({key})", ct) is not true) return false;

            try
            {
                await work();
            }
            finally
            {
                await DatabaseForm.ExecuteAsync(connection, $"SELECT pg_advisory_unlock({key})", CancellationToken.None);
            }

            return true;
        }
        finally
        {
            _connectionGate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connection is not null) await _connection.DisposeAsync();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        int failures = 0;
        try
        {
            while (true)
            {
                bool isDue = await _due.WaitAsync(_presencePoll, _closing.Token);
                if (isDue) Volatile.Write(ref _isDue, 0);
                if (await TryExecuteAsync(isDue ? $"NOTIFY {Channel(_database)}" : "SELECT 1", _closing.Token))
                {
                    failures = 0;
                }
                else
                {
                    // To be said, at once on a new connection, then with patience: the others look by themselves meanwhile. After
                    // a lost presence, too: the last hint may have been lost with it.
                    failures++;
                    Announce();
                }

                await Task.Delay(failures < 2 ? _pause : _pauseAfterFailure, _closing.Token);
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
        }
    }

    /// <returns>False when it failed, for whatever reason: then the connection is gone.</returns>
    private async Task<bool> TryExecuteAsync(string sql, CancellationToken ct)
    {
        try
        {
            await ExecuteAsync(sql, ct);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await _connectionGate.WaitAsync(ct);
        try
        {
            var connection = await ConnectAsync_NeedsGate(ct);
            try
            {
                await DatabaseForm.ExecuteAsync(connection, sql, ct);
            }
            catch
            {
                await DisconnectAsync_NeedsGate();
                throw;
            }
        }
        finally
        {
            _connectionGate.Release();
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync_NeedsGate(CancellationToken ct)
    {
        if (_connection is { State: System.Data.ConnectionState.Open } open) return open;

        await DisconnectAsync_NeedsGate();
        var connection = await _database.ConnectAsync(ct);
        try
        {
            // Who is alone has the lock for short; it waits for that. A lost hint costs nothing, so it needs no disk.
            await DatabaseForm.ExecuteAsync(
                connection,
                $"SET synchronous_commit=off; SET lock_timeout=60000; SELECT pg_advisory_lock_shared({_database.LockKey},{DatabaseForm.PresenceLock})",
                ct);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        _processId = connection.ProcessID;
        return _connection = connection;
    }

    private async Task DisconnectAsync_NeedsGate()
    {
        if (_connection is null) return;
        var connection = _connection;
        _connection = null;
        _processId = 0; // the server may give the number to another node
        await connection.DisposeAsync();
    }
}

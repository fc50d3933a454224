using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>One connection to the database file, used by one thread at a time, with the statements it has prepared.</summary>
internal sealed class Connection : IDisposable
{
    private const int StatementsMax = 128;
    private const uint PreparePersistent = 1; // SQLITE_PREPARE_PERSISTENT
    private const int StatusCacheWrite = 9;   // SQLITE_DBSTATUS_CACHE_WRITE

    private readonly sqlite3 _database;
    private readonly int _lockMilliseconds;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);
    private long _uses;

    private Connection(sqlite3 database, int lockMilliseconds) => (_database, _lockMilliseconds) = (database, lockMilliseconds);

    /// <param name="cacheKiB">Bound on the connection's own page cache.</param>
    /// <param name="lockMilliseconds">How long a statement waits for another connection's lock.</param>
    /// <exception cref="SqliteException">The file can't be opened.</exception>
    public static Connection Open(string file, bool isWriter, int cacheKiB, int lockMilliseconds)
    {
        _ = SqliteLibrary.Version;

        // Each connection is used by one thread at a time, so SQLite's own mutex would only cost.
        int flags = raw.SQLITE_OPEN_NOMUTEX
            | (isWriter ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READONLY);

        int code = raw.sqlite3_open_v2(file, out var database, flags, null);
        if (code != raw.SQLITE_OK)
        {
            var failure = SqliteException.Of(database, code, null);
            database.Dispose();
            throw failure;
        }

        var connection = new Connection(database, lockMilliseconds);
        try
        {
            _ = raw.sqlite3_extended_result_codes(database, 0);
            _ = raw.sqlite3_busy_timeout(database, lockMilliseconds);
            connection.Execute($"PRAGMA cache_size=-{cacheKiB}");
            connection.Execute("PRAGMA mmap_size=0"); // mapped pages would count as memory of the process
            connection.Execute("PRAGMA foreign_keys=OFF");
            connection.Execute("PRAGMA trusted_schema=OFF");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A statement ready to be bound, prepared on its first use. Dispose it when the use ends.</summary>
    public Statement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            if (_statements.Count >= StatementsMax) CloseOldest();

            int code = raw.sqlite3_prepare_v3(_database, sql, PreparePersistent, out var handle);
            if (code != raw.SQLITE_OK) throw SqliteException.Of(_database, code, sql);

            statement = new(_database, handle, sql);
            _statements.Add(sql, statement);
        }

        statement.LastUse = ++_uses;
        statement.IsInUse = true;
        return statement;
    }

    /// <summary>Runs a statement that is not worth keeping.</summary>
    public void Execute(string sql)
    {
        int code = raw.sqlite3_exec(_database, sql, out string? _);
        if (code != raw.SQLITE_OK) throw SqliteException.Of(_database, code, sql);
    }

    public long ReadInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Int64(0) : throw new InvalidDataException($"No row from: {sql}");
    }

    public string ReadText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Text(0) : throw new InvalidDataException($"No row from: {sql}");
    }

    /// <summary>Ends a transaction that failed, if one is still open.</summary>
    public void RollBack()
    {
        // Some failures (a full disk, an I/O error) have already rolled back.
        if (raw.sqlite3_get_autocommit(_database) == 0) _ = raw.sqlite3_exec(_database, "ROLLBACK");
    }

    /// <summary>Rows that the last statement which writes has changed.</summary>
    public int RowsChanged => raw.sqlite3_changes(_database);

    /// <summary>Ends what the connection does; from any thread. It fails with SQLITE_INTERRUPT.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(_database);

    /// <summary>Pages written to the log since the last call.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(_database, StatusCacheWrite, out int pages, out _, 1);
        return pages;
    }

    /// <param name="timeoutMilliseconds">How long it may wait for readers; passive ones never wait.</param>
    /// <param name="logPages">Pages in the log, moved ones included, until it begins anew.</param>
    /// <returns>True when the whole log has been moved to the database file.</returns>
    public bool Checkpoint(int mode, int timeoutMilliseconds, out int logPages)
    {
        _ = raw.sqlite3_busy_timeout(_database, timeoutMilliseconds);
        int code = raw.sqlite3_wal_checkpoint_v2(_database, "main", mode, out logPages, out int movedPages);
        _ = raw.sqlite3_busy_timeout(_database, _lockMilliseconds);
        return code == raw.SQLITE_OK && logPages == movedPages;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Close();
        _statements.Clear();
        _database.Dispose();
    }

    private void CloseOldest()
    {
        // Rare enough that looking at all of them costs less than keeping them in order at every use.
        Statement? oldest = null;
        foreach (var statement in _statements.Values)
        {
            if (!statement.IsInUse && (oldest is null || statement.LastUse < oldest.LastUse)) oldest = statement;
        }

        _statements.Remove(oldest!.Sql); // there are StatementsMax of them, and few are in use at a time
        oldest.Close();
    }
}

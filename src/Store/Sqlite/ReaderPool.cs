namespace Stateway.Store.Sqlite;

/// <summary>
/// Connections that only read. The one given back last is taken first, so that under little load one
/// page cache stays warm and the others stay empty.
/// </summary>
internal sealed class ReaderPool(string file, SqliteStoreOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.ReadersMax);
    private readonly Lock _lock = new();
    private readonly Stack<Connection> _idle = new(options.ReadersMax);
    private volatile bool _isClosed;

    /// <summary>A connection without waiting, when one is free. It goes back with <see cref="Return"/> or <see cref="Discard"/>.</summary>
    public Connection? TryRent() => _free.Wait(0) ? Take() : null;

    public async ValueTask<Connection> RentAsync(CancellationToken ct)
    {
        await _free.WaitAsync(ct);
        return Take();
    }

    /// <summary>Reads in one read transaction, on the caller's thread when a connection is free.</summary>
    /// <exception cref="SqliteException">The database could not be read.</exception>
    public ValueTask<T> ReadAsync<T>(Func<Connection, StoreState, T> read, CancellationToken ct)
    {
        return TryRent() is { } connection ? new(Read(connection, read)) : ReadLaterAsync();

        async ValueTask<T> ReadLaterAsync() => Read(await RentAsync(ct), read);
    }

    private T Read<T>(Connection connection, Func<Connection, StoreState, T> read)
    {
        T result;
        try
        {
            connection.Prepare("BEGIN").Run();
            result = read(connection, SqliteFile.ReadState(connection));
            connection.Prepare("COMMIT").Run();
        }
        catch
        {
            Discard(connection);
            throw;
        }

        Return(connection);
        return result;
    }

    public void Return(Connection connection)
    {
        lock (_lock) _idle.Push(connection);
        _free.Release();
    }

    /// <summary>Closes a connection that met an I/O error, so that the next one starts from the file.</summary>
    public void Discard(Connection connection)
    {
        connection.Dispose();
        _free.Release();
    }

    /// <summary>Waits for the reads that still run; those that come later, or wait for a connection, are told.</summary>
    public void Dispose()
    {
        _isClosed = true;
        for (int i = 0; i < options.ReadersMax; i++) _free.Wait();

        foreach (var connection in _idle) connection.Dispose();
        _idle.Clear();
        _free.Release(options.ReadersMax); // for whoever still waits
    }

    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    private Connection Take()
    {
        if (_isClosed)
        {
            _free.Release();
            throw new ObjectDisposedException(nameof(SqliteStore));
        }

        lock (_lock)
        {
            if (_idle.TryPop(out var connection)) return connection;
        }

        try
        {
            return Connection.Open(file, isWriter: false, options.ReaderCacheKiB, (int)options.LockTimeout.TotalMilliseconds);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }
}

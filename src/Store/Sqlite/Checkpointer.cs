using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>
/// Moves the log into the database file while the committer goes on writing behind it: the file's own sync takes some ten
/// milliseconds, which no commit should wait for. A thread of its own, asleep between two rounds.
/// </summary>
internal sealed class Checkpointer
{
    /// <summary>192 MB: the log begins anew.</summary>
    public const int LongLogPages = 48_000;

    private const int LittlePages = 300;
    private const int RoundsLeast = 10, RoundsMax = 16;

    private readonly string _file;
    private readonly SqliteStoreOptions _options;
    private readonly SemaphoreSlim _due = new(0);
    private readonly Thread _thread;
    private Connection? _connection;
    private int _logPages;
    private volatile bool _isRunning;
    private volatile bool _isClosed;

    public Checkpointer(string file, SqliteStoreOptions options)
    {
        _file = file;
        _options = options;
        _thread = new(Run, maxStackSize: 256 * 1024) { Name = "store checkpointer", IsBackground = true };
        _thread.Start();
    }

    public bool IsRunning => _isRunning;

    /// <summary>Begins a round. Only when none is running.</summary>
    public void Start()
    {
        _isRunning = true;
        _due.Release();
    }

    /// <returns>Pages in the log at the end of the last round; 0 when that was taken already.</returns>
    public int TakeLogPages() => Interlocked.Exchange(ref _logPages, 0);

    /// <summary>Waits for a round that is running.</summary>
    public void Close()
    {
        _isClosed = true;
        _due.Release();
        _thread.Join();
        _due.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _due.Wait();
            if (_isClosed) break;

            try
            {
                _connection ??= SqliteFile.OpenWriter(_file, _options);
                Volatile.Write(ref _logPages, Move(_connection));
            }
            catch (SqliteException)
            {
                // Nothing is lost by it: the next round tries again, and the committer meets the same fault by itself.
                _connection?.Dispose();
                _connection = null;
            }

            _isRunning = false;
        }

        _connection?.Dispose();
    }

    /// <summary>
    /// Before the log begins anew all of it must have been moved, and the committer waits for the rest: so a long one is moved
    /// again, and again, until little has come in behind it. Several times at least: each round leaves the file system less to
    /// make durable at once, and it is that which the committer would wait for (30 ms behind one or two rounds, about 3 behind seven).
    /// </summary>
    private static int Move(Connection connection)
    {
        connection.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE, timeoutMilliseconds: 0, out int logPages);
        for (int round = 0; round < RoundsMax && logPages >= LongLogPages; round++)
        {
            int before = logPages;
            connection.Checkpoint(raw.SQLITE_CHECKPOINT_PASSIVE, timeoutMilliseconds: 0, out logPages);
            if (round + 1 >= RoundsLeast && logPages - before <= LittlePages) break;
        }

        return logPages;
    }
}

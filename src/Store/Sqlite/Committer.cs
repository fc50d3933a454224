using System.Globalization;
using SQLitePCL;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// The one writer: a thread that takes all transactions that wait, runs them as one database transaction,
/// syncs it to the disk once, and answers each caller. It never waits for a batch to fill: while one batch is
/// on its way to the disk, the next one gathers by itself.
/// </summary>
internal sealed class Committer
{
    private const int CheckpointPages = 4_000;       // 16 MB: moved beside the commits
    private const int CheckpointWaitMilliseconds = 200;

    private readonly string _file;
    private readonly SqliteStoreOptions _options;
    private readonly CollectionTables _tables;
    private readonly EntryCache _cache;
    private readonly CommitQueue _queue;
    private readonly Checkpointer _checkpointer;
    private readonly Thread _thread;
    private readonly List<PendingCommit> _batch = [];
    private readonly List<CommitResult> _results = [];
    private readonly List<CacheKey> _written = [];
    private readonly LogTail _tail;
    private readonly LogWriter _log;
    private Connection? _connection;
    private long _ticks; // of the newest commit: times in the log never decrease
    private int _pagesSinceCheckpoint;
    private bool _isCommitting; // what the batch writes may have come to the disk
    private bool _isReadForLong;
    private bool _isFull;

    /// <param name="connection">Becomes the committer's own.</param>
    public Committer(
        string file, Connection connection, SqliteStoreOptions options, CollectionTables tables, EntryCache cache, LogTail tail)
    {
        _file = file;
        _options = options;
        _tables = tables;
        _cache = cache;
        _tail = tail;
        _log = new(options.TransactionChangesMax);
        _connection = connection;
        _ticks = connection.ReadInt64("SELECT coalesce((SELECT time FROM log ORDER BY id DESC LIMIT 1), 0)");
        _queue = new(options);
        _checkpointer = new(file, options);
        _thread = new(Run) { Name = "store committer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>While somebody reads one state of the store for long: the log is moved to the database file as far as that goes, and nobody waits for that reader.</summary>
    public bool IsReadForLong
    {
        get => Volatile.Read(ref _isReadForLong);
        set => Volatile.Write(ref _isReadForLong, value);
    }

    public int WaitingTransactions => _queue.Count;

    public ValueTask<CommitResult> CommitAsync(PendingCommit commit) =>
        _queue.TryAdd(commit)
            ? new(commit.Task)
            : new(new CommitResult.Unavailable("Too many writes wait for the disk."));

    /// <summary>Runs <paramref name="job"/> on the committer's thread, between two batches.</summary>
    /// <exception cref="SqliteException">The job failed; what it had not committed is undone.</exception>
    public Task RunAsync(Action<Connection> job)
    {
        var work = new CommitterJob(job);
        _queue.Add(work);
        return work.Task;
    }

    /// <summary>Commits what waits, moves the log into the database file and ends.</summary>
    public void Close()
    {
        _queue.Close();
        _thread.Join();
        _tail.Close();
    }

    private void Run()
    {
        while (_queue.Take(_batch, out var job))
        {
            if (job is null) Commit();
            else RunJob(job);

            CheckpointWhenDue();
            _batch.Clear();
        }

        _checkpointer.Close();
        _connection?.Checkpoint(raw.SQLITE_CHECKPOINT_TRUNCATE, CheckpointWaitMilliseconds, out _);
        _connection?.Dispose();
    }

    private void RunJob(CommitterJob job)
    {
        try
        {
            job.Run(Connect());
        }
        catch (Exception e) when (e is SqliteException or InvalidDataException)
        {
            job.Fail(e);
        }
    }

    /// <summary>The error policy of a batch: what fails, fails for all of it, and the next batch starts afresh.</summary>
    private void Commit()
    {
        _results.Clear();
        _written.Clear();
        try
        {
            _isCommitting = false;
            long revision = CommitBatch(Connect());
            if (revision != _tail.Revision) _tail.Publish(revision, _log.Batch);
        }
        catch (SqliteException e)
        {
            _connection?.RollBack();
            if (!e.IsFull) Disconnect();
            else _isFull = true;

            FailAll(e);
        }
        catch (Exception bug)
        {
            _connection?.RollBack();
            _cache.Open(_written);
            foreach (var commit in _batch) commit.Fail(bug);
            return;
        }

        // The cache first: who has been answered may read on any thread.
        _cache.Open(_written);
        for (int i = 0; i < _batch.Count; i++) _batch[i].Answer(_results[i]);
    }

    /// <summary>Also those that seemed to conflict: they may have met a write that is undone now.</summary>
    private void FailAll(SqliteException e)
    {
        CommitResult failure = e.IsFull ? new CommitResult.Full() : new CommitResult.Unavailable(e.Message);
        for (int i = 0; i < _batch.Count; i++)
        {
            if (i == _results.Count) _results.Add(failure);

            // When the sync fails, the log is written: who reads the file anew, after a crash or here, finds the commit, or does not.
            bool mayBeThere = _isCommitting && !e.IsFull && _results[i] is CommitResult.Committed && !_batch[i].Transaction.Writes.IsEmpty;
            _results[i] = mayBeThere ? new CommitResult.Unknown(e.Message) : failure;
        }
    }

    /// <returns>The revision of the last transaction that was committed.</returns>
    private long CommitBatch(Connection connection)
    {
        connection.Prepare("BEGIN IMMEDIATE").Run();

        _ticks = Math.Max(_ticks, _options.Time.GetUtcNow().UtcTicks);
        _log.BeginBatch(_tail.IsFollowed, _ticks);
        long revision = _tail.Revision;
        foreach (var commit in _batch) _results.Add(Apply(connection, commit, ref revision));

        if (revision != _tail.Revision)
        {
            using var update = connection.Prepare("UPDATE meta SET revision=?1");
            update.Bind(1, revision).Step();
        }

        _cache.Close(_written);
        _isCommitting = true;
        connection.Prepare("COMMIT").Run();
        return revision;
    }

    /// <summary>Checks all preconditions before the first write, so that a conflict leaves nothing to undo.</summary>
    private CommitResult Apply(Connection connection, PendingCommit commit, ref long revision)
    {
        if (commit.IsCreate) return Create(connection, commit, ref revision);

        foreach (var precondition in commit.Transaction.Preconditions)
        {
            if (Check(connection, precondition) is { } refusal) return refusal;
        }

        var writes = commit.Transaction.Writes;
        if (writes.IsEmpty) return new CommitResult.Committed(revision);

        if (!Write(connection, commit, revision + 1))
            return new CommitResult.TooLarge(string.Create(CultureInfo.InvariantCulture, $"{_options.TransactionChangesMax} changes"));

        revision++;
        return new CommitResult.Committed(revision);
    }

    /// <summary>Whether there is such an entry, and the insertion, are one statement: the same as in two, but faster.</summary>
    private CommitResult Create(Connection connection, PendingCommit commit, ref long revision)
    {
        var put = (Write.Put)commit.Transaction.Writes[0]; // the only one
        var table = _tables.Get(put.Key.Collection);
        Insert(connection, table, table.CreateSql, commit, 0, put, revision + 1);
        if (connection.RowsChanged == 0)
            return new CommitResult.Conflict(commit.Transaction.Preconditions[0], RevisionOf(connection, put.Key));

        revision++;
        _log.Begin(revision, isOnlyWrite: true);
        _log.Put(connection, table, put, isNew: true); // one change is never too many
        _log.End(connection);
        return new CommitResult.Committed(revision);
    }

    /// <returns>False: it changes too many entries; nothing was written.</returns>
    private bool Write(Connection connection, PendingCommit commit, long revision)
    {
        var writes = commit.Transaction.Writes;

        // One that only names entries has been counted already; how many lie below a parent comes out while they are deleted.
        bool mayBeTooLarge = commit.HasDeleteBelow;
        if (mayBeTooLarge) connection.Prepare("SAVEPOINT writes").Run();

        _log.Begin(revision, isOnlyWrite: writes.Length == 1);
        for (int i = 0; i < writes.Length; i++)
        {
            bool isWritten = writes[i] switch
            {
                Write.Put put => Put(connection, commit, i, put, revision),
                Write.Delete delete => Delete(connection, delete),
                Write.DeleteBelow below => DeleteBelow(connection, below),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
            if (isWritten) continue;

            connection.Prepare("ROLLBACK TO writes").Run();
            connection.Prepare("RELEASE writes").Run();
            return false;
        }

        _log.End(connection);
        if (mayBeTooLarge) connection.Prepare("RELEASE writes").Run();
        return true;
    }

    /// <returns>Null when it holds.</returns>
    private CommitResult? Check(Connection connection, Precondition precondition)
    {
        switch (precondition)
        {
            case Precondition.AtRevision at:
                long actual = RevisionOf(connection, at.Key);
                return actual == at.Revision ? null : new CommitResult.Conflict(at, actual);

            case Precondition.Exists exists:
                return RevisionOf(connection, exists.Key) != 0 ? null : new CommitResult.Conflict(exists, 0);

            case Precondition.NoneWith none:
                var table = _tables.Get(none.Collection);
                if (table.FindReady(none.Field) is not { } field)
                    return new CommitResult.Unavailable($"The field '{none.Field}' of '{none.Collection}' is not indexed.");

                return HasWith(connection, table, field, none) ? new CommitResult.Conflict(none, 0) : null;

            case Precondition.Leased leased:
                long epoch = Leases.EpochOf(connection, leased.Lease, _options.Time.GetUtcNow());
                return epoch == leased.Epoch && epoch != 0 ? null : new CommitResult.Conflict(leased, epoch);

            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    private long RevisionOf(Connection connection, Key key)
    {
        using var select = connection.Prepare(_tables.Get(key.Collection).SelectRevisionSql);
        return select.BindText(1, key.Path).Step() ? select.Int64(0) : 0;
    }

    private static bool HasWith(Connection connection, CollectionTable table, FieldColumn field, Precondition.NoneWith none)
    {
        var value = ColumnValue.Of(none.Value, field.Field.IsTimestamp);
        if (value.Kind == ColumnKind.Other) return false; // all of them are one place in the index, yet not equal

        var sql = new System.Text.StringBuilder($"SELECT 1 FROM {table.Name} WHERE {field.ColumnName}=?1");
        for (int i = 0; i < none.Except.Length; i++)
            sql.Append($" AND path<>?{3 * i + 2} AND NOT (path>?{3 * i + 3} AND path<?{3 * i + 4})");

        using var select = connection.Prepare(sql.Append(" LIMIT 1").ToString());
        value.BindTo(select, 1);
        for (int i = 0; i < none.Except.Length; i++)
        {
            string except = none.Except[i];
            select.BindText(3 * i + 2, except).BindText(3 * i + 3, Paths.FirstBelow(except)).BindText(3 * i + 4, Paths.BehindBelow(except));
        }

        return select.Step();
    }

    /// <returns>False: too many changes.</returns>
    private bool Put(Connection connection, PendingCommit commit, int index, Write.Put put, long revision)
    {
        var table = _tables.Get(put.Key.Collection);
        if (!_log.Put(connection, table, put, commit.IsNew(put.Key))) return false;

        Insert(connection, table, table.PutSql, commit, index, put, revision);
        return true;
    }

    private void Insert(
        Connection connection, CollectionTable table, string sql, PendingCommit commit, int index, Write.Put put, long revision)
    {
        using var statement = connection.Prepare(sql);
        statement
            .BindText(1, put.Key.Path)
            .Bind(2, revision)
            .Bind(3, put.UpdateTime.UtcTicks)
            .BindBlob(4, put.Value.Span);

        int parameter = 5;
        foreach (var column in commit.ColumnsOf(index, table)) column.BindTo(statement, parameter++);

        statement.Step();
        _written.Add(new(table.Number, put.Key.Path));
    }

    /// <returns>False: too many changes.</returns>
    private bool Delete(Connection connection, Write.Delete delete)
    {
        var table = _tables.Get(delete.Key.Collection);
        if (!_log.Delete(connection, table, delete.Key)) return false;

        using var statement = connection.Prepare(table.DeleteSql);
        statement.BindText(1, delete.Key.Path).Step();
        _written.Add(new(table.Number, delete.Key.Path));
        return true;
    }

    /// <returns>False: too many changes.</returns>
    private bool DeleteBelow(Connection connection, Write.DeleteBelow below)
    {
        var table = _tables.Get(below.Collection);
        string first = Paths.FirstBelow(below.Parent), behind = Paths.BehindBelow(below.Parent);
        using (var select = connection.Prepare(table.SelectBelowSql))
        {
            select.BindText(1, first).BindText(2, behind);
            while (select.Step())
            {
                var key = new Key(below.Collection, select.Text(0));
                if (!_log.Delete(connection, table, key, select)) return false;
                _written.Add(new(table.Number, key.Path));
            }
        }

        connection.Prepare(table.DeleteBelowSql).BindText(1, first).BindText(2, behind).Run();
        return true;
    }

    private Connection Connect()
    {
        if (_connection is not null) return _connection;

        var connection = SqliteFile.OpenWriter(_file, _options);
        try
        {
            // A commit that failed may have come through all the same.
            long revision = SqliteFile.ReadState(connection).Revision;
            if (revision > _tail.Revision)
            {
                _cache.Clear();
                _tail.Publish(revision, []);
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return _connection = connection;
    }

    /// <summary>After an I/O error nothing that the connection remembers is relied upon.</summary>
    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void CheckpointWhenDue()
    {
        if (_connection is null) return;

        _pagesSinceCheckpoint += _connection.TakePagesWritten();
        if (_checkpointer.IsRunning) return;

        if (_isFull)
        {
            // What can be moved out of the log makes room in it. Here and not beside the commits, which would fight over the room.
            _isFull = false;
            _connection.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART, timeoutMilliseconds: 0, out _);
            return;
        }

        // Right behind a round little is left to be moved, and readers are waited for, shortly. What fails, or what a reader holds up, is tried again later.
        if (_checkpointer.TakeLogPages() >= Checkpointer.LongLogPages && !IsReadForLong)
            _connection.Checkpoint(raw.SQLITE_CHECKPOINT_RESTART, CheckpointWaitMilliseconds, out _);

        if (_pagesSinceCheckpoint < CheckpointPages) return;

        _pagesSinceCheckpoint = 0;
        _checkpointer.Start();
    }
}

using System.Collections.Immutable;
using SQLitePCL;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// Verifies one state of the store, whole: SQLite's own structures, then the log, then every entry. A fault does not end
/// it, except where SQLite can't read on.
/// </summary>
internal sealed class StoreCheck
{
    private const int ProgressRows = 1_000;
    private const int CacheKiB = 1_024;

    private readonly Connection _connection;
    private readonly IProgress<StoreProgress>? _progress;
    private readonly CancellationToken _ct;
    private readonly ImmutableArray<string>.Builder _faults = ImmutableArray.CreateBuilder<string>();
    private readonly Dictionary<long, long> _loggedPuts = []; // by number of the collection: changes in the log that current rows are of
    private long _faultsCount;
    private StoreState _state;

    private StoreCheck(Connection connection, IProgress<StoreProgress>? progress, CancellationToken ct) =>
        (_connection, _progress, _ct) = (connection, progress, ct);

    /// <exception cref="SqliteException">The file could not be read.</exception>
    /// <exception cref="OperationCanceledException"/>
    public static StoreReport Run(string file, SqliteStoreOptions options, IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        using var connection = Connection.Open(file, isWriter: false, CacheKiB, (int)options.LockTimeout.TotalMilliseconds);
        using var interrupting = ct.UnsafeRegister(state => ((Connection)state!).Interrupt(), connection);
        try
        {
            return new StoreCheck(connection, progress, ct).Run();
        }
        catch (SqliteException e) when (e.Code == raw.SQLITE_INTERRUPT)
        {
            throw new OperationCanceledException(ct);
        }
    }

    private StoreReport Run()
    {
        long entries = 0, commits = 0;
        try
        {
            _connection.Execute("BEGIN");
            _state = SqliteFile.ReadState(_connection);
            CheckFile();

            var tables = SqliteFile.ReadTables(_connection);
            commits = CheckLog(tables.ToDictionary(table => table.Number));
            foreach (var table in tables) entries += CheckEntries(table);
        }
        catch (SqliteException e) when (SqliteFile.IsNotADatabase(e))
        {
            AddFault($"The file is damaged, nothing more could be read: {e.Message} Restore it from a backup.");
        }

        return new(entries, commits, _faults.DrainToImmutable(), _faultsCount);
    }

    private void CheckFile()
    {
        using var check = _connection.Prepare($"PRAGMA integrity_check({StoreReport.FaultsMax})");
        while (check.Step())
        {
            string line = check.Text(0);
            if (line != "ok") AddFault($"The file: {line}");
        }
    }

    /// <returns>The revisions that the log holds.</returns>
    private long CheckLog(Dictionary<long, CollectionTable> tables)
    {
        long revision = _state.Compacted, commits = 0, rows = 0, ticks = 0;
        int nextChange = 0;
        using var log = _connection.Prepare(
            "SELECT id, collection, path, time, deleted, old_revision, old_value FROM log WHERE id>=?1 ORDER BY id");
        log.Bind(1, LogId.First(_state.Compacted + 1));
        while (log.Step())
        {
            Report("log", ++rows, 0);
            long id = log.Int64(0);
            if (LogId.RevisionOf(id) != revision)
            {
                CheckNoGap(revision, LogId.RevisionOf(id));
                revision = LogId.RevisionOf(id);
                nextChange = 0;
                commits++;

                if (log.Int64(3) < ticks) AddFault($"The log: revision {revision} is of an earlier time than the one before it.");
                ticks = log.Int64(3);
            }

            if (LogId.ChangeOf(id) != nextChange++) AddFault($"The log: revision {revision} has no change {nextChange - 1}.");
            nextChange = LogId.ChangeOf(id) + 1;

            if (log.Int64(1) == LogWriter.NoCollection) continue;

            if (tables.TryGetValue(log.Int64(1), out var table)) CheckChange(log, table, revision);
            else AddFault($"The log: revision {revision} changes something in a collection {log.Int64(1)}, which is not known.");
        }

        CheckNoGap(revision, _state.Revision + 1);
        return commits;
    }

    /// <param name="next">The revision that is there behind <paramref name="revision"/>, or should not be there any more.</param>
    private void CheckNoGap(long revision, long next)
    {
        if (next > revision + 1 && revision < _state.Revision)
            AddFault($"The log: revisions {revision + 1} to {Math.Min(next - 1, _state.Revision)} are missing.");
        if (revision > _state.Revision)
            AddFault($"The log: revision {revision} is newer than the store, which is at {_state.Revision}.");
    }

    private void CheckChange(Statement row, CollectionTable table, long revision)
    {
        string path = row.Text(2);
        long oldRevision = row.Int64(5);
        if (oldRevision >= revision) AddFault($"{table.Collection}:{path}: revision {revision} replaced a later one, {oldRevision}.");
        if (oldRevision > 0 && !StoredJson.IsJson(row.Bytes(6))) AddFault($"{table.Collection}:{path} of revision {oldRevision} is not JSON.");
        if (row.Int64(4) != 0) return;

        // What the change made of the entry is either current or what a later change replaced.
        using (var current = _connection.Prepare(table.SelectRevisionSql))
        {
            if (current.BindText(1, path).Step() && current.Int64(0) == revision)
            {
                _loggedPuts[table.Number] = _loggedPuts.GetValueOrDefault(table.Number) + 1;
                return;
            }
        }

        using var next = _connection.Prepare("SELECT 1 FROM log WHERE collection=?1 AND path=?2 AND old_revision>0 AND old_revision=?3");
        if (!next.Bind(1, table.Number).BindText(2, path).Bind(3, revision).Step())
            AddFault($"{table.Collection}:{path} of revision {revision} is missing.");
    }

    /// <returns>How many there are.</returns>
    private long CheckEntries(CollectionTable table)
    {
        ImmutableArray<FieldColumn> ready = [.. table.Fields.Where(field => field.IsReady)];
        foreach (var field in ready) CheckIndex(table, field);

        var reader = new FieldReader([.. ready.Select(field => field.Field)]);
        long total = _connection.ReadInt64($"SELECT count(*) FROM {table.Name}");
        long rows = 0, sinceCompacted = 0;
        string columns = string.Concat(ready.Select(field => "," + field.ColumnName));
        using var select = _connection.Prepare($"SELECT path, revision, value{columns} FROM {table.Name} ORDER BY id");
        while (select.Step())
        {
            Report(table.Collection, ++rows, total);
            string path = select.Text(0);
            long revision = select.Int64(1);
            if (revision < 1 || revision > _state.Revision)
                AddFault($"{table.Collection}:{path}: its revision is {revision}; the store's is {_state.Revision}.");
            if (revision > _state.Compacted) sinceCompacted++;

            byte[] json = select.Bytes(2).ToArray();
            if (!StoredJson.IsJson(json))
            {
                AddFault($"{table.Collection}:{path} is not JSON.");
                continue;
            }

            var values = reader.Read(json);
            for (int i = 0; i < ready.Length; i++)
            {
                if (!HoldsTheSame(select, i + 3, values[i]))
                    AddFault($"{table.Collection}:{path}: the index of '{ready[i].Field.Name}' does not agree with the value.");
            }
        }

        long logged = _loggedPuts.GetValueOrDefault(table.Number);
        if (logged != sinceCompacted)
            AddFault($"{table.Collection}: {sinceCompacted} entries are of revisions after {_state.Compacted}; the log has {logged} of them.");
        if (rows > 0) _progress?.Report(new(table.Collection, rows, total));
        return rows;
    }

    private void CheckIndex(CollectionTable table, FieldColumn field)
    {
        using var select = _connection.Prepare("SELECT 1 FROM sqlite_schema WHERE type='index' AND name=?1");
        if (!select.BindText(1, table.IndexName(field)).Step()) AddFault($"{table.Collection}: the index of '{field.Field.Name}' is missing.");
    }

    private static bool HoldsTheSame(Statement row, int column, in ColumnValue value)
    {
        int type = row.Type(column);
        if (type == raw.SQLITE_NULL || (type == raw.SQLITE_BLOB && !ColumnForm.IsForm(row.Bytes(column)))) return false;

        var held = ColumnForm.Read(row, column);
        return held.Kind == value.Kind && ColumnValue.Compare(held, value) == 0;
    }

    private void AddFault(string fault)
    {
        if (_faultsCount++ < StoreReport.FaultsMax) _faults.Add(fault);
    }

    private void Report(string collection, long done, long total)
    {
        if (done % ProgressRows != 0) return;
        _ct.ThrowIfCancellationRequested();
        _progress?.Report(new(collection, done, total));
    }
}

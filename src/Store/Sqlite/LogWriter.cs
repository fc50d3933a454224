namespace Stateway.Store.Sqlite;

/// <summary>
/// Writes what each commit replaces, just before it is replaced: a row for each key, with the value that it had. New
/// values are not written again: the value after a change is the old value of the key's next row, or the current one.
/// <code>
/// revision 7: put x = 1       (7,0) x  old: none
/// revision 8: put x = 2       (8,0) x  old: 1 of revision 7
/// revision 9: delete x, y     (9,0) x  old: 2 of revision 8, deleted     (9,1) y  old: … , deleted
/// revision 10: delete x       (10,0) a marker, as every revision has a row
/// </code>
/// At revision 8, x was the old value of the one row with old revision ≤ 8 &lt; revision. Used by the committer only.
/// </summary>
/// <param name="changesMax">Of one commit.</param>
internal sealed class LogWriter(int changesMax)
{
    /// <summary>Number of the collection in a row that stands for no change.</summary>
    public const long NoCollection = 0;

    private const int LoggedKept = 1_024; // entries that the dictionary may keep room for

    private const string AddNewSql = "INSERT INTO log(id,collection,path,time) VALUES(?1,?2,?3,?4)";
    private const string AddSql =
        "INSERT INTO log(id,collection,path,time,old_revision,old_time,deleted,old_value) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)";
    private const string SetDeletedSql = "UPDATE log SET deleted=?2 WHERE id=?1";
    private const string MakeMarkerSql = "UPDATE log SET collection=0,path='' WHERE id=?1";

    private readonly Dictionary<CacheKey, Logged> _logged = [];
    private readonly List<TailCommit> _batch = [];
    private List<Change?>? _changes; // of the commit, when they are collected
    private int _changesBytes;
    private bool _isCollecting;
    private bool _isOnlyWrite;
    private long _revision;
    private long _ticks;
    private int _count;

    /// <summary>The commits of the batch, when they are collected.</summary>
    public IReadOnlyList<TailCommit> Batch => _batch;

    /// <param name="isCollecting">Somebody follows the log: keep the commits in memory, too.</param>
    /// <param name="ticks">The time of the batch's commits.</param>
    public void BeginBatch(bool isCollecting, long ticks)
    {
        _batch.Clear();
        _isCollecting = isCollecting;
        _ticks = ticks;
    }

    /// <param name="isOnlyWrite">No key is written twice, so there is no need to know which were.</param>
    public void Begin(long revision, bool isOnlyWrite)
    {
        _revision = revision;
        _isOnlyWrite = isOnlyWrite;
        _count = 0;
        _changes = _isCollecting ? [] : null;
        _changesBytes = 0;
        if (_logged.Count == 0) return;

        _logged.Clear();
        if (_logged.Capacity > LoggedKept) _logged.TrimExcess(LoggedKept);
    }

    /// <param name="isNew">It is known that there is no such entry, except one that this commit has made.</param>
    /// <returns>False: too many changes.</returns>
    public bool Put(Connection connection, CollectionTable table, Write.Put put, bool isNew)
    {
        if (WasLogged(table, put.Key.Path, out var logged))
        {
            if (logged.WasThere) SetDeleted(connection, logged, false);
            if (_changes is not null && _changes[logged.Change] is { } change) Collect(logged.Change, change with { After = After(put) });
            return true;
        }

        if (isNew) return Add(connection, table, put.Key, null, 0, put);

        using var old = connection.Prepare(table.SelectSql);
        return old.BindText(1, put.Key.Path).Step()
            ? Add(connection, table, put.Key, old, 0, put)
            : Add(connection, table, put.Key, null, 0, put);
    }

    /// <returns>False: too many changes.</returns>
    public bool Delete(Connection connection, CollectionTable table, Key key)
    {
        if (WasLogged(table, key.Path, out var logged))
        {
            DeleteAgain(connection, table, key, logged);
            return true;
        }

        using var old = connection.Prepare(table.SelectSql);
        return !old.BindText(1, key.Path).Step() || Add(connection, table, key, old, 0, null);
    }

    /// <summary>One of the entries of <see cref="CollectionTable.SelectBelowSql"/>.</summary>
    /// <returns>False: too many changes.</returns>
    public bool Delete(Connection connection, CollectionTable table, Key key, Statement below)
    {
        if (!WasLogged(table, key.Path, out var logged)) return Add(connection, table, key, below, 1, null);

        DeleteAgain(connection, table, key, logged);
        return true;
    }

    /// <summary>The commit is whole.</summary>
    public void End(Connection connection)
    {
        if (_count == 0)
        {
            using var insert = connection.Prepare(AddNewSql);
            insert.Bind(1, LogId.First(_revision)).Bind(2, NoCollection).BindText(3, "").Bind(4, _ticks).Step();
        }

        if (!_isCollecting) return;

        var time = new DateTimeOffset(_ticks, TimeSpan.Zero);
        _batch.Add(_changes is null
            ? new(_revision, null, 0)
            : new(_revision, new(_revision, time, [.. _changes.OfType<Change>()]), _changesBytes));
    }

    /// <param name="old">The row to be replaced, or null: there is none.</param>
    /// <param name="column">Where its revision, update time and value begin.</param>
    /// <param name="put">Null: it is deleted.</param>
    private bool Add(Connection connection, CollectionTable table, Key key, Statement? old, int column, Write.Put? put)
    {
        if (_count == changesMax) return false;

        using (var insert = connection.Prepare(old is null ? AddNewSql : AddSql))
        {
            insert.Bind(1, LogId.Of(_revision, _count)).Bind(2, table.Number).BindText(3, key.Path).Bind(4, _ticks);
            if (old is not null)
            {
                insert.Bind(5, old.Int64(column)).Bind(6, old.Int64(column + 1)).Bind(7, put is null ? 1 : 0)
                    .BindBlob(8, old.Bytes(column + 2));
            }

            insert.Step();
        }

        if (!_isOnlyWrite) _logged.Add(new(table.Number, key.Path), new(_count, old is not null));
        if (_changes is not null)
        {
            _changes.Add(null);
            Collect(_count, new(key, old is null ? null : EntryOf(key, old, column), put is null ? null : After(put)));
        }

        _count++;
        return true;
    }

    private void DeleteAgain(Connection connection, CollectionTable table, Key key, Logged logged)
    {
        if (logged.WasThere)
        {
            SetDeleted(connection, logged, true);
            if (_changes is not null && _changes[logged.Change] is { } change) _changes[logged.Change] = change with { After = null };
            return;
        }

        // Made and deleted by one commit: never there for anybody else.
        connection.Prepare(MakeMarkerSql).Bind(1, LogId.Of(_revision, logged.Change)).Run();
        _logged.Remove(new(table.Number, key.Path));
        if (_changes is not null) _changes[logged.Change] = null;
    }

    private void SetDeleted(Connection connection, Logged logged, bool isDeleted) =>
        connection.Prepare(SetDeletedSql).Bind(1, LogId.Of(_revision, logged.Change)).Bind(2, isDeleted ? 1 : 0).Run();

    private bool WasLogged(CollectionTable table, string path, out Logged logged)
    {
        logged = default;
        return !_isOnlyWrite && _logged.TryGetValue(new(table.Number, path), out logged);
    }

    private void Collect(int index, Change change)
    {
        // What is replaced within the commit stays counted: a bound, not an account.
        _changesBytes += TailCommit.ChangeBytes + (change.Before?.Value.Length ?? 0) + (change.After?.Value.Length ?? 0);
        if (_changesBytes > LogTail.BytesMax) _changes = null;
        else _changes![index] = change; // asked for by both callers
    }

    private static Entry EntryOf(Key key, Statement row, int column) =>
        new(key, row.Int64(column), new(row.Int64(column + 1), TimeSpan.Zero), row.Bytes(column + 2).ToArray());

    /// <summary>A copy: the caller may use its buffer again as soon as the commit is answered.</summary>
    private Entry After(Write.Put put) => new(put.Key, _revision, put.UpdateTime.ToUniversalTime(), put.Value.ToArray());

    private readonly record struct Logged(int Change, bool WasThere);
}

using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>What a batch must know of the database: asked for, and then held, for its keys, and for preconditions that keys don't tell.</summary>
internal sealed class BatchReads
{
    private readonly Dictionary<(int Collection, string Path), KeyState> _keys = [];
    private readonly Dictionary<CollectionTable, List<string>> _paths = [];
    private readonly List<(CollectionTable Table, FieldColumn Field, Precondition.NoneWith None)> _nones = [];
    private readonly Dictionary<Precondition.NoneWith, List<string>> _with = new(ReferenceEqualityComparer.Instance);
    private readonly List<(PendingCommit Commit, CollectionTable Table, string Parent)> _belows = [];
    private readonly HashSet<PendingCommit> _tooMany = [];
    private readonly List<string> _leases = [];
    private readonly Dictionary<string, long> _epochs = new(StringComparer.Ordinal);

    public BatchReads(IReadOnlyList<PendingCommit> commits, CollectionTables tables)
    {
        foreach (var commit in commits)
        {
            foreach (var precondition in commit.Transaction.Preconditions)
            {
                switch (precondition)
                {
                    case Precondition.AtRevision at: Want(tables.Get(at.Key.Collection), at.Key.Path); break;
                    case Precondition.Exists exists: Want(tables.Get(exists.Key.Collection), exists.Key.Path); break;
                    case Precondition.NoneWith none:
                        var table = tables.Get(none.Collection);
                        if (table.FindReady(none.Field) is { } field) _nones.Add((table, field, none));
                        break;
                    case Precondition.Leased leased:
                        if (_epochs.TryAdd(leased.Lease, 0)) _leases.Add(leased.Lease);
                        break;
                }
            }

            foreach (var write in commit.Transaction.Writes)
            {
                switch (write)
                {
                    case Write.Put put: Want(tables.Get(put.Key.Collection), put.Key.Path); break;
                    case Write.Delete delete: Want(tables.Get(delete.Key.Collection), delete.Key.Path); break;
                    case Write.DeleteBelow below: _belows.Add((commit, tables.Get(below.Collection), below.Parent)); break;
                }
            }
        }
    }

    public void AddTo(NpgsqlBatch batch)
    {
        foreach (var (table, paths) in _paths)
            batch.BatchCommands.Add(new(table.SelectRevisionSql) { Parameters = { Sql.Texts(paths.ToArray()) } });

        foreach (var (_, table, parent) in _belows)
        {
            batch.BatchCommands.Add(new(table.SelectBelowSql)
            {
                Parameters = { Sql.Text(Paths.FirstBelow(parent)), Sql.Text(Paths.BehindBelow(parent)) },
            });
        }

        foreach (var (table, field, none) in _nones)
        {
            batch.BatchCommands.Add(new(table.SelectWithSql(field))
            {
                Parameters =
                {
                    Sql.Bytes(ColumnForm.Encode(ColumnValue.Of(none.Value, field.Field.IsTimestamp))),
                    Sql.Texts([.. none.Except]),
                    Sql.Long(_keys.Count + 1L),
                },
            });
        }

        // Shared locks: who would take the lease over waits until this batch is committed.
        if (_leases.Count > 0)
        {
            batch.BatchCommands.Add(new("SELECT name,epoch,runs_out>clock_timestamp() FROM lease WHERE name=ANY($1) ORDER BY name FOR SHARE")
            {
                Parameters = { Sql.Texts(_leases.ToArray()) },
            });
        }
    }

    /// <summary>Takes the results of the commands, from the first one on.</summary>
    public async Task TakeAsync(NpgsqlDataReader reader)
    {
        foreach (var (table, _) in _paths)
        {
            while (await reader.ReadAsync()) _keys[(table.Number, reader.GetString(0))].Found(reader.GetInt64(1));
            await reader.NextResultAsync();
        }

        foreach (var (commit, table, _) in _belows)
        {
            int rows = 0;
            while (await reader.ReadAsync())
            {
                if (++rows > Batch.DeletesMax) _tooMany.Add(commit);
                else GetOrAdd(table, reader.GetString(0)).Found(reader.GetInt64(1));
            }

            await reader.NextResultAsync();
        }

        foreach (var (_, _, none) in _nones)
        {
            var paths = new List<string>();
            while (await reader.ReadAsync()) paths.Add(reader.GetString(0));
            _with[none] = paths;
            await reader.NextResultAsync();
        }

        if (_leases.Count == 0) return;
        while (await reader.ReadAsync())
        {
            if (reader.GetBoolean(2)) _epochs[reader.GetString(0)] = reader.GetInt64(1);
        }
    }

    public KeyState Get(CollectionTable table, string path) => _keys[(table.Number, path)];

    public KeyState? Find(CollectionTable table, string path) => _keys.GetValueOrDefault((table.Number, path));

    /// <summary>All keys below, those that the batch has made included.</summary>
    public IEnumerable<KeyState> Below(CollectionTable table, string parent)
    {
        foreach (var key in _keys.Values)
        {
            if (ReferenceEquals(key.Table, table) && PathText.IsBelow(key.Path, parent)) yield return key;
        }
    }

    public bool HasTooManyBelow(PendingCommit commit) => _tooMany.Contains(commit);

    public List<string> PathsWith(Precondition.NoneWith none) => _with[none];

    /// <returns>0 when nobody holds it.</returns>
    public long EpochOf(string lease) => _epochs[lease];

    private void Want(CollectionTable table, string path)
    {
        if (!_keys.TryAdd((table.Number, path), new(table, path))) return;

        if (!_paths.TryGetValue(table, out var paths)) _paths.Add(table, paths = []);
        paths.Add(path);
    }

    private KeyState GetOrAdd(CollectionTable table, string path)
    {
        if (!_keys.TryGetValue((table.Number, path), out var key)) _keys.Add((table.Number, path), key = new(table, path));
        return key;
    }
}

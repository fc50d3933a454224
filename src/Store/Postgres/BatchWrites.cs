using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// The rows that a batch writes, gathered into a few statements. The log is written first: what a changed entry was is copied by the
/// database itself, so that old values don't travel, except those that the batch itself had made before.
/// </summary>
internal sealed class BatchWrites
{
    private const string LogSql =
        "INSERT INTO log(revision,n,collection,path,time,old_revision,old_time,old_value,deleted)"
        + " SELECT r,n,c,p,$8,o,ot,ov,d FROM unnest($1::bigint[],$2::int[],$3::int[],$4::text[],$5::bigint[],$6::bigint[],$7::bytea[],$9::bool[])"
        + " u(r,n,c,p,o,ot,ov,d)";

    private readonly Dictionary<CollectionTable, TableRows> _tables = [];
    private readonly LogRows _log = new();
    private readonly long _id = BitConverter.ToInt64(Guid.NewGuid().ToByteArray());
    private long _time;

    /// <summary>The place in a commit of the row that marks the begin of a batch.</summary>
    public const int BeginPlace = -1;

    /// <summary>Tells this batch from all others: in its first row, where it is looked up if nobody knows whether it was committed.</summary>
    public long Id => _id;

    public long FirstRevision { get; private set; }

    public void Begin(long firstRevision, long time)
    {
        (FirstRevision, _time) = (firstRevision, time);
        _log.Add(firstRevision, BeginPlace, 0, "", 0, _id, null, false);
    }

    /// <summary>A commit that changes nothing has a row all the same, so that a gap in the log is always a fault.</summary>
    public void AddMark(long revision) => _log.Add(revision, 0, 0, "", 0, 0, null, false);

    /// <param name="key">As it is before the change.</param>
    public void AddChange(KeyState key, long revision, int n, bool isDeleted)
    {
        if (!key.IsChanged && key.StoredRevision != 0)
        {
            var rows = RowsOf(key.Table);
            rows.Revisions.Add(revision);
            rows.Places.Add(n);
            rows.Paths.Add(key.Path);
            rows.AreDeleted.Add(isDeleted);
        }
        else
        {
            _log.Add(revision, n, key.Table.Number, key.Path, key.Revision, key.Put?.UpdateTime.UtcTicks ?? 0, key.Put?.Value, isDeleted);
        }
    }

    /// <summary>What the changed entries are in the end.</summary>
    public void AddEntries(List<KeyState> changed)
    {
        foreach (var key in changed)
        {
            if (key.Put is not null) RowsOf(key.Table).Puts.Add(key);
            else if (key.StoredRevision != 0) RowsOf(key.Table).Deletes.Add(key.Path);
        }
    }

    /// <param name="revision">Of the store, after the batch.</param>
    public void AddTo(NpgsqlBatch batch, long revision)
    {
        _log.AddTo(batch, _time);
        foreach (var (table, rows) in _tables) rows.AddTo(batch, table, _time);
        batch.BatchCommands.Add(new("UPDATE meta SET revision=$1") { Parameters = { Sql.Long(revision) } });
    }

    private TableRows RowsOf(CollectionTable table)
    {
        if (!_tables.TryGetValue(table, out var rows)) _tables.Add(table, rows = new());
        return rows;
    }

    private sealed class TableRows
    {
        public List<long> Revisions { get; } = [];
        public List<int> Places { get; } = [];
        public List<string> Paths { get; } = [];
        public List<bool> AreDeleted { get; } = [];
        public List<KeyState> Puts { get; } = [];
        public List<string> Deletes { get; } = [];

        public void AddTo(NpgsqlBatch batch, CollectionTable table, long time)
        {
            if (Paths.Count > 0)
            {
                batch.BatchCommands.Add(new(table.LogSql)
                {
                    Parameters = { Sql.Longs([.. Revisions]), Sql.Ints([.. Places]), Sql.Texts([.. Paths]), Sql.Bools([.. AreDeleted]), Sql.Long(time) },
                });
            }

            if (Deletes.Count > 0) batch.BatchCommands.Add(new(table.DeleteSql) { Parameters = { Sql.Texts([.. Deletes]) } });
            if (Puts.Count > 0) batch.BatchCommands.Add(PutCommand(table));
        }

        private NpgsqlBatchCommand PutCommand(CollectionTable table)
        {
            int count = Puts.Count;
            var (paths, revisions, times, values) = (new string[count], new long[count], new long[count], new ReadOnlyMemory<byte>[count]);
            var columns = new byte[table.Fields.Length][][];
            for (int column = 0; column < columns.Length; column++) columns[column] = new byte[count][];

            for (int i = 0; i < count; i++)
            {
                var key = Puts[i];
                (paths[i], revisions[i]) = (key.Path, key.Revision);
                (times[i], values[i]) = (key.Put!.UpdateTime.UtcTicks, key.Put.Value); // only those that have one are here
                for (int column = 0; column < columns.Length; column++) columns[column][i] = key.Columns[column];
            }

            var command = new NpgsqlBatchCommand(table.PutSql)
            {
                Parameters = { Sql.Texts(paths), Sql.Longs(revisions), Sql.Longs(times), Sql.Blobs(values) },
            };
            foreach (byte[][] column in columns) command.Parameters.Add(Sql.Blobs(column));
            return command;
        }
    }

    private sealed class LogRows
    {
        private readonly List<long> _revisions = [], _oldRevisions = [], _oldTimes = [];
        private readonly List<int> _places = [], _collections = [];
        private readonly List<string> _paths = [];
        private readonly List<ReadOnlyMemory<byte>?> _oldValues = [];
        private readonly List<bool> _areDeleted = [];

        public void Add(
            long revision, int n, int collection, string path, long oldRevision, long oldTime, ReadOnlyMemory<byte>? oldValue, bool isDeleted)
        {
            _revisions.Add(revision);
            _places.Add(n);
            _collections.Add(collection);
            _paths.Add(path);
            _oldRevisions.Add(oldRevision);
            _oldTimes.Add(oldTime);
            _oldValues.Add(oldValue);
            _areDeleted.Add(isDeleted);
        }

        public void AddTo(NpgsqlBatch batch, long time) => batch.BatchCommands.Add(new(LogSql)
        {
            Parameters =
            {
                Sql.Longs([.. _revisions]), Sql.Ints([.. _places]), Sql.Ints([.. _collections]), Sql.Texts([.. _paths]),
                Sql.Longs([.. _oldRevisions]), Sql.Longs([.. _oldTimes]), Sql.Blobs([.. _oldValues]), Sql.Long(time), Sql.Bools([.. _areDeleted]),
            },
        });
    }
}

using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>What a collection had at a revision and has no more, as far as a query matches it: filtered, ordered and cut behind the cursor in memory.</summary>
internal sealed class PastRows(QueryPlan plan, Query query)
{
    private const int RowsMax = 100_000;
    private const long BytesMax = 256 << 20;
    private const int CutRows = 1_000; // so many more than fill a page are kept until they are cut

    private readonly List<QueryRow> _rows = [];
    private long _rowsBytes;

    /// <summary>Behind the cursor, in order: those that fill a page by themselves, and one that shows that there are more.</summary>
    public IReadOnlyList<QueryRow> Rows => _rows;

    /// <summary>Of all that match, also before the cursor.</summary>
    public long Count { get; private set; }

    /// <returns>False when they are too many.</returns>
    /// <exception cref="NpgsqlException"/>
    public async Task<bool> ReadAsync(NpgsqlConnection connection, long revision)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(plan.SupersededCommand(revision, RowsMax));
        await using var reader = await batch.ExecuteReaderAsync();
        int rows = 0;
        long bytes = 0;
        while (await reader.ReadAsync())
        {
            byte[] value = reader.GetFieldValue<byte[]>(3);
            bytes += value.Length;
            if (++rows > RowsMax || bytes > BytesMax)
            {
                batch.Cancel();
                return false;
            }

            if (query.Filter is { } filter && !StoredJson.Holds(filter, value, query.Visible)) continue;

            Count++;
            var key = new Key(query.Collection, reader.GetString(0));
            var row = new QueryRow(new(key, reader.GetInt64(1), new(reader.GetInt64(2), TimeSpan.Zero), value), ColumnsOf(value));
            if (!plan.IsBehindCursor(row)) continue;

            _rows.Add(row);
            _rowsBytes += value.Length;
            if (_rows.Count > query.Limit + CutRows || _rowsBytes > 2L * query.BytesMax) Cut();
        }

        Cut();
        return true;
    }

    private void Cut()
    {
        _rows.Sort(plan.Compare);
        _rowsBytes = 0;
        int count = 0;
        while (count < _rows.Count && count < query.Limit && _rowsBytes < query.BytesMax) _rowsBytes += _rows[count++].Entry.Value.Length;
        if (count == _rows.Count) return;

        _rowsBytes += _rows[count++].Entry.Value.Length;
        _rows.RemoveRange(count, _rows.Count - count);
    }

    private byte[][] ColumnsOf(byte[] value)
    {
        if (plan.Order.IsEmpty) return [];

        byte[][] all = plan.Table.ColumnsOf(value);
        var columns = new byte[plan.Order.Length][];
        for (int i = 0; i < columns.Length; i++) columns[i] = all[plan.Table.Fields.IndexOf(plan.Order[i])];
        return columns;
    }
}

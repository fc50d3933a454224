using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>
/// The current rows of a page, in order. A short page comes whole with the first round trip; a long one, and one whose rows
/// may be dropped, through a cursor, so that no more is sent than is needed.
/// </summary>
internal sealed class QueryRows(NpgsqlConnection connection, QueryPlan plan, Query query)
{
    private const int FirstRows = 64;
    private const int StepRowsMax = 2_000;
    private const long StepBytes = 8 << 20;

    private readonly Queue<QueryRow> _rows = new();
    private int _step = FirstRows;
    private long _bytesRead;
    private int _rowsRead;
    private bool _isEnd;

    public bool IsWhole { get; } = plan.Filter.Residual is null && query.Limit < FirstRows;

    public void AddFirstTo(NpgsqlBatch batch)
    {
        if (IsWhole)
        {
            batch.BatchCommands.Add(plan.PageCommand());
            return;
        }

        batch.BatchCommands.Add(plan.PageCommand("DECLARE page NO SCROLL CURSOR FOR "));
        batch.BatchCommands.Add(new($"FETCH {_step} FROM page"));
    }

    /// <summary>Takes the result of the first step.</summary>
    public async Task TakeAsync(NpgsqlDataReader reader)
    {
        int rows = 0;
        while (await reader.ReadAsync())
        {
            var key = new Key(query.Collection, reader.GetString(0));
            byte[] value = reader.GetFieldValue<byte[]>(3);
            var columns = new byte[plan.Order.Length][];
            for (int i = 0; i < columns.Length; i++) columns[i] = reader.GetFieldValue<byte[]>(QueryPlan.OrderColumnsStart + i);

            _rows.Enqueue(new(new(key, reader.GetInt64(1), new(reader.GetInt64(2), TimeSpan.Zero), value), columns));
            _bytesRead += value.Length;
            rows++;
        }

        _rowsRead += rows;
        _isEnd = IsWhole || rows < _step;
    }

    /// <returns>Null behind the last one.</returns>
    public async ValueTask<QueryRow?> NextAsync()
    {
        if (_rows.Count == 0 && !_isEnd) await StepAsync();
        return _rows.TryDequeue(out var row) ? row : null;
    }

    private async Task StepAsync()
    {
        // As many rows as have about so many bytes, going by those so far.
        long perRow = Math.Max(1, _bytesRead / Math.Max(1, _rowsRead));
        _step = (int)Math.Clamp(StepBytes / perRow, 1, Math.Min(_step * 4, StepRowsMax));
        await using var fetch = new NpgsqlCommand($"FETCH {_step} FROM page", connection);
        await using var reader = await fetch.ExecuteReaderAsync();
        await TakeAsync(reader);
    }
}

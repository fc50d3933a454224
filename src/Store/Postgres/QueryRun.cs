using System.Collections.Immutable;
using Npgsql;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>Answers one query on one connection, from one snapshot.</summary>
internal sealed class QueryRun(NpgsqlConnection connection, CollectionTables tables, Query query)
{
    /// <summary>Bytes that are parsed for one query, however few the rows are that they belong to.</summary>
    private const long ScannedBytesMax = 256 << 20;

    private long _scannedBytes;

    /// <returns>Null when another node has declared something since the tables were read: to be asked again with newer ones.</returns>
    /// <exception cref="NpgsqlException"/>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public async Task<QueryResult?> AnswerAsync()
    {
        var table = tables.Get(query.Collection);
        var plan = QueryPlan.Of(query, table, out string? missing);

        // The first round trip fixes what the transaction sees, and brings the first rows; often it is the only one.
        var rows = plan is null ? null : new QueryRows(connection, plan, query);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        batch.BatchCommands.Add(new("SELECT revision,compacted,declarations FROM meta"));
        rows?.AddFirstTo(batch);
        bool isOneTrip = rows is { IsWhole: true } && query is { Count: false, Revision: null };
        if (isOneTrip) batch.BatchCommands.Add(new("COMMIT"));

        StoreState state;
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            state = new(reader.GetInt64(0), reader.GetInt64(1));
            bool isStale = reader.GetInt64(2) != tables.Declarations;
            await reader.NextResultAsync();
            if (rows is not null) await rows.TakeAsync(reader);
            if (isStale) return null;
        }

        var result = Refusal(plan, missing, state) ?? await AnswerAsync(plan!, rows!, state);
        if (!isOneTrip) await DatabaseForm.ExecuteAsync(connection, "COMMIT", CancellationToken.None);
        return result;
    }

    private QueryResult? Refusal(QueryPlan? plan, string? missing, StoreState state)
    {
        if (query.Revision < state.Compacted) return new QueryResult.Gone(state);
        if (query.Revision > state.Revision) return new QueryResult.NotYet(state);
        return plan is null ? new QueryResult.Unavailable($"The field '{missing}' of '{query.Collection}' is not indexed.") : null;
    }

    private async Task<QueryResult> AnswerAsync(QueryPlan plan, QueryRows rows, StoreState state)
    {
        var past = new PastRows(plan, query);
        if (query.Revision is { } revision && revision < state.Revision && !await past.ReadAsync(connection, revision))
            return new QueryResult.Gone(state);

        long? total = null;
        if (await ReadPageAsync(plan, rows, past) is not var (entries, next) || (query.Count && (total = await CountAsync(plan)) is null))
            return new QueryResult.TooManyScanned(plan.Filter.Unindexed, query.ScannedMax);

        return new QueryResult.Page(entries, next, query.Revision ?? state.Revision, total + past.Count);
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private async Task<(ImmutableArray<Entry> Entries, Cursor? Next)?> ReadPageAsync(QueryPlan plan, QueryRows rows, PastRows past)
    {
        var page = ImmutableArray.CreateBuilder<Entry>();
        Cursor? last = null; // when the page is full
        int dropped = 0;
        int bytes = 0;

        var current = await rows.NextAsync();
        bool isKnownToHold = plan.Filter.Residual is null;
        int pastIndex = 0;
        while (true)
        {
            var old = pastIndex < past.Rows.Count ? past.Rows[pastIndex] : null;
            if (last is not null && old is not null) return (page.DrainToImmutable(), last);

            while (current is not null && !isKnownToHold && !Holds(plan.Filter.Residual!, current.Entry.Value))
            {
                // A page that is full is an answer, though nobody knows whether another row follows.
                if (++dropped > query.ScannedMax || _scannedBytes > ScannedBytesMax)
                    return last is not null ? (page.DrainToImmutable(), last) : null;

                current = await rows.NextAsync();
            }

            isKnownToHold = true;
            bool isOld = old is not null && (current is null || plan.Compare(old, current) < 0);
            var next = isOld ? old : current;
            if (next is null) return (page.DrainToImmutable(), null);
            if (last is not null) return (page.DrainToImmutable(), last);

            page.Add(next.Entry);
            bytes += next.Entry.Value.Length;
            if (page.Count == query.Limit || bytes >= query.BytesMax) last = CursorAt(plan, next);

            if (isOld)
            {
                pastIndex++;
            }
            else
            {
                current = await rows.NextAsync();
                isKnownToHold = plan.Filter.Residual is null;
            }
        }
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private async Task<long?> CountAsync(QueryPlan plan)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (plan.Filter.Residual is not { } residual)
        {
            batch.BatchCommands.Add(plan.CountCommand());
            return (long)(await batch.ExecuteScalarAsync())!; // one row
        }

        batch.BatchCommands.Add(plan.MatchingCommand());
        long total = 0;
        int read = 0;
        await using var reader = await batch.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            if (++read > query.ScannedMax || _scannedBytes > ScannedBytesMax)
            {
                batch.Cancel(); // what follows would be sent for nothing
                return null;
            }

            if (Holds(residual, reader.GetFieldValue<byte[]>(0))) total++;
        }

        return total;
    }

    private bool Holds(Expression residual, ReadOnlyMemory<byte> json)
    {
        _scannedBytes += json.Length;
        return StoredJson.Holds(residual, json.Span, query.Visible);
    }

    private static Cursor CursorAt(QueryPlan plan, QueryRow row)
    {
        var values = ImmutableArray.CreateBuilder<Value>(plan.Order.Length);
        for (int i = 0; i < plan.Order.Length; i++) values.Add(ColumnForm.ToCursor(row.Columns[i], plan.Order[i].Field.IsTimestamp));
        return new(values.DrainToImmutable(), row.Entry.Key.Path);
    }
}

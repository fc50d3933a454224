using System.Collections.Immutable;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>Answers one query on one connection, from one read transaction.</summary>
internal sealed class QueryRun(Connection connection, CollectionTables tables, Query query, CancellationToken ct)
{
    /// <summary>Bytes that are parsed for one query, however few the rows are that they belong to.</summary>
    private const long ScannedBytesMax = 256 << 20;

    private long _scannedBytes;

    /// <exception cref="SqliteException">The database could not be read.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more.</exception>
    public QueryResult Answer()
    {
        while (true)
        {
            var table = tables.Get(query.Collection);
            connection.Prepare("BEGIN").Run();
            try
            {
                // The first read fixes what the transaction sees.
                var state = SqliteFile.ReadState(connection);

                // Declared anew in the meantime: a column may be unfilled in what the transaction sees. Rare.
                if (ReferenceEquals(table, tables.Find(query.Collection))) return AnswerAt(table, state);
            }
            finally
            {
                connection.Prepare("COMMIT").Run();
            }
        }
    }

    private QueryResult AnswerAt(CollectionTable table, StoreState state)
    {
        if (query.Revision > state.Revision) return new QueryResult.NotYet(state);
        if (query.Revision < state.Compacted) return new QueryResult.Gone(state);

        if (QueryPlan.Of(query, table, out string? missing) is not { } plan)
            return new QueryResult.Unavailable($"The field '{missing}' of '{query.Collection}' is not indexed.");

        var superseded = SupersededRows.None;
        if (query.Revision is { } revision && revision < state.Revision)
        {
            if (SupersededRows.Read(connection, plan, query, revision, ct) is not { } read) return new QueryResult.Gone(state);
            superseded = read;
        }

        long? total = null;
        if (ReadPage(plan, superseded) is not var (entries, next) || (query.Count && (total = Count(plan)) is null))
            return new QueryResult.TooManyScanned(plan.Filter.Unindexed, query.ScannedMax);

        return new QueryResult.Page(entries, next, query.Revision ?? state.Revision, total + superseded.Matching);
    }

    /// <summary>Merges the rows of today with those that were superseded, both in the page's order.</summary>
    /// <returns>Null when too many rows were read for nothing.</returns>
    private (ImmutableArray<Entry> Entries, Cursor? Next)? ReadPage(QueryPlan plan, SupersededRows superseded)
    {
        var page = ImmutableArray.CreateBuilder<Entry>();
        Cursor? last = null;
        int dropped = 0;
        int bytes = 0;
        int old = 0;

        using var statement = plan.PageText(plan.Choose(connection)).Prepare(connection);
        var found = Step(statement, plan, ref dropped);
        while (true)
        {
            // A page that is full is an answer, though nobody knows whether another row follows.
            if (found == Found.TooManyDropped) return last is not null ? (page.DrainToImmutable(), last) : null;

            bool isOld = old < superseded.Rows.Length
                && (found == Found.End || plan.Compare(superseded.Rows[old].Keys, KeysOf(plan, statement)) < 0);
            if (!isOld && found == Found.End) return (page.DrainToImmutable(), superseded.AreCut ? last : null);
            if (last is not null) return (page.DrainToImmutable(), last);

            page.Add(isOld ? superseded.Rows[old].Entry : EntryOf(statement));
            bytes += page[^1].Value.Length;
            if (page.Count == query.Limit || bytes >= query.BytesMax)
                last = CursorOf(plan, isOld ? superseded.Rows[old].Keys : KeysOf(plan, statement), page[^1].Key.Path);

            if (isOld) old++;
            else found = Step(statement, plan, ref dropped);
        }
    }

    /// <summary>Goes to the next row that the whole filter holds for.</summary>
    private Found Step(Statement statement, QueryPlan plan, ref int dropped)
    {
        while (statement.Step())
        {
            if (plan.Filter.Residual is not { } residual || Holds(residual, statement.Bytes(3))) return Found.Row;
            if (++dropped > query.ScannedMax || _scannedBytes > ScannedBytesMax) return Found.TooManyDropped;
        }

        return Found.End;
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private long? Count(QueryPlan plan)
    {
        if (plan.Filter.Residual is not { } residual)
        {
            using var count = plan.CountText().Prepare(connection);
            count.Step();
            return count.Int64(0);
        }

        long total = 0;
        int read = 0;
        using var statement = plan.MatchingText().Prepare(connection);
        while (statement.Step())
        {
            if (++read > query.ScannedMax || _scannedBytes > ScannedBytesMax) return null;
            if (Holds(residual, statement.Bytes(0))) total++;
        }

        return total;
    }

    private bool Holds(Expression residual, ReadOnlySpan<byte> json)
    {
        ct.ThrowIfCancellationRequested();
        _scannedBytes += json.Length;
        return StoredJson.Holds(residual, json, query.Visible);
    }

    private Entry EntryOf(Statement row) =>
        new(new(query.Collection, row.Text(0)), row.Int64(1), new(row.Int64(2), TimeSpan.Zero), row.Bytes(3).ToArray());

    private static ColumnValue[] KeysOf(QueryPlan plan, Statement row)
    {
        var keys = new ColumnValue[plan.Order.Length + 1];
        for (int i = 0; i < plan.Order.Length; i++) keys[i] = ColumnForm.Read(row, QueryPlan.OrderColumnsStart + i);
        keys[^1] = ColumnValue.Of(row.Bytes(0).ToArray());
        return keys;
    }

    private static Cursor CursorOf(QueryPlan plan, ColumnValue[] keys, string path)
    {
        var values = ImmutableArray.CreateBuilder<Value>(plan.Order.Length);
        for (int i = 0; i < plan.Order.Length; i++) values.Add(keys[i].ToValue(plan.Order[i].Field.IsTimestamp));
        return new(values.DrainToImmutable(), path);
    }

    private enum Found { Row, End, TooManyDropped }
}

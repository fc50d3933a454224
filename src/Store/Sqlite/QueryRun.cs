using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Sqlite;

/// <summary>Answers one query on one connection, from one read transaction.</summary>
internal sealed class QueryRun(Connection connection, CollectionTables tables, Query query, CancellationToken ct)
{
    /// <summary>Bytes that are parsed for one query, however few the rows are that they belong to.</summary>
    private const long ScannedBytesMax = 256 << 20;

    private static readonly JsonReaderOptions _jsonOptions = new() { MaxDepth = CollectionSpec.DepthMax };

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
                long revision = connection.ReadInt64("SELECT revision FROM meta");

                // Declared anew in the meantime: a column may be unfilled in what the transaction sees. Rare.
                if (ReferenceEquals(table, tables.Find(query.Collection))) return AnswerAt(table, revision);
            }
            finally
            {
                connection.Prepare("COMMIT").Run();
            }
        }
    }

    private QueryResult AnswerAt(CollectionTable table, long revision)
    {
        if (QueryPlan.Of(query, table, out string? missing) is not { } plan)
            return new QueryResult.Unavailable($"The field '{missing}' of '{query.Collection}' is not indexed.");

        long? total = null;
        if (ReadPage(plan) is not var (entries, next) || (query.Count && (total = Count(plan)) is null))
            return new QueryResult.TooManyScanned(plan.Filter.Unindexed, query.ScannedMax);

        return new QueryResult.Page(entries, next, revision, total);
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private (ImmutableArray<Entry> Entries, Cursor? Next)? ReadPage(QueryPlan plan)
    {
        var page = ImmutableArray.CreateBuilder<Entry>();
        Cursor? last = null;
        int dropped = 0;
        int bytes = 0;

        using var statement = plan.PageText(plan.Choose(connection)).Prepare(connection);
        while (statement.Step())
        {
            if (plan.Filter.Residual is { } residual && !Holds(residual, statement.Bytes(3)))
            {
                if (++dropped <= query.ScannedMax && _scannedBytes <= ScannedBytesMax) continue;

                // A page that is full is an answer, though nobody knows whether another row follows.
                return last is not null ? (page.DrainToImmutable(), last) : null;
            }

            if (page.Count == query.Limit || bytes >= query.BytesMax) return (page.DrainToImmutable(), last);

            string path = statement.Text(0);
            var updateTime = new DateTimeOffset(statement.Int64(2), TimeSpan.Zero);
            page.Add(new(new(query.Collection, path), statement.Int64(1), updateTime, statement.Bytes(3).ToArray()));
            bytes += page[^1].Value.Length;
            if (page.Count == query.Limit || bytes >= query.BytesMax) last = CursorAt(plan, statement, path);
        }

        return (page.DrainToImmutable(), null);
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
        if (query.Visible is { } visible) json = visible(json).Span;
        var reader = new Utf8JsonReader(json, _jsonOptions);
        using var document = JsonDocument.ParseValue(ref reader);
        return Evaluation.IsTrue(residual, new Scope(document.RootElement));
    }

    private static Cursor CursorAt(QueryPlan plan, Statement statement, string path)
    {
        var values = ImmutableArray.CreateBuilder<Value>(plan.Order.Length);
        for (int i = 0; i < plan.Order.Length; i++)
        {
            var column = ColumnForm.Read(statement, QueryPlan.OrderColumnsStart + i);
            values.Add(column.ToValue(plan.Order[i].Field.IsTimestamp));
        }

        return new(values.DrainToImmutable(), path);
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;

namespace Stateway.Store.Staging;

/// <summary>
/// A page of a collection that staged entries lie over: reads all that matches below, leaves out what was touched, adds what
/// is staged, puts it in order and cuts. For the few rows that a change asks for, not for lists.
/// </summary>
internal sealed class StagedQuery(StagedEntries entries, CollectionSpec? spec)
{
    private const long BytesMax = 64 << 20;

    private sealed record Row(Entry Entry, ColumnValue[] Order);

    public async ValueTask<QueryResult> RunAsync(Query query, IResources below, CancellationToken ct)
    {
        if (!TryFindOrder(query, out var fields)) return new QueryResult.Unavailable("A field of the order is not indexed.");

        var reader = new FieldReader(fields);
        var rows = new List<Row>();
        long revision = 0, bytes = 0;
        var rest = query with { Order = [], After = null, Limit = StoreLimits.PageEntriesMax, Count = false };
        do
        {
            var result = await below.QueryAsync(rest, ct);
            if (result is not QueryResult.Page page) return result;

            revision = page.Revision;
            foreach (var entry in page.Entries)
            {
                if (entries.TryFind(entry.Key, out _)) continue;
                rows.Add(new(entry, reader.Read(entry.Value)));
                bytes += entry.Value.Length;
            }

            if (rows.Count > query.ScannedMax || bytes > BytesMax)
                return new QueryResult.TooManyScanned(query.Filter is null ? [] : [.. Filters.Fields(query.Filter).Select(f => string.Join('.', f.Path))], query.ScannedMax);

            rest = rest with { After = page.Next };
        }
        while (rest.After is not null);

        foreach (var entry in entries.In(query.Collection))
        {
            if (Matches(entry, query)) rows.Add(new(entry, reader.Read(entry.Value)));
        }

        return Cut(query, fields, rows, revision);
    }

    private bool TryFindOrder(Query query, out ImmutableArray<IndexedField> fields)
    {
        var found = ImmutableArray.CreateBuilder<IndexedField>();
        foreach (var key in query.Order)
        {
            if (key.Field.Length == 0) continue; // the path itself
            if (spec?.Fields.FirstOrDefault(field => field.Name == key.Field) is { } field) found.Add(field);
        }

        fields = found.ToImmutable();
        return fields.Length == query.Order.Count(key => key.Field.Length > 0);
    }

    private static bool Matches(Entry entry, Query query)
    {
        if (query.Parent is { } parent && !entry.Key.Path.StartsWith(Paths.FirstBelow(parent), StringComparison.Ordinal)) return false;
        if (query.Filter is null) return true;

        using var document = JsonDocument.Parse(query.Visible is { } visible ? visible(entry.Value.Span) : entry.Value);
        return Evaluation.IsTrue(query.Filter, new Scope(document.RootElement));
    }

    private static QueryResult.Page Cut(Query query, ImmutableArray<IndexedField> fields, List<Row> rows, long revision)
    {
        bool isPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        rows.Sort((a, b) => Compare(a.Order, a.Entry.Key.Path, b.Order, b.Entry.Key.Path));

        int start = 0;
        if (query.After is { } after)
        {
            ColumnValue[] at = [.. after.Values.Select((value, i) => ColumnValue.Of(value, fields[i].IsTimestamp))];
            while (start < rows.Count && Compare(rows[start].Order, rows[start].Entry.Key.Path, at, after.Path) <= 0) start++;
        }

        var page = ImmutableArray.CreateBuilder<Entry>();
        long bytes = 0;
        int end = start;
        while (end < rows.Count && page.Count < query.Limit && bytes < query.BytesMax)
        {
            page.Add(rows[end].Entry);
            bytes += rows[end++].Entry.Value.Length;
        }

        var next = end == rows.Count ? null
            : new Cursor([.. rows[end - 1].Order.Select((value, i) => value.ToValue(fields[i].IsTimestamp))], rows[end - 1].Entry.Key.Path);
        return new(page.ToImmutable(), next, revision, query.Count ? rows.Count : null);

        int Compare(ColumnValue[] a, string aPath, ColumnValue[] b, string bPath)
        {
            for (int i = 0; i < a.Length; i++)
            {
                int order = ColumnValue.Compare(a[i], b[i]);
                if (order != 0) return query.Order[i].Descending ? -order : order;
            }

            int paths = string.CompareOrdinal(aPath, bPath);
            return isPathDescending ? -paths : paths;
        }
    }
}

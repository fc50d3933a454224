using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Tests;

internal sealed class MemoryQuery(CollectionSpec spec, Query query)
{
    public QueryResult Run(MemoryState state)
    {
        var order = query.Order.Where(key => key.Field.Length > 0)
            .Select(key => spec.Fields.FirstOrDefault(field => field.Name == key.Field)).ToList();
        if (order.Contains(null)) return new QueryResult.Unavailable("A field of the order is not indexed.");

        var matching = state.In(query.Collection)
            .Where(entry => query.Parent is null || entry.Key.Path.StartsWith(query.Parent + "/", StringComparison.Ordinal))
            .Where(Holds)
            .Select(entry => (Entry: entry, Cursor: new Cursor([.. order.Select(field => MemoryFields.Read(entry, field!))], entry.Key.Path)))
            .OrderBy(row => row.Cursor, Comparer<Cursor>.Create(Compare))
            .ToList();

        var behind = matching.Where(row => query.After is null || Compare(row.Cursor, query.After) > 0).ToList();
        int count = 0;
        long bytes = 0;
        while (count < behind.Count && count < query.Limit && bytes < query.BytesMax) bytes += behind[count++].Entry.Value.Length;

        return new QueryResult.Page(
            [.. behind.Take(count).Select(row => row.Entry)],
            behind.Count > count ? behind[count - 1].Cursor : null,
            state.Revision,
            query.Count ? matching.Count : null);
    }

    private int Compare(Cursor a, Cursor b)
    {
        for (int i = 0; i < a.Values.Length; i++)
        {
            int sort = ValueComparison.Sort(a.Values[i], b.Values[i]);
            if (sort != 0) return query.Order[i].Descending ? -sort : sort;
        }

        bool isPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        return string.CompareOrdinal(a.Path, b.Path) * (isPathDescending ? -1 : 1);
    }

    private bool Holds(Entry entry)
    {
        if (query.Filter is null) return true;

        using var document = JsonDocument.Parse(query.Visible?.Invoke(entry.Value.Span) ?? entry.Value);
        return Evaluation.IsTrue(query.Filter, new Scope(document.RootElement));
    }
}

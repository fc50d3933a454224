using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// What a query as of an earlier revision finds in the log: the entries that were valid then and have been replaced or
/// deleted since. Their indexed fields are not kept, so each is looked at; only those of one page stay in memory.
/// </summary>
/// <param name="Rows">Behind the cursor, in the page's order.</param>
/// <param name="AreCut">There are more, behind those that fill a page.</param>
/// <param name="Matching">All that the filter holds for, those before the cursor counted.</param>
internal sealed record SupersededRows(ImmutableArray<SupersededRow> Rows, bool AreCut, long Matching)
{
    private const int RowsMax = 100_000;
    private const long BytesMax = 256 << 20;

    public static SupersededRows None { get; } = new([], false, 0);

    /// <returns>Null when there are too many to be looked at.</returns>
    public static SupersededRows? Read(Connection connection, QueryPlan plan, Query query, long revision, CancellationToken ct)
    {
        var page = new SortedSet<SupersededRow>(Comparer<SupersededRow>.Create((a, b) => plan.Compare(a.Keys, b.Keys)));
        var after = plan.AfterKeys();
        long pageBytes = 0, readBytes = 0, matching = 0;
        int rows = 0;
        bool areCut = false;

        using var select = Select(connection, plan.Table, query.Parent, revision);
        while (select.Step())
        {
            ct.ThrowIfCancellationRequested();
            var json = select.Bytes(3);
            readBytes += json.Length;
            if (++rows > RowsMax || readBytes > BytesMax) return null;

            if (query.Filter is { } filter && !StoredJson.Holds(filter, json, query.Visible)) continue;
            matching++;

            byte[] value = json.ToArray();
            var keys = KeysOf(plan, select, value);
            if (after is not null && plan.Compare(keys, after) <= 0) continue;

            var key = new Key(query.Collection, select.Text(0));
            page.Add(new(keys, new(key, select.Int64(1), new(select.Int64(2), TimeSpan.Zero), value)));
            pageBytes += value.Length;

            // What is left still fills a page by itself, so that no row that was cut can belong to it.
            while (page.Max is { } last && (page.Count > query.Limit || pageBytes - last.Entry.Value.Length >= query.BytesMax))
            {
                page.Remove(last);
                pageBytes -= last.Entry.Value.Length;
                areCut = true;
            }
        }

        return new([.. page], areCut, matching);
    }

    private static Statement Select(Connection connection, CollectionTable table, string? parent, long revision)
    {
        // The changes since the revision are found by it; those of one parent by their path, as its siblings may change often.
        string sql = "SELECT path, old_revision, old_time, old_value FROM log INDEXED BY "
            + (parent is null ? "log_collection" : "log_path")
            + " WHERE collection=?1 AND id>=?2 AND old_revision>0 AND old_revision<=?3";
        if (parent is not null) sql += " AND path>?4 AND path<?5";

        var select = connection.Prepare(sql).Bind(1, table.Number).Bind(2, LogId.First(revision + 1)).Bind(3, revision);
        return parent is null ? select : select.BindText(4, Paths.FirstBelow(parent)).BindText(5, Paths.BehindBelow(parent));
    }

    private static ColumnValue[] KeysOf(QueryPlan plan, Statement row, byte[] value)
    {
        var keys = new ColumnValue[plan.Order.Length + 1];
        if (plan.Order.Length > 0)
        {
            var fields = plan.Table.FieldReader.Read(value);
            for (int i = 0; i < plan.Order.Length; i++) keys[i] = fields[plan.Table.Fields.IndexOf(plan.Order[i])];
        }

        keys[^1] = ColumnValue.Of(row.Bytes(0).ToArray());
        return keys;
    }
}

/// <param name="Keys">The values of the order's fields, then the path.</param>
internal sealed record SupersededRow(ColumnValue[] Keys, Entry Entry);

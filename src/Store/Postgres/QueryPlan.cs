using System.Collections.Immutable;
using Npgsql;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>
/// A query against one form of its collection, and the statements for it. Every index is (column, path): one point of a column is in the
/// order of paths, a whole index in the order of its column.
/// </summary>
internal sealed class QueryPlan
{
    /// <summary>Where the columns of the order stand in a page's rows: behind path, revision, update time and value.</summary>
    public const int OrderColumnsStart = 4;

    private readonly CollectionTable _table;
    private readonly Query _query;
    private readonly byte[][]? _after; // the cursor's columns

    private QueryPlan(CollectionTable table, Query query, ImmutableArray<FieldColumn> order)
    {
        _table = table;
        _query = query;
        Order = order;
        Filter = ColumnFilter.Of(query.Filter, table.FindReady, ColumnForm.TextBytesMax);
        IsPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        if (query.After is not { } after) return;

        if (after.Values.Length != order.Length)
            throw new ArgumentException($"The cursor has {after.Values.Length} values; the order has {order.Length} fields.");

        PathText.Check(after.Path);
        _after = new byte[order.Length][];
        for (int i = 0; i < order.Length; i++) _after[i] = ColumnForm.EncodeCursor(after.Values[i], order[i].Field.IsTimestamp);
    }

    public ColumnFilter Filter { get; }

    public CollectionTable Table => _table;

    public ImmutableArray<FieldColumn> Order { get; }

    private bool IsPathDescending { get; }

    /// <returns>Null when a field of the order is not indexed (any more): <paramref name="missing"/>.</returns>
    /// <exception cref="ArgumentException">The cursor is not one of this order.</exception>
    public static QueryPlan? Of(Query query, CollectionTable table, out string? missing) =>
        OrderColumns.Of(query, table.FindReady, out missing) is { } order ? new(table, query, order) : null;

    /// <summary>Columns: path, revision, update time, value, then the order's. One row more than the page, or than may be read for it.</summary>
    public NpgsqlBatchCommand PageCommand(string before = "")
    {
        var sql = new QueryText();
        sql.Add("SELECT path,revision,update_time,value");
        foreach (var column in Order) sql.Add(",").Add(column.ColumnName);
        AddMatching(sql);
        if (_query.After is { } after) AddAfter(sql, after);

        sql.Add(" ORDER BY ");
        for (int i = 0; i < Order.Length; i++) sql.Add(Order[i].ColumnName).Add(_query.Order[i].Descending ? " DESC," : ",");
        sql.Add("path").Add(IsPathDescending ? " DESC" : "");

        long rows = _query.Limit + 1L + (Filter.Residual is null ? 0 : _query.ScannedMax);
        sql.Add($" LIMIT {rows}");
        return sql.ToCommand(before);
    }

    /// <summary>Column: how many rows the conditions hold for.</summary>
    public NpgsqlBatchCommand CountCommand()
    {
        var sql = new QueryText();
        sql.Add("SELECT count(*)");
        AddMatching(sql);
        return sql.ToCommand();
    }

    /// <summary>Column: the value of each row that the conditions hold for; one more than may be read.</summary>
    public NpgsqlBatchCommand MatchingCommand()
    {
        var sql = new QueryText();
        sql.Add("SELECT value");
        AddMatching(sql);
        sql.Add($" LIMIT {_query.ScannedMax + 1L}");
        return sql.ToCommand();
    }

    /// <summary>
    /// Versions that the collection had at a revision and has no more. Columns: path, revision, update time, value. At most
    /// <paramref name="rowsMax"/> rows and one.
    /// </summary>
    public NpgsqlBatchCommand SupersededCommand(long revision, int rowsMax)
    {
        var sql = new QueryText();
        sql.Add("SELECT path,old_revision,old_time,old_value FROM log");
        sql.Add($" WHERE collection={_table.Number} AND revision>{revision} AND old_revision>0 AND old_revision<={revision}");
        AddParent(sql);
        sql.Add($" LIMIT {rowsMax + 1}");
        return sql.ToCommand();
    }

    /// <summary>The order of the page.</summary>
    public int Compare(QueryRow a, QueryRow b) => Compare(a.Columns, a.Entry.Key.Path, b.Columns, b.Entry.Key.Path);

    public bool IsBehindCursor(QueryRow row) => _after is null || Compare(row.Columns, row.Entry.Key.Path, _after, _query.After!.Path) > 0;

    private int Compare(byte[][] a, string aPath, byte[][] b, string bPath)
    {
        for (int i = 0; i < Order.Length; i++)
        {
            int order = a[i].AsSpan().SequenceCompareTo(b[i]);
            if (order != 0) return _query.Order[i].Descending ? -order : order;
        }

        int byPath = PathText.Compare(aPath, bPath);
        return IsPathDescending ? -byPath : byPath;
    }

    private void AddMatching(QueryText sql)
    {
        sql.Add(" FROM ").Add(_table.Name).Add(" WHERE true");
        AddParent(sql);
        if (_query.Revision is { } revision) sql.Add($" AND revision<={revision}");
        foreach (var condition in Filter.Conditions)
        {
            sql.Add(" AND (");
            condition.Write(sql, isPlain: true);
            sql.Add(")");
        }
    }

    private void AddParent(QueryText sql)
    {
        if (_query.Parent is not { } parent) return;

        if (!PathText.CanBe(parent))
        {
            sql.Add(" AND false"); // nothing is below what can't be
            return;
        }

        sql.Add(" AND path>");
        sql.AddPath(Paths.FirstBelow(parent)).Add(" AND path<");
        sql.AddPath(Paths.BehindBelow(parent));
    }

    /// <summary>
    /// Behind the cursor. In one direction it is one comparison of rows: <c>(c1,path) > ($1,$2)</c>. In mixed
    /// directions, for <c>c1, c2 DESC</c>: <c>c1>=$1 AND (c1>$1 OR (c1=$1 AND (c2&lt;$2 OR (c2=$2 AND path&lt;$3))))</c>.
    /// </summary>
    private void AddAfter(QueryText sql, Cursor after)
    {
        sql.Add(" AND ");
        if (IsOneDirection())
        {
            sql.Add("(");
            foreach (var column in Order) sql.Add(column.ColumnName).Add(",");
            sql.Add(IsPathDescending ? "path)<(" : "path)>(");
            foreach (byte[] value in _after!) sql.AddEncoded(value).Add(",");
            sql.AddPath(after.Path).Add(")");
            return;
        }

        sql.Add(Order[0].ColumnName).Add(_query.Order[0].Descending ? "<=" : ">=");
        sql.AddEncoded(_after![0]).Add(" AND (");
        for (int i = 0; i < Order.Length; i++)
        {
            string column = Order[i].ColumnName;
            sql.Add(column).Add(_query.Order[i].Descending ? "<" : ">");
            sql.AddEncoded(_after[i]).Add(" OR (").Add(column).Add("=");
            sql.AddEncoded(_after[i]).Add(" AND (");
        }

        sql.Add("path").Add(IsPathDescending ? "<" : ">");
        sql.AddPath(after.Path);
        for (int i = 0; i < Order.Length; i++) sql.Add("))");
        sql.Add(")");
    }

    private bool IsOneDirection()
    {
        foreach (var key in _query.Order)
        {
            if (key.Descending != IsPathDescending) return false;
        }

        return true;
    }
}

/// <param name="Columns">Of the order, as the database holds them.</param>
internal sealed record QueryRow(Entry Entry, byte[][] Columns);

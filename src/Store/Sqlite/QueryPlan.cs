using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// A query against one form of its collection, and the statements for it. Which index a page is read by is
/// chosen here, by looking (<see cref="Choose"/>), and not by SQLite's statistics, which would have to be
/// kept up to date and know nothing of a single value: the chosen index's columns are written plainly, all
/// others as <c>+c1</c>, which SQLite never looks up in an index.
/// <para>
/// Every index is (column, path): one point of a column is in the order of paths, a whole index in the order
/// of its column.
/// </para>
/// </summary>
internal sealed class QueryPlan
{
    /// <summary>
    /// Up to so many rows found by a condition are read and sorted; where there are more, the page is read
    /// in its order and rows that don't fit are passed over. Near √(page × collection) both cost the same.
    /// </summary>
    public const int SortedRowsMax = 1_000;

    private readonly CollectionTable _table;
    private readonly Query _query;
    private readonly ImmutableArray<ColumnCondition> _conditions;
    private readonly ImmutableArray<FieldColumn> _order;
    private readonly bool _isPathDescending;

    private QueryPlan(CollectionTable table, Query query, ColumnFilter filter, ImmutableArray<FieldColumn> order)
    {
        _table = table;
        _query = query;
        _conditions = filter.Conditions;
        _order = order;
        _isPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        Filter = filter;
    }

    public ColumnFilter Filter { get; }

    public CollectionTable Table => _table;

    /// <summary>Where the columns of the order stand in a page's rows: behind path, revision, update time and value.</summary>
    public const int OrderColumnsStart = 4;

    public ImmutableArray<FieldColumn> Order => _order;

    /// <returns>Null when a field of the order is not indexed (any more): <paramref name="missing"/>.</returns>
    public static QueryPlan? Of(Query query, CollectionTable table, out string? missing) =>
        OrderColumns.Of(query, table.FindReady, out missing) is { } order ? new(table, query, ColumnFilter.Of(query.Filter, table.FindReady), order) : null;

    /// <summary>Decides by which index the page is read. Looks at up to <see cref="SortedRowsMax"/> rows of each index that could serve.</summary>
    public PageAccess Choose(Connection connection)
    {
        var inOrder = new PageAccess(null, IsByParent: false, IsSorted: true);
        ColumnCondition? onePoint = null;
        int candidates = 0;
        foreach (var condition in _conditions)
        {
            if (!IsCandidate(condition)) continue;
            candidates++;
            if (_order.IsEmpty && condition.IsOnePoint) onePoint ??= condition;
        }

        if (onePoint is not null) inOrder = new(onePoint, IsByParent: false, IsSorted: true);

        bool isParentCandidate = _query.Parent is not null && (!_order.IsEmpty || candidates > 0);
        if (candidates == 0 && !isParentCandidate) return inOrder;

        // One point, in the order of paths, below one parent or all: one place in one index.
        if (candidates == 1 && onePoint is not null) return inOrder;

        var best = inOrder;
        long rowsMin = SortedRowsMax;
        if (isParentCandidate)
        {
            rowsMin = CountUpTo(connection, null, rowsMin);
            if (rowsMin < SortedRowsMax) best = new(null, IsByParent: true, IsSorted: _order.IsEmpty);
        }

        foreach (var condition in _conditions)
        {
            if (!IsCandidate(condition) || rowsMin == 0) continue;

            long rows = CountUpTo(connection, condition, rowsMin);
            if (rows >= rowsMin) continue;
            rowsMin = rows;
            best = new(condition, IsByParent: false, IsSorted: _order.IsEmpty && condition.IsOnePoint);
        }

        return best;
    }

    /// <summary>
    /// Columns: path, revision, update time, value, then the order's. One row more than the page when SQL alone
    /// decides; without a limit when a residual is left.
    /// </summary>
    public SqlText PageText(PageAccess access)
    {
        var sql = new SqlText();
        sql.Add("SELECT path,revision,update_time,value");
        foreach (var column in _order) sql.Add(",").Add(column.ColumnName);
        sql.Add(" FROM ").Add(_table.Name).Add(" WHERE 1");

        bool isPathPlain = access is { IsSorted: true } && _order.IsEmpty || access.IsByParent;
        AddParent(sql, isPathPlain);
        foreach (var condition in _conditions)
        {
            sql.Add(" AND ");
            condition.Write(sql, ReferenceEquals(condition, access.Condition) || IsByOrder(access, condition));
        }

        AddRevision(sql);
        if (AfterKeys() is { } after) AddAfter(sql, after, access);

        sql.Add(" ORDER BY ");
        for (int i = 0; i < _order.Length; i++)
        {
            sql.AddColumn(_order[i].ColumnName, access.IsSorted).Add(_query.Order[i].Descending ? " DESC," : ",");
        }

        sql.AddColumn("path", access.IsSorted).Add(_isPathDescending ? " DESC" : "");
        if (Filter.Residual is null) sql.Add(" LIMIT ").AddParameter(ColumnValue.Of(_query.Limit + 1L));
        return sql;
    }

    /// <summary>Column: how many rows the conditions hold for.</summary>
    public SqlText CountText() => Matching("SELECT count(*)");

    /// <summary>Column: the value of each row that the conditions hold for.</summary>
    public SqlText MatchingText() => Matching("SELECT value");

    private SqlText Matching(string select)
    {
        var sql = new SqlText();
        sql.Add(select).Add(" FROM ").Add(_table.Name).Add(" WHERE 1");
        AddParent(sql, isPlain: true);
        foreach (var condition in _conditions)
        {
            sql.Add(" AND ");
            condition.Write(sql, isPlain: true);
        }

        AddRevision(sql);
        return sql;
    }

    /// <summary>Of an earlier revision the rows that are as they were then; the others are in the log.</summary>
    private void AddRevision(SqlText sql)
    {
        if (_query.Revision is { } revision) sql.Add(" AND revision<=").AddParameter(ColumnValue.Of(revision));
    }

    /// <summary>Where the cursor stands among the rows.</summary>
    /// <exception cref="ArgumentException">It is not of this order.</exception>
    public ColumnValue[]? AfterKeys()
    {
        if (_query.After is not { } after) return null;

        if (after.Values.Length != _order.Length)
            throw new ArgumentException($"The cursor has {after.Values.Length} values; the order has {_order.Length} fields.");

        var keys = new ColumnValue[_order.Length + 1];
        for (int i = 0; i < _order.Length; i++) keys[i] = ColumnValue.Of(after.Values[i], _order[i].Field.IsTimestamp);
        keys[^1] = ColumnValue.Of(after.Path);
        return keys;
    }

    /// <summary>The page's order, over the values of the order's fields and the path.</summary>
    public int Compare(ColumnValue[] a, ColumnValue[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            int compared = ColumnValue.Compare(a[i], b[i]);
            bool isDescending = i < _order.Length ? _query.Order[i].Descending : _isPathDescending;
            if (compared != 0) return isDescending ? -compared : compared;
        }

        return 0;
    }

    /// <param name="condition">Null: the entries of the parent.</param>
    private long CountUpTo(Connection connection, ColumnCondition? condition, long rowsMax)
    {
        var sql = new SqlText();
        sql.Add("SELECT count(*) FROM (SELECT 1 FROM ").Add(_table.Name).Add(" WHERE 1");
        if (condition is null)
        {
            AddParent(sql, isPlain: true);
        }
        else
        {
            sql.Add(" AND ");
            condition.Write(sql, isPlain: true);
        }

        sql.Add(" LIMIT ").AddParameter(ColumnValue.Of(rowsMax)).Add(")");
        using var statement = sql.Prepare(connection);
        statement.Step();
        return statement.Int64(0);
    }

    /// <summary>Whether a page could be read by the condition's index and be sorted then. One on the first field of the order only narrows the order's own index.</summary>
    private bool IsCandidate(ColumnCondition condition) =>
        condition.IsIndexable && (_order.IsEmpty || !ReferenceEquals(condition.OnlyColumn, _order[0]));

    private bool IsByOrder(PageAccess access, ColumnCondition condition) =>
        access is { IsSorted: true, Condition: null } && !_order.IsEmpty && ReferenceEquals(condition.OnlyColumn, _order[0]);

    private void AddParent(SqlText sql, bool isPlain)
    {
        if (_query.Parent is not { } parent) return;

        sql.Add(" AND ").AddColumn("path", isPlain).Add(">").AddParameter(ColumnValue.Of(Paths.FirstBelow(parent)));
        sql.Add(" AND ").AddColumn("path", isPlain).Add("<").AddParameter(ColumnValue.Of(Paths.BehindBelow(parent)));
    }

    /// <summary>
    /// Behind the cursor. In one direction it is one comparison of rows: <c>(c1,path) > (?,?)</c>. In mixed
    /// directions, for <c>c1, c2 DESC</c>: <c>c1>=? AND (c1>? OR (c1=? AND (c2&lt;? OR (c2=? AND path&lt;?))))</c>.
    /// </summary>
    private void AddAfter(SqlText sql, ColumnValue[] values, PageAccess access)
    {
        bool isPlain = access is { IsSorted: true } || (access.IsByParent && _order.IsEmpty);
        sql.Add(" AND ");
        if (IsOneDirection())
        {
            AddRow(sql, isPlain);
            sql.Add(_isPathDescending ? "<(" : ">(");
            for (int i = 0; i < values.Length; i++)
            {
                if (i > 0) sql.Add(",");
                sql.AddParameter(values[i]);
            }

            sql.Add(")");
            return;
        }

        sql.AddColumn(_order[0].ColumnName, isPlain).Add(_query.Order[0].Descending ? "<=" : ">=").AddParameter(values[0]);
        sql.Add(" AND (");
        for (int i = 0; i < _order.Length; i++)
        {
            string column = _order[i].ColumnName;
            sql.AddColumn(column, isPlain: false).Add(_query.Order[i].Descending ? "<" : ">").AddParameter(values[i]);
            sql.Add(" OR (").AddColumn(column, isPlain: false).Add("=").AddParameter(values[i]).Add(" AND (");
        }

        sql.AddColumn("path", isPlain: false).Add(_isPathDescending ? "<" : ">").AddParameter(values[^1]);
        for (int i = 0; i < _order.Length; i++) sql.Add("))");
        sql.Add(")");
    }

    private void AddRow(SqlText sql, bool isPlain)
    {
        sql.Add("(");
        foreach (var column in _order) sql.AddColumn(column.ColumnName, isPlain).Add(",");
        sql.AddColumn("path", isPlain).Add(")");
    }

    private bool IsOneDirection()
    {
        foreach (var key in _query.Order)
        {
            if (key.Descending != _isPathDescending) return false;
        }

        return true;
    }
}

/// <summary>By which index a page is read: by a condition's, by the path (of one parent), or by the one in whose order the page is.</summary>
/// <param name="IsSorted">The index gives the rows in the page's order; otherwise they are sorted.</param>
internal sealed record PageAccess(ColumnCondition? Condition, bool IsByParent, bool IsSorted);

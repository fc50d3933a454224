using System.Collections.Immutable;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>Answers one query over one collection as it is, or was, at one revision.</summary>
internal sealed class QueryRun
{
    /// <summary>Up to so many rows found by a condition are taken and sorted, rather than walking through all in order.</summary>
    private const int SortedRowsMax = 1_000;

    /// <summary>Bytes that are parsed for one query, however few the rows are that they belong to.</summary>
    private const long ScannedBytesMax = 256 << 20;

    private readonly Rows _rows;
    private readonly Query _query;
    private readonly ColumnFilter _filter;
    private readonly ImmutableArray<FieldColumn> _order;
    private readonly bool _isPathDescending;
    private readonly Row? _after;
    private readonly CancellationToken _ct;
    private long _scannedBytes;

    private QueryRun(Rows rows, Query query, ImmutableArray<FieldColumn> order, CancellationToken ct)
    {
        (_rows, _query, _order, _ct) = (rows, query, order, ct);
        _filter = ColumnFilter.Of(query.Filter, rows.Fields.Find);
        _isPathDescending = !query.Order.IsEmpty && query.Order[^1].Descending;
        _after = query.After is { } after ? PlaceOf(after) : null;
    }

    /// <param name="revision">What the rows are true for.</param>
    public static QueryResult Answer(Rows rows, Query query, long revision, CancellationToken ct)
    {
        if (OrderColumns.Of(query, rows.Fields.Find, out string? missing) is not { } order)
            return new QueryResult.Unavailable($"The field '{missing}' of '{query.Collection}' is not indexed.");

        var run = new QueryRun(rows, query, order, ct);
        long? total = null;
        if (run.ReadPage() is not var (entries, next) || (query.Count && (total = run.Count()) is null))
            return new QueryResult.TooManyScanned(run._filter.Unindexed, query.ScannedMax);
        return new QueryResult.Page(entries, next, revision, total);
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private (ImmutableArray<Entry> Entries, Cursor? Next)? ReadPage()
    {
        var page = ImmutableArray.CreateBuilder<Entry>();
        Cursor? last = null;
        int dropped = 0;
        int bytes = 0;
        foreach (var row in InOrder())
        {
            if (_filter.Residual is { } residual && !Holds(residual, row.Entry.Value))
            {
                if (++dropped <= _query.ScannedMax && _scannedBytes <= ScannedBytesMax) continue;

                // A page that is full is an answer, though nobody knows whether another row follows.
                return last is not null ? (page.DrainToImmutable(), last) : null;
            }

            if (page.Count == _query.Limit || bytes >= _query.BytesMax) return (page.DrainToImmutable(), last);

            page.Add(row.Entry);
            bytes += row.Entry.Value.Length;
            if (page.Count == _query.Limit || bytes >= _query.BytesMax) last = CursorAt(row);
        }

        return (page.DrainToImmutable(), null);
    }

    /// <returns>Null when too many rows were read for nothing.</returns>
    private long? Count()
    {
        var span = Smallest(out _);
        if (_filter.Residual is null && _filter.Conditions.IsEmpty) return span.Count;

        long total = 0;
        int read = 0;
        for (int i = span.Start; i < span.End; i++)
        {
            var row = span.Rows[i];
            if (!IsCandidate(row)) continue;
            if (_filter.Residual is { } residual)
            {
                if (++read > _query.ScannedMax || _scannedBytes > ScannedBytesMax) return null;
                if (!Holds(residual, row.Entry.Value)) continue;
            }

            total++;
        }

        return total;
    }

    /// <summary>The rows that the conditions hold for, behind the cursor, in the page's order.</summary>
    private IEnumerable<Row> InOrder()
    {
        var span = Smallest(out var point);
        if (_order.IsEmpty && point is not null) return Walk(Behind(span, point), _isPathDescending);
        if (span.Count > SortedRowsMax && Walkable() is { } walk) return Walk(walk.Span, walk.IsBackwards);
        if (span.Rows == _rows.ByPath && _order.IsEmpty) return Walk(Behind(span), _isPathDescending);
        return Sorted(span);
    }

    private List<Row> Sorted(RowSpan span)
    {
        var found = new List<Row>();
        for (int i = span.Start; i < span.End; i++)
        {
            _ct.ThrowIfCancellationRequested();
            var row = span.Rows[i];
            if (IsCandidate(row) && (_after is null || Compare(row, _after) > 0)) found.Add(row);
        }

        found.Sort(Compare);
        return found;
    }

    private IEnumerable<Row> Walk(RowSpan span, bool isBackwards)
    {
        for (int i = 0; i < span.Count; i++)
        {
            _ct.ThrowIfCancellationRequested();
            var row = span.Rows[isBackwards ? span.End - 1 - i : span.Start + i];
            if (IsCandidate(row)) yield return row;
        }
    }

    /// <summary>The fewest rows that hold all that match.</summary>
    /// <param name="point">The condition that they are of, if it is one on a single value: they are in the order of their paths.</param>
    private RowSpan Smallest(out ColumnCondition.Points? point)
    {
        point = null;
        var best = _query.Parent is { } parent ? _rows.Below(parent) : RowSpan.All(_rows.ByPath);
        foreach (var condition in _filter.Conditions)
        {
            if (SpanOf(condition) is not { } span || span.Count >= best.Count) continue;

            best = span;
            point = condition as ColumnCondition.Points;
        }

        return best;
    }

    /// <summary>The rows behind the cursor by an index that has them in the page's order; null when none has.</summary>
    private (RowSpan Span, bool IsBackwards)? Walkable()
    {
        if (_order.IsEmpty)
        {
            var paths = _query.Parent is { } parent ? _rows.Below(parent) : RowSpan.All(_rows.ByPath);
            return (Behind(paths), _isPathDescending);
        }

        if (_order.Length > 1 || _query.Order[0].Descending != _isPathDescending) return null;

        var span = RowSpan.All(_rows.ByField(_order[0]));
        foreach (var condition in _filter.Conditions)
        {
            if (ReferenceEquals(condition.OnlyColumn, _order[0]) && SpanOf(condition) is { } narrower) span = span.And(narrower);
        }

        return (Behind(span), _isPathDescending);
    }

    /// <param name="point">The condition that the rows are of, when they are those of one value in the index of a field.</param>
    private RowSpan Behind(RowSpan span, ColumnCondition.Points? point = null)
    {
        if (_after is null) return span;

        int index = span.Rows.IndexOf(point is null ? _after : Row.At(point.Column.Column - 1, point.Values[0], _after.Path));
        int place = index >= 0 ? index : ~index;
        return _isPathDescending
            ? span with { End = Math.Min(span.End, place) }
            : span with { Start = Math.Max(span.Start, index >= 0 ? index + 1 : place) };
    }

    private RowSpan? SpanOf(ColumnCondition condition) => condition switch
    {
        ColumnCondition.Points { IsNegated: false, Values: [var value] } point => _rows.With(point.Column, value, _query.Parent),
        ColumnCondition.Range range => _rows.Between(range.Column, range.Low, range.High),
        ColumnCondition.Never => new(_rows.ByPath, 0, 0),
        _ => null,
    };

    /// <summary>All but the residual and the cursor.</summary>
    private bool IsCandidate(Row row)
    {
        if (_query.Parent is { } parent && !NetWrites.IsBelow(row.Path, parent)) return false;
        foreach (var condition in _filter.Conditions)
        {
            if (!Holds(condition, row)) return false;
        }

        return true;
    }

    private static bool Holds(ColumnCondition condition, Row row)
    {
        switch (condition)
        {
            case ColumnCondition.Always: return true;
            case ColumnCondition.Never: return false;
            case ColumnCondition.Points points:
                foreach (var value in points.Values)
                {
                    if (ColumnValue.Compare(row.Columns[points.Column.Column - 1], value) == 0) return !points.IsNegated;
                }

                return points.IsNegated;
            case ColumnCondition.Range range:
                var column = row.Columns[range.Column.Column - 1];
                if (range.Low is { } low && ColumnValue.Compare(column, low.Value) is var above && (above < 0 || (above == 0 && !low.IsIncluded))) return false;
                return range.High is not { } high || ColumnValue.Compare(column, high.Value) is var below && (below < 0 || (below == 0 && high.IsIncluded));
            case ColumnCondition.All all:
                foreach (var part in all.Parts)
                {
                    if (!Holds(part, row)) return false;
                }

                return true;
            case ColumnCondition.Any any:
                foreach (var part in any.Parts)
                {
                    if (Holds(part, row)) return true;
                }

                return false;
            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    private bool Holds(Expression residual, ReadOnlyMemory<byte> json)
    {
        _ct.ThrowIfCancellationRequested();
        _scannedBytes += json.Length;
        return StoredJson.Holds(residual, json.Span, _query.Visible);
    }

    private int Compare(Row a, Row b)
    {
        for (int i = 0; i < _order.Length; i++)
        {
            int slot = _order[i].Column - 1;
            int order = ColumnValue.Compare(a.Columns[slot], b.Columns[slot]);
            if (order != 0) return _query.Order[i].Descending ? -order : order;
        }

        int paths = string.CompareOrdinal(a.Path, b.Path);
        return _isPathDescending ? -paths : paths;
    }

    private Row PlaceOf(Cursor after)
    {
        if (after.Values.Length != _order.Length)
            throw new ArgumentException($"The cursor has {after.Values.Length} values; the order has {_order.Length} fields.");

        var columns = new ColumnValue[_rows.Fields.Fields.Length];
        for (int i = 0; i < _order.Length; i++)
            columns[_order[i].Column - 1] = ColumnValue.Of(after.Values[i], _order[i].Field.IsTimestamp);
        return Row.At(after.Path, columns);
    }

    private Cursor CursorAt(Row row)
    {
        var values = ImmutableArray.CreateBuilder<Value>(_order.Length);
        foreach (var column in _order) values.Add(row.Columns[column.Column - 1].ToValue(column.Field.IsTimestamp));
        return new(values.DrainToImmutable(), row.Path);
    }
}

using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>An entry with its indexed fields, or a place to look for in an order of rows.</summary>
internal sealed class Row
{
    private Row(string path, Entry? entry, ColumnValue[] columns, int edge) =>
        (Path, _entry, Columns, Edge) = (path, entry, columns, edge);

    private readonly Entry? _entry;

    public string Path { get; }

    public Entry Entry => _entry ?? throw new InvalidOperationException("A place has no entry.");

    public ColumnValue[] Columns { get; }

    /// <summary>-1: before all paths of its column value, 1: behind them, 0: at the path.</summary>
    public int Edge { get; }

    public static Row Of(Entry entry, ColumnValue[] columns) => new(entry.Key.Path, entry, columns, 0);

    public static Row At(string path, ColumnValue[]? columns = null) => new(path, null, columns ?? [], 0);

    /// <summary>A place in the order of one column.</summary>
    public static Row At(int slot, ColumnValue value, string path, int edge = 0)
    {
        var columns = new ColumnValue[slot + 1];
        columns[slot] = value;
        return new(path, null, columns, edge);
    }
}

/// <summary>By path.</summary>
internal sealed class PathOrder : IComparer<Row>
{
    public static readonly PathOrder Instance = new();

    public int Compare(Row? a, Row? b) => string.CompareOrdinal(a!.Path, b!.Path); // sets hold no null
}

/// <summary>By one column, and by path where it is equal.</summary>
internal sealed class ColumnOrder(int slot) : IComparer<Row>
{
    public int Compare(Row? a, Row? b)
    {
        int order = ColumnValue.Compare(a!.Columns[slot], b!.Columns[slot]); // sets hold no null
        if (order != 0) return order;
        if (a.Edge != b.Edge) return a.Edge.CompareTo(b.Edge);
        return a.Edge != 0 ? 0 : string.CompareOrdinal(a.Path, b.Path);
    }
}

/// <summary>A part of an ordered set, by positions: from the first to the one before <see cref="End"/>.</summary>
internal readonly record struct RowSpan(ImmutableSortedSet<Row> Rows, int Start, int End)
{
    public int Count => Math.Max(0, End - Start);

    public static RowSpan All(ImmutableSortedSet<Row> rows) => new(rows, 0, rows.Count);

    /// <summary>How many rows stand before the place.</summary>
    public static int Before(ImmutableSortedSet<Row> rows, Row place)
    {
        int index = rows.IndexOf(place);
        return index >= 0 ? index : ~index;
    }

    public RowSpan And(RowSpan other) => new(Rows, Math.Max(Start, other.Start), Math.Min(End, other.End));
}

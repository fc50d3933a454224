using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>
/// A collection at one revision, immutable: its rows by path, and by each indexed field. Sets are trees that share
/// with their predecessor all but the nodes that a change touches.
/// </summary>
internal sealed class Rows
{
    private readonly ImmutableSortedSet<Row> _byPath;
    private readonly ImmutableArray<ImmutableSortedSet<Row>> _byField;

    private Rows(string collection, FieldSet? fields, ImmutableSortedSet<Row> byPath, ImmutableArray<ImmutableSortedSet<Row>> byField) =>
        (Collection, _declared, _byPath, _byField) = (collection, fields, byPath, byField);

    private readonly FieldSet? _declared;

    public string Collection { get; }

    public FieldSet Fields => _declared ?? FieldSet.None;

    public bool IsDeclared => _declared is not null;

    public int Count => _byPath.Count;

    public ImmutableSortedSet<Row> ByPath => _byPath;

    /// <param name="fields">Null: the collection is not declared on this node.</param>
    public static Rows Of(string collection, FieldSet? fields, List<Entry> entries)
    {
        var reader = (fields ?? FieldSet.None).Reader;
        var rows = new List<Row>(entries.Count);
        foreach (var entry in entries) rows.Add(Row.Of(entry, ReadColumns(reader, entry)));
        return Sorted(collection, fields, rows);
    }

    public ImmutableSortedSet<Row> ByField(FieldColumn column) => _byField[column.Column - 1];

    public Row? Find(string path) => _byPath.TryGetValue(Row.At(path), out var found) ? found : null;

    public Entry? FindEntry(string path) => Find(path)?.Entry;

    /// <summary>The rows below a parent.</summary>
    public RowSpan Below(string parent) =>
        new(_byPath, RowSpan.Before(_byPath, Row.At(Paths.FirstBelow(parent))), RowSpan.Before(_byPath, Row.At(Paths.BehindBelow(parent))));

    /// <summary>The rows that have this value in this field, by path.</summary>
    /// <param name="parent">Only those below it; null: all.</param>
    public RowSpan With(FieldColumn column, ColumnValue value, string? parent = null)
    {
        if (parent is null) return Between(column, new(value, true), new(value, true));

        var set = ByField(column);
        int slot = column.Column - 1;
        return new(
            set, RowSpan.Before(set, Row.At(slot, value, Paths.FirstBelow(parent))), RowSpan.Before(set, Row.At(slot, value, Paths.BehindBelow(parent))));
    }

    public RowSpan Between(FieldColumn column, Bound? low, Bound? high)
    {
        var set = ByField(column);
        int slot = column.Column - 1;
        int start = low is { } first ? RowSpan.Before(set, Row.At(slot, first.Value, "", first.IsIncluded ? -1 : 1)) : 0;
        int end = high is { } last ? RowSpan.Before(set, Row.At(slot, last.Value, "", last.IsIncluded ? 1 : -1)) : set.Count;
        return new(set, start, end);
    }

    public Rows Declare(FieldSet fields)
    {
        if (_declared is not null && _declared.IsSame(fields.Fields)) return this;

        var rows = new List<Row>(_byPath.Count);
        foreach (var row in _byPath) rows.Add(Row.Of(row.Entry, ReadColumns(fields.Reader, row.Entry)));
        return Sorted(Collection, fields, rows);
    }

    /// <summary>Applies changes, one for each path.</summary>
    public Rows With(List<RowChange> changes)
    {
        var byPath = _byPath.ToBuilder();
        var byField = new ImmutableSortedSet<Row>.Builder[_byField.Length];
        for (int i = 0; i < byField.Length; i++) byField[i] = _byField[i].ToBuilder();

        foreach (var change in changes)
        {
            if (byPath.TryGetValue(Row.At(change.Key.Path), out var old))
            {
                byPath.Remove(old);
                foreach (var field in byField) field.Remove(old);
            }

            if (change.After is not { } entry) continue;
            var row = Row.Of(entry, change.ColumnsFor(Fields));
            byPath.Add(row);
            foreach (var field in byField) field.Add(row);
        }

        var fields = ImmutableArray.CreateBuilder<ImmutableSortedSet<Row>>(byField.Length);
        foreach (var field in byField) fields.Add(field.ToImmutable());
        return new(Collection, _declared, byPath.ToImmutable(), fields.DrainToImmutable());
    }

    /// <summary>What an index has that a walk over the paths does not tell; null when all is well.</summary>
    public string? FindFault()
    {
        foreach (var set in _byField)
        {
            if (set.Count != _byPath.Count) return $"an index of {Collection} has {set.Count} rows, not {_byPath.Count}";
        }

        foreach (var row in _byPath)
        {
            var columns = ReadColumns(Fields.Reader, row.Entry);
            for (int i = 0; i < columns.Length; i++)
            {
                if (ColumnValue.Compare(columns[i], row.Columns[i]) != 0 || !_byField[i].Contains(row))
                    return $"the index of {Collection} on '{Fields.Fields[i].Name}' does not agree with the value of {row.Path}";
            }
        }

        return null;
    }

    public static ColumnValue[] ReadColumns(FieldReader reader, Entry entry)
    {
        try
        {
            return reader.Read(entry.Value);
        }
        catch (System.Text.Json.JsonException)
        {
            // Written by somebody else; it is found by its path and by nothing else, and a check tells of it.
            return reader.Read("{}"u8.ToArray());
        }
    }

    private static Rows Sorted(string collection, FieldSet? fields, List<Row> rows)
    {
        var byField = ImmutableArray.CreateBuilder<ImmutableSortedSet<Row>>();
        for (int i = 0; i < (fields?.Fields.Length ?? 0); i++) byField.Add(ImmutableSortedSet.CreateRange(new ColumnOrder(i), rows));
        return new(collection, fields, ImmutableSortedSet.CreateRange(PathOrder.Instance, rows), byField.DrainToImmutable());
    }
}

/// <param name="After">Null: deleted.</param>
/// <param name="Fields">What <paramref name="Columns"/> were taken out for.</param>
internal readonly record struct RowChange(Key Key, Entry? After, FieldSet? Fields = null, ColumnValue[]? Columns = null)
{
    public ColumnValue[] ColumnsFor(FieldSet fields) =>
        ReferenceEquals(fields, Fields) && Columns is not null ? Columns : Rows.ReadColumns(fields.Reader, After!); // of a change with an entry
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>The indexed fields of a collection on this node. The column numbered n is at n - 1 in a row.</summary>
internal sealed class FieldSet
{
    private readonly FrozenDictionary<string, FieldColumn> _byName;

    public FieldSet(ImmutableArray<IndexedField> fields)
    {
        Fields = fields;
        Reader = new(fields);
        _byName = fields
            .Select((field, i) => new FieldColumn(field, i + 1, IsReady: true))
            .ToFrozenDictionary(column => column.Field.Name, StringComparer.Ordinal);
    }

    public static FieldSet None { get; } = new([]);

    public ImmutableArray<IndexedField> Fields { get; }

    public FieldReader Reader { get; }

    public FieldColumn? Find(string field) => _byName.GetValueOrDefault(field);

    public bool IsSame(ImmutableArray<IndexedField> other)
    {
        if (other.Length != Fields.Length) return false;
        foreach (var field in other)
        {
            if (Find(field.Name) is not { } column || column.Field.IsTimestamp != field.IsTimestamp
                || !column.Field.Path.AsSpan().SequenceEqual(field.Path.AsSpan())) return false;
        }

        return true;
    }
}

using System.Buffers;
using System.Text.Json;
using Stateway.Collections.Patches;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Representations;

/// <summary>
/// Which parts of a resource are kept: what <c>fields</c> asks for, and nothing that is writeOnly. Values that are
/// kept whole are copied as they are; an array is masked item by item. Masks of recursive schemas are cyclic.
/// </summary>
internal sealed class Mask
{
    /// <summary>Keeps everything.</summary>
    public static readonly Mask All = new();

    private readonly Dictionary<string, Mask?> _parts = new(StringComparer.Ordinal); // null: dropped
    private Mask? _others; // of names that are not among the parts; null: dropped
    private Mask? _items;  // of an array's items; null: this very mask

    private Mask()
    {
    }

    public bool IsAll => ReferenceEquals(this, All);

    /// <summary>Names of the properties that are dropped one by one.</summary>
    public IEnumerable<string> Dropped => _parts.Where(p => p.Value is null).Select(p => p.Key);

    /// <summary>Leaves the writeOnly fields out; null when there are none.</summary>
    public static Mask? WithoutWriteOnly(Shape shape) => Without(shape, property => property.WriteOnly);

    /// <summary>Leaves the properties out that a condition holds for; null when there are none.</summary>
    public static Mask? Without(Shape shape, Func<Shape, bool> isDropped)
    {
        var masks = new Dictionary<Shape, Mask>(ReferenceEqualityComparer.Instance);
        var root = Build(shape);
        var effective = Effective(masks.Values);
        foreach (var mask in masks.Values)
        {
            foreach (var (name, part) in mask._parts.ToArray())
            {
                if (part is not null && !effective.Contains(part)) mask._parts[name] = All;
            }

            if (!effective.Contains(mask._others!)) mask._others = All;
            if (!effective.Contains(mask._items!)) mask._items = All;
        }

        return effective.Contains(root) ? root : null;

        Mask Build(Shape of)
        {
            if (masks.TryGetValue(of, out var mask)) return mask;

            masks.Add(of, mask = new()); // before its parts: a shape may contain itself
            foreach (var (name, property) in of.Properties) mask._parts[name] = isDropped(property) ? null : Build(property);
            mask._others = of.AdditionalProperties is { } additional ? Build(additional) : All;
            mask._items = of.Items is { } items ? Build(items) : All;
            return mask;
        }
    }

    /// <summary>Those that drop something, or lead to one that does.</summary>
    private static HashSet<Mask> Effective(IReadOnlyCollection<Mask> masks)
    {
        var effective = new HashSet<Mask>();
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (var mask in masks)
            {
                if (effective.Contains(mask)) continue;
                if (effective.Contains(mask._others!) || effective.Contains(mask._items!) || mask._parts.Values.Any(p => p is null || effective.Contains(p)))
                    changed |= effective.Add(mask);
            }
        }

        return effective;
    }

    /// <summary>Parses a <c>fields</c> parameter: <c>name,address.city</c>. The id always comes along.</summary>
    /// <returns>Null and the unknown name when a field is not in the schema, or is never served.</returns>
    public static Mask? OfFields(string text, Shape shape, Mask? writeOnly, out string? unknown)
    {
        unknown = null;
        var mask = new Mask();
        mask._parts["id"] = All;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!FieldPath.TryFind(name, shape, out var field) || !mask.TryAdd(field, writeOnly ?? All))
            {
                unknown = name;
                return null;
            }
        }

        return mask;
    }

    private bool TryAdd(FieldPath field, Mask served)
    {
        var node = this;
        bool isDone = false;
        for (int i = 0; i < field.Segments.Length; i++)
        {
            string segment = field.Segments[i];
            if (served.InItems(segment) is not { } part) return false;

            served = part;
            if (isDone) continue;

            // A mask with others is of a whole value, and shared: it is never added to.
            node._parts.TryGetValue(segment, out var next);
            isDone = next is { IsAll: true } or { _others: not null };
            if (isDone) continue;
            if (i == field.Segments.Length - 1) node._parts[segment] = served;
            else node = node._parts[segment] = next ?? new();
        }

        return true;
    }

    /// <summary>The mask of a property's value; null when it is dropped.</summary>
    public Mask? Part(string name) => IsAll ? All : _parts.TryGetValue(name, out var part) ? part : _others;

    /// <summary>The same, where the name stands behind an array: it is a property of the items.</summary>
    private Mask? InItems(string name) =>
        IsAll || _parts.ContainsKey(name) || _items is not { IsAll: false } items || ReferenceEquals(items, this) ? Part(name) : items.InItems(name);

    /// <summary>The mask of an array's items.</summary>
    public Mask Items => IsAll ? All : _items ?? this;

    /// <summary>The mask of what a JSON pointer leads to; null when it is dropped.</summary>
    public Mask? At(ReadOnlySpan<string> tokens)
    {
        var mask = this;
        foreach (string token in tokens)
        {
            bool isItem = !mask._parts.ContainsKey(token) && !mask.Items.IsAll && (token is "-" || JsonPointer.TryParseIndex(token, out _));
            if ((isItem ? mask.Items : mask.Part(token)) is not { } next) return null;
            mask = next;
        }

        return mask;
    }

    public void Write(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Write(ref reader, json, output);
    }

    private void Write(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        if (reader.TokenType == JsonTokenType.StartArray && !IsAll)
        {
            output.Write("["u8);
            bool first = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!first) output.Write(","u8);
                first = false;
                Items.Write(ref reader, json, output);
            }

            output.Write("]"u8);
        }
        else if (reader.TokenType == JsonTokenType.StartObject && !IsAll)
        {
            output.Write("{"u8);
            bool first = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var part = Part(reader.GetString()!);
                int nameStart = (int)reader.TokenStartIndex;
                reader.Read();
                int valueStart = (int)reader.TokenStartIndex;
                if (part is null)
                {
                    reader.Skip();
                    continue;
                }

                if (!first) output.Write(","u8);
                first = false;
                output.Write(json[nameStart..valueStart]);
                part.Write(ref reader, json, output);
            }

            output.Write("}"u8);
        }
        else
        {
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            output.Write(json[start..(int)reader.BytesConsumed]);
        }
    }
}

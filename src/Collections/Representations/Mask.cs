using System.Buffers;
using System.Text.Json;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Representations;

/// <summary>
/// Which parts of a resource are served: what <c>fields</c> asks for, and nothing that is writeOnly. Values that are
/// kept whole are copied as they are; an array is masked item by item.
/// </summary>
internal sealed class Mask
{
    private readonly bool _keepsOthers;
    private readonly Dictionary<string, Mask?> _parts = new(StringComparer.Ordinal); // null: dropped

    private Mask(bool keepsOthers) => _keepsOthers = keepsOthers;

    private static readonly Mask All = new(keepsOthers: true);

    private bool IsAll => _keepsOthers && _parts.Count == 0;

    /// <summary>Leaves the writeOnly fields out; null when there are none.</summary>
    public static Mask? WithoutWriteOnly(Shape shape) => WithoutWriteOnly(shape, depth: 0);

    private static Mask? WithoutWriteOnly(Shape shape, int depth)
    {
        if (depth > 16) return null; // a recursive schema: deeper than this its writeOnly fields would have to be data

        var inner = shape.Items is { } items ? WithoutWriteOnly(items, depth + 1) : null;
        if (shape.Properties.IsEmpty) return inner;

        Mask? mask = null;
        foreach (var (name, property) in shape.Properties)
        {
            if (property.WriteOnly) (mask ??= new(keepsOthers: true))._parts[name] = null;
            else if (WithoutWriteOnly(property, depth + 1) is { } part) (mask ??= new(keepsOthers: true))._parts[name] = part;
        }

        return mask;
    }

    /// <summary>Parses a <c>fields</c> parameter: <c>name,address.city</c>. The id always comes along.</summary>
    /// <returns>Null and the unknown name when a field is not in the schema.</returns>
    public static Mask? OfFields(string text, Shape shape, Mask? writeOnly, out string? unknown)
    {
        unknown = null;
        var mask = new Mask(keepsOthers: false);
        mask._parts["id"] = All;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!FieldPath.TryFind(name, shape, out var field) || field.Shape.WriteOnly)
            {
                unknown = name;
                return null;
            }

            var node = mask;
            var hidden = writeOnly;
            for (int i = 0; i < field.Segments.Length; i++)
            {
                string segment = field.Segments[i];
                hidden = hidden?._parts.GetValueOrDefault(segment);
                node._parts.TryGetValue(segment, out var next);
                if (next is { IsAll: true }) break;

                if (i == field.Segments.Length - 1) node._parts[segment] = hidden ?? All;
                else node = node._parts[segment] = next ?? new(keepsOthers: false);
            }
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
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            output.Write("["u8);
            bool first = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (!first) output.Write(","u8);
                first = false;
                Write(ref reader, json, output);
            }

            output.Write("]"u8);
        }
        else if (reader.TokenType == JsonTokenType.StartObject && !IsAll)
        {
            output.Write("{"u8);
            bool first = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                int nameStart = (int)reader.TokenStartIndex;
                reader.Read();
                int valueStart = (int)reader.TokenStartIndex;
                var part = _parts.TryGetValue(name, out var found) ? found : _keepsOthers ? All : null;
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

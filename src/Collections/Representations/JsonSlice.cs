using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Collections.Representations;

/// <summary>Finds parts of a JSON text without parsing it into a tree.</summary>
internal static class JsonSlice
{
    /// <summary>The bytes of the value at a path of property names; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> json, ImmutableArray<string> path)
    {
        var slice = json;
        foreach (string name in path)
        {
            slice = Find(slice, name);
            if (slice.IsEmpty) break;
        }

        return slice;
    }

    /// <summary>The bytes of a property's value; empty when there is none, or when this is no object.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> json, string name)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return default;

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isIt = reader.ValueTextEquals(name);
            reader.Read();
            int start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isIt) return json[start..(int)reader.BytesConsumed];
        }

        return default;
    }

    /// <summary>The text of a JSON string; null when the slice is no string.</summary>
    public static string? AsString(ReadOnlySpan<byte> slice)
    {
        if (slice.IsEmpty || slice[0] != '"') return null;

        var reader = new Utf8JsonReader(slice);
        reader.Read();
        return reader.GetString();
    }
}

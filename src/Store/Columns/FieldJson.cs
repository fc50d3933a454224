using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Store.Columns;

/// <summary>
/// What a store keeps about a collection's fields; <c>column</c> and <c>ready</c> where fields have columns:
/// <c>[{"path": ["address", "city"], "timestamp": false, "column": 1, "ready": true}]</c>.
/// </summary>
internal static class FieldJson
{
    /// <exception cref="InvalidDataException">It is not as <see cref="Format(ImmutableArray{FieldColumn})"/> writes it.</exception>
    public static ImmutableArray<FieldColumn> ParseColumns(ReadOnlySpan<byte> json) =>
        Parse(json, static field => new FieldColumn(FieldOf(field), field.GetProperty("column").GetInt32(), field.GetProperty("ready").GetBoolean()));

    /// <exception cref="InvalidDataException">It is not as <see cref="Format(ImmutableArray{IndexedField})"/> writes it.</exception>
    public static ImmutableArray<IndexedField> ParseFields(ReadOnlySpan<byte> json) => Parse(json, FieldOf);

    public static ReadOnlySpan<byte> Format(ImmutableArray<FieldColumn> columns) => Format(columns, static (json, column) =>
    {
        Write(json, column.Field);
        json.WriteNumber("column", column.Column);
        json.WriteBoolean("ready", column.IsReady);
    });

    public static ReadOnlySpan<byte> Format(ImmutableArray<IndexedField> fields) => Format(fields, Write);

    private static ImmutableArray<T> Parse<T>(ReadOnlySpan<byte> json, Func<JsonElement, T> read)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return [.. document.RootElement.EnumerateArray().Select(read)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException("The fields of a collection can't be read: " + e.Message);
        }
    }

    private static ReadOnlySpan<byte> Format<T>(ImmutableArray<T> items, Action<Utf8JsonWriter, T> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var item in items)
            {
                json.WriteStartObject();
                write(json, item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan;
    }

    private static IndexedField FieldOf(JsonElement field) =>
        new([.. field.GetProperty("path").EnumerateArray().Select(name => name.GetString()!)], field.GetProperty("timestamp").GetBoolean());

    private static void Write(Utf8JsonWriter json, IndexedField field)
    {
        json.WriteStartArray("path");
        foreach (string name in field.Path) json.WriteStringValue(name);
        json.WriteEndArray();
        json.WriteBoolean("timestamp", field.IsTimestamp);
    }
}

using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client.Files;

/// <summary>A resource as files and outputs hold it: its kind, its parents and its id, then its fields.</summary>
internal static class ResourceText
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128 };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true };
    private static readonly string[] OwnedFields = ["id", "create_time", "update_time"];

    /// <param name="desired">Only what a client may write: what <c>apply</c> takes.</param>
    public static JsonElement Json(ResourceName name, JsonElement body, bool desired)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Compact)) Write(writer, name, body, desired);
        return JsonElement.Parse(buffer.WrittenSpan, new() { MaxDepth = 128 });
    }

    public static string Yaml(ResourceName name, JsonElement body, bool desired) => YamlOutput.Of(Json(name, body, desired));

    public static string IndentedJson(Action<Utf8JsonWriter> write) => Text(Indented, write);

    public static string CompactJson(Action<Utf8JsonWriter> write) => Text(Compact, write);

    public static void Write(Utf8JsonWriter writer, ResourceName name, JsonElement body, bool desired)
    {
        writer.WriteStartObject();
        writer.WriteString("kind", name.Kind.Singular);
        foreach (var (kind, id) in name.Kind.Line.Zip(name.Ids)) writer.WriteString(kind == name.Kind ? "id" : name.Kind.MemberFor(kind), id);
        foreach (var member in body.EnumerateObject())
        {
            if (member.Name == "id" || (desired && IsOwned(name.Kind, member.Name))) continue;

            writer.WritePropertyName(member.Name);
            WriteAsIs(writer, member.Value);
        }

        writer.WriteEndObject();
    }

    /// <summary>Whether the server decides what the field holds.</summary>
    public static bool IsOwned(Kind kind, string field) => OwnedFields.Contains(field) || kind.Field(field) is { ReadOnly: true };

    /// <summary>Numbers keep every digit.</summary>
    private static void WriteAsIs(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteAsIs(writer, member.Value);
                }

                writer.WriteEndObject();
                break;

            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) WriteAsIs(writer, item);
                writer.WriteEndArray();
                break;

            case JsonValueKind.Number: writer.WriteRawValue(value.GetRawText(), skipInputValidation: true); break;
            default: value.WriteTo(writer); break;
        }
    }

    private static string Text(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options)) write(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

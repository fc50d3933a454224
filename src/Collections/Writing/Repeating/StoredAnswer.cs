using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Writing.Repeating;

/// <summary>
/// The answer to a write as it is kept for requests that repeat it. Its ETag and revision are not in it: the record was
/// written by the very commit that they are about, so its own revision is theirs.
/// </summary>
/// <param name="Value">JSON: of one write the resource as served, of a batch its results.</param>
internal sealed record StoredAnswer(int Status, string? Location, Preferences Preferences, ReadOnlyMemory<byte> Value)
{
    /// <summary>Of a write that changed nothing: what the resource had already, and the record does not know. Null otherwise.</summary>
    public (long Revision, DateTimeOffset UpdateTime)? Unchanged { get; init; }

    /// <param name="fingerprint">Of the request.</param>
    public byte[] ToRecord(string fingerprint, DateTimeOffset expires)
    {
        var output = new ArrayBufferWriter<byte>(Value.Length + 256);
        using (var writer = new Utf8JsonWriter(output, JsonOptions.Readable))
        {
            writer.WriteStartObject();
            writer.WriteString("expire_time", expires.UtcDateTime);
            writer.WriteString("fingerprint", fingerprint);
            writer.WriteNumber("status", Status);
            if (Location is not null) writer.WriteString("location", Location);
            if (Preferences.Minimal) writer.WriteBoolean("minimal", true);
            if (Unchanged is { } unchanged)
            {
                writer.WriteNumber("revision", unchanged.Revision);
                writer.WriteString("update_time", unchanged.UpdateTime.UtcDateTime);
            }

            writer.WriteStartArray("applied");
            foreach (string applied in Preferences.Applied) writer.WriteStringValue(applied);
            writer.WriteEndArray();
            writer.WritePropertyName("value");
            writer.WriteRawValue(Value.Span, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    public static (StoredAnswer Answer, string Fingerprint, DateTimeOffset Expires) OfRecord(ReadOnlyMemory<byte> record)
    {
        using var document = JsonDocument.Parse(record, new() { MaxDepth = 256 });
        var root = document.RootElement;
        var applied = root.GetProperty("applied").EnumerateArray().Select(a => a.GetString()!);
        var preferences = new Preferences(root.TryGetProperty("minimal", out _), false, false, false, [.. applied]);
        var answer = new StoredAnswer(
            root.GetProperty("status").GetInt32(),
            root.TryGetProperty("location", out var location) ? location.GetString() : null,
            preferences,
            JsonMarshal.GetRawUtf8Value(root.GetProperty("value")).ToArray())
        {
            Unchanged = root.TryGetProperty("revision", out var revision) ? (revision.GetInt64(), root.GetProperty("update_time").GetDateTimeOffset()) : null,
        };
        return (answer, root.GetProperty("fingerprint").GetString()!, root.GetProperty("expire_time").GetDateTimeOffset());
    }
}

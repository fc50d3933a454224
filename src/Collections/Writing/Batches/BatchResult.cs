using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stateway.Collections.Representations;
using Stateway.Gateway.Content;

namespace Stateway.Collections.Writing.Batches;

/// <summary>What one request of a batch was answered with.</summary>
/// <param name="Tag">What its ETag is made of; null when it has none. Revision 0 stands for the batch's own, which is known when it has been committed.</param>
/// <param name="Body">JSON; empty when there is none.</param>
internal sealed record BatchResult(int Status, string? Location, ResourceVersion? Tag, string? Applied, ReadOnlyMemory<byte> Body)
{
    /// <summary>The answer to a whole batch.</summary>
    /// <param name="revision">Null when it was only tried: then there is nothing that has a place or a tag.</param>
    public static ReadOnlyMemory<byte> ToAnswer(IReadOnlyList<BatchResult> results, long? revision)
    {
        var output = new ArrayBufferWriter<byte>(256 + results.Sum(r => r.Body.Length + 128));
        using var writer = new Utf8JsonWriter(output, JsonOptions.Readable);
        writer.WriteStartObject();
        if (revision is { } number) writer.WriteString("revision", number.ToString(CultureInfo.InvariantCulture));
        writer.WriteStartArray("results");
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", result.Status);
            writer.WriteStartObject("headers");
            if (revision is not null && result.Location is not null) writer.WriteString("Location", result.Location);
            if (revision is { } sealedAt && result.Tag is { } tag) writer.WriteString("ETag", EntityTag.Of(tag.Revision == 0 ? tag with { Revision = sealedAt } : tag));
            if (result.Applied is not null) writer.WriteString("Preference-Applied", result.Applied);
            writer.WriteEndObject();
            WriteBody(writer, result.Body);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return output.WrittenMemory;
    }

    /// <summary>As it is kept with an idempotency key.</summary>
    public static ReadOnlyMemory<byte> ToRecord(IReadOnlyList<BatchResult> results)
    {
        var output = new ArrayBufferWriter<byte>(256 + results.Sum(r => r.Body.Length + 128));
        using var writer = new Utf8JsonWriter(output, JsonOptions.Readable);
        writer.WriteStartArray();
        foreach (var result in results)
        {
            writer.WriteStartObject();
            writer.WriteNumber("status", result.Status);
            if (result.Location is not null) writer.WriteString("location", result.Location);
            if (result.Tag is { } tag)
            {
                writer.WriteStartArray("tag");
                writer.WriteNumberValue(tag.Revision);
                writer.WriteNumberValue(tag.Generation);
                writer.WriteNumberValue(tag.Birth);
                writer.WriteEndArray();
            }

            if (result.Applied is not null) writer.WriteString("applied", result.Applied);
            WriteBody(writer, result.Body);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Flush();
        return output.WrittenMemory;
    }

    public static List<BatchResult> OfRecord(ReadOnlyMemory<byte> record)
    {
        using var document = JsonDocument.Parse(record, new() { MaxDepth = 256 });
        var results = new List<BatchResult>();
        foreach (var result in document.RootElement.EnumerateArray())
        {
            results.Add(new(
                result.GetProperty("status").GetInt32(),
                result.TryGetProperty("location", out var location) ? location.GetString() : null,
                result.TryGetProperty("tag", out var tag) ? new ResourceVersion(tag[0].GetInt64(), tag[1].GetInt64(), tag[2].GetInt64()) : null,
                result.TryGetProperty("applied", out var applied) ? applied.GetString() : null,
                result.TryGetProperty("body", out var body) ? JsonMarshal.GetRawUtf8Value(body).ToArray() : default(ReadOnlyMemory<byte>)));
        }

        return results;
    }

    private static void WriteBody(Utf8JsonWriter writer, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) return;
        writer.WritePropertyName("body");
        writer.WriteRawValue(body.Span, skipInputValidation: true);
    }
}

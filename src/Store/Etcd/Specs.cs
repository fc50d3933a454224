using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>
/// The declared fields, for who describes the store: <c>[{"path": ["address", "city"], "timestamp": false}]</c>. What a
/// node indexes is its own affair; etcd keeps what was declared last, on whichever node.
/// </summary>
internal sealed class Specs(EtcdClient client, EtcdKeys keys)
{
    public async Task<List<CollectionSpec>> ReadAsync(CancellationToken ct)
    {
        var specs = new List<CollectionSpec>();
        var pages = new Pages(client, keys.AllSpecs, 0);
        while (await pages.NextAsync(ct) is { } page)
        {
            foreach (var pair in page) specs.Add(new(keys.SpecName(pair.Key), Parse(pair.Value)));
        }

        return specs;
    }

    public async Task WriteAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        var known = (await ReadAsync(ct)).ToDictionary(spec => spec.Name, StringComparer.Ordinal);
        foreach (var spec in collections)
        {
            if (known.TryGetValue(spec.Name, out var stored) && new FieldSet(stored.Fields).IsSame(spec.Fields)) continue;

            var body = new RequestBody();
            body.Json.WriteStartObject();
            body.Json.WriteBase64String("key"u8, keys.Spec(spec.Name));
            body.Json.WriteBase64String("value"u8, Format(spec.Fields));
            body.Json.WriteEndObject();
            await client.ReadAsync("/v3/kv/put", body.Finish(), static _ => 0, ct);
        }
    }

    /// <exception cref="ArgumentException">A collection or a field is declared twice, or too many fields are.</exception>
    public static void Check(IReadOnlyList<CollectionSpec> collections)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var collection in collections)
        {
            if (!names.Add(collection.Name)) throw new ArgumentException($"The collection '{collection.Name}' is declared twice.");
            if (collection.Name.Length == 0 || collection.Name.Contains(':'))
                throw new ArgumentException($"A collection can't be named '{collection.Name}'.");

            int fields = collection.Fields.Select(field => field.Name).Distinct(StringComparer.Ordinal).Count();
            if (fields != collection.Fields.Length)
                throw new ArgumentException($"The collection '{collection.Name}' declares a field twice.");
            if (fields > CollectionSpec.FieldsMax)
                throw new ArgumentException($"The collection '{collection.Name}' declares {fields} fields; {CollectionSpec.FieldsMax} can be indexed.");
        }
    }

    private static ImmutableArray<IndexedField> Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var fields = ImmutableArray.CreateBuilder<IndexedField>();
            foreach (var field in document.RootElement.EnumerateArray())
            {
                var path = field.GetProperty("path").EnumerateArray().Select(name => name.GetString()!); // written below
                fields.Add(new([.. path], field.GetProperty("timestamp").GetBoolean()));
            }

            return fields.DrainToImmutable();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return []; // of another program; the next declaration replaces it
        }
    }

    private static ReadOnlySpan<byte> Format(ImmutableArray<IndexedField> fields)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var field in fields)
            {
                writer.WriteStartObject();
                writer.WriteStartArray("path");
                foreach (string name in field.Path) writer.WriteStringValue(name);
                writer.WriteEndArray();
                writer.WriteBoolean("timestamp", field.IsTimestamp);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return buffer.WrittenSpan;
    }
}

using System.Collections.Immutable;
using Stateway.Store.Columns;

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
            body.Json.WriteBase64String("value"u8, FieldJson.Format(spec.Fields));
            body.Json.WriteEndObject();
            await client.ReadAsync("/v3/kv/put", body.Finish(), static _ => 0, ct);
        }
    }

    private static ImmutableArray<IndexedField> Parse(byte[] json)
    {
        try
        {
            return FieldJson.ParseFields(json);
        }
        catch (InvalidDataException)
        {
            return []; // of another program; the next declaration replaces it
        }
    }
}

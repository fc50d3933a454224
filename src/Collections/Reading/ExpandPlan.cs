
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Gateway.Content;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>
/// Which references are replaced by the resources they name: <c>customer,items.product</c> as a tree, at most
/// <see cref="DepthMax"/> deep. A reference whose resource is gone stays an id.
/// </summary>
internal sealed class ExpandPlan
{
    public const int DepthMax = 3;

    private readonly Dictionary<string, (Collection Target, FieldPath Field, ExpandPlan Deeper)> _references = new(StringComparer.Ordinal);

    /// <returns>Null, and what is wrong, when the text names something that is no declared reference.</returns>
    public static ExpandPlan? Of(string text, Collection collection, out string? wrong)
    {
        wrong = null;
        var plan = new ExpandPlan();
        foreach (string path in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            wrong = plan.Add(path, collection, depth: 1);
            if (wrong is not null) return null;
        }

        return plan._references.Count == 0 ? null : plan;
    }

    private string? Add(string path, Collection collection, int depth)
    {
        if (depth > DepthMax) return $"References are followed at most {DepthMax} deep.";

        // A reference's own name may have dots, so the longest declared name that the path begins with is meant.
        var reference = collection.References
            .Where(r => path == r.Field.Name || path.StartsWith(r.Field.Name + ".", StringComparison.Ordinal))
            .OrderByDescending(r => r.Field.Name.Length).FirstOrDefault();
        if (reference is null)
        {
            return collection.References.IsEmpty
                ? $"{path}: {collection.Declaration.Name} has no references."
                : $"{path} is no reference of {collection.Declaration.Name}; there are {string.Join(", ", collection.References.Select(r => r.Field.Name))}.";
        }

        string name = reference.Field.Name;
        if (!_references.TryGetValue(name, out var known))
            _references[name] = known = (collection.ReferenceTargets[name], reference.Field, new ExpandPlan());
        return path.Length == name.Length ? null : known.Deeper.Add(path[(name.Length + 1)..], known.Target, depth + 1);
    }

    public async ValueTask<byte[]> ApplyAsync(ReadOnlyMemory<byte> resource, PointInTime point, CancellationToken ct)
    {
        // JsonNode keeps the text of what it was parsed from, numbers included.
        var root = JsonNode.Parse(resource.Span)!;
        await ApplyAsync(root, point, ct);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, JsonOptions.Readable)) root.WriteTo(writer);
        return stream.ToArray();
    }

    private async ValueTask ApplyAsync(JsonNode root, PointInTime point, CancellationToken ct)
    {
        foreach (var (target, field, deeper) in _references.Values)
        {
            if (Owner(root, field) is not { } owner || owner[field.Segments[^1]] is not JsonValue value || !value.TryGetValue(out string? id)) continue;
            if (await point.GetAsync(new Key(target.StoreName, id), ct) is not { } entry) continue;

            var expanded = JsonNode.Parse(Served(target, entry).Span)!;
            await deeper.ApplyAsync(expanded, point, ct);
            owner[field.Segments[^1]] = expanded;
        }
    }

    private static JsonObject? Owner(JsonNode root, FieldPath field)
    {
        JsonNode? node = root;
        foreach (string segment in field.Segments[..^1]) node = (node as JsonObject)?[segment];
        return node as JsonObject;
    }

    private static ReadOnlyMemory<byte> Served(Collection collection, Entry entry)
    {
        if (collection.WriteOnlyMask is not { } mask) return entry.Value;

        var output = new System.Buffers.ArrayBufferWriter<byte>(entry.Value.Length);
        mask.Write(entry.Value.Span, output);
        return output.WrittenMemory;
    }
}

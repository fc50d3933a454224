using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Client.Kinds;

/// <summary>
/// Finds the kinds in the document that a server serves of itself. A kind is a path of words and ids in turn that is listed,
/// and below which one resource is got: <c>/apis/{api_id}/stages</c> and <c>/apis/{api_id}/stages/{stage_id}</c>.
/// </summary>
internal sealed class KindsReader
{
    private const int KindsMax = 500;
    private const int BatchDefault = 100;

    private readonly JsonElement _document;
    private readonly JsonElement _paths;
    private readonly Dictionary<string, string> _items = new(StringComparer.Ordinal); // path of a collection → path of its resources
    private readonly Dictionary<string, Kind?> _kinds = new(StringComparer.Ordinal); // by path

    private KindsReader(JsonElement document, JsonElement paths) => (_document, _paths) = (document, paths);

    /// <returns>Null when the document describes none.</returns>
    public static KindSet? Read(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object || !document.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object) return null;

        var reader = new KindsReader(document, paths);
        foreach (var path in paths.EnumerateObject())
        {
            if (path.Name.EndsWith('}') && path.Name.LastIndexOf('/') is > 0 and var at && path.Name[at + 1] == '{') reader._items.TryAdd(path.Name[..at], path.Name);
        }

        var found = paths.EnumerateObject().Select(path => reader.Find(path.Name)).OfType<Kind>().Take(KindsMax).ToList();
        return found.Count == 0 ? null : new(Ranked(found), reader.BatchMax());
    }

    private Kind? Find(string path)
    {
        if (_kinds.TryGetValue(path, out var known)) return known;

        _kinds[path] = null;
        return _kinds[path] = Make(path);
    }

    private Kind? Make(string path)
    {
        string[] words = path.Split('/');
        if (words.Length % 2 != 0 || words[0].Length > 0 || !_items.TryGetValue(path, out string? itemPath)) return null;

        for (int i = 1; i < words.Length; i++)
        {
            if (words[i].Length == 0 || words[i].StartsWith('{') != (i % 2 == 0)) return null;
        }

        Kind? parent = null;
        if (words.Length > 2)
        {
            parent = Find(string.Join('/', words[..^2]));
            if (parent is null) return null;
        }

        if (!_paths.TryGetProperty(path, out var collection) || !_paths.TryGetProperty(itemPath, out var item)
            || SchemaOf(collection) is not { } list || list.Property("results")?.Items is null || SchemaOf(item) is not { } schema) return null;

        return new()
        {
            Name = words[^1],
            Singular = SingularOf(words[^1], itemPath, item),
            Parent = parent,
            CanCreate = collection.TryGetProperty("post", out _) || item.TryGetProperty("put", out _),
            CanReplace = item.TryGetProperty("put", out _),
            CanDelete = item.TryGetProperty("delete", out _),
            CanExplain = _paths.TryGetProperty(itemPath + "/why", out _),
            HasHistory = _paths.TryGetProperty(itemPath + "/history", out _),
            Fields = schema.Fields(),
            Schema = schema,
        };
    }

    /// <summary>
    /// By the parameter of its URL, <c>{stage_id}</c>. A word whose plural looks like no plural has the same there; then the
    /// name of its schema tells.
    /// </summary>
    private static string SingularOf(string name, string itemPath, JsonElement item)
    {
        string parameter = itemPath[(itemPath.LastIndexOf('{') + 1)..^1];
        string singular = (parameter.EndsWith("_id", StringComparison.Ordinal) ? parameter[..^3] : parameter).Replace('_', '-');
        if (singular != name) return singular;

        string? reference = ContentSchema(item) is { ValueKind: JsonValueKind.Object } schema && schema.TryGetProperty("$ref", out var value) ? value.GetString() : null;
        string component = reference?[(reference.LastIndexOf('/') + 1)..].ToLowerInvariant() ?? "";
        return component.Length > 0 && component.Length < name.Length && name.StartsWith(component, StringComparison.Ordinal) ? component : name;
    }

    private SchemaTree? SchemaOf(JsonElement pathItem) => ContentSchema(pathItem) is { } schema ? new(_document, schema) : null;

    private static JsonElement? ContentSchema(JsonElement pathItem)
    {
        var at = pathItem;
        foreach (string step in (ReadOnlySpan<string>)["get", "responses", "200", "content", "application/json", "schema"])
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at)) return null;
        }

        return at;
    }

    private int BatchMax() =>
        SchemaTree.Resolve(_document, "#/components/schemas/Batch/properties/requests/maxItems") is { } most && most.TryGetInt32(out int max) && max > 0 ? max : BatchDefault;

    /// <summary>None before its parent or what it refers to; otherwise as the document has them. A circle is cut where it is met.</summary>
    private static ImmutableArray<Kind> Ranked(List<Kind> kinds)
    {
        var order = new List<string>();
        var begun = new HashSet<string>(StringComparer.Ordinal);
        foreach (var kind in kinds) Visit(kind);

        // Parents are named by the ranked kinds, so the ranks are put in from the top down.
        var ranked = new Dictionary<string, Kind>(StringComparer.Ordinal);
        foreach (var kind in kinds.OrderBy(kind => kind.Depth))
            ranked[kind.FullName] = kind with { Rank = order.IndexOf(kind.FullName), Parent = kind.Parent is null ? null : ranked[kind.Parent.FullName] };
        return [.. kinds.Select(kind => ranked[kind.FullName])];

        void Visit(Kind kind)
        {
            if (!begun.Add(kind.FullName)) return;

            if (kind.Parent is not null) Visit(kinds.First(other => other.FullName == kind.Parent.FullName));
            foreach (string reference in kind.Schema.References())
            {
                if (kinds.Find(other => other.FullName == reference) is { } target) Visit(target);
            }

            order.Add(kind.FullName);
        }
    }
}

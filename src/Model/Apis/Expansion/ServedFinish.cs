using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis.Expansion;

/// <summary>
/// The last touches on the served document: tags, this server, and none of the words that say what stands behind an
/// operation. x-stateway-reference and x-stateway-lifecycle stay: what a value
/// means, and how long an operation is served, clients may know.
/// </summary>
internal static class ServedFinish
{
    public static byte[] Run(ApiDocument document, ServedDocument served, IReadOnlyList<CollectionDraft> drafts, string basePath)
    {
        var root = served.Root;
        root.Remove("x-stateway-collections");
        root.Remove(CorsReader.Word);
        root.Remove(VariablesReader.Word);
        if (root["paths"] is null && drafts.Count > 0) root["paths"] = new JsonObject();
        if (root["paths"] is JsonObject paths) CleanPaths(paths);
        if (root["components"]?["pathItems"] is JsonObject items) CleanItems(items);
        AddTags(root, drafts);
        AddServer(root, basePath);
        return served.ToUtf8();
    }

    private static void CleanPaths(JsonObject paths)
    {
        CleanItems(paths);
        foreach (var (path, item) in paths.ToArray())
        {
            string plain = PathTemplate.Plain(path);
            if (plain == path || paths.ContainsKey(plain)) continue;
            paths.Remove(path);
            paths[plain] = item;
        }
    }

    private static void CleanItems(JsonObject items)
    {
        foreach (var (_, node) in items)
        {
            if (node is not JsonObject item) continue;

            item.Remove("x-stateway-target");
            foreach (var (_, child) in item)
            {
                if (child is JsonObject operation) operation.Remove("x-stateway-target");
            }
        }
    }

    private static void AddTags(JsonObject root, IReadOnlyList<CollectionDraft> drafts)
    {
        bool hasBatch = root["paths"] is JsonObject paths && paths.ContainsKey(BatchOperation.Path);
        if (drafts.Count == 0 && !hasBatch) return;

        if (root["tags"] is not JsonArray tags) root["tags"] = tags = [];
        foreach (var draft in drafts)
            AddUnlessThere(draft.Name, draft.Spot["description"]?.Text ?? $"{Words.Capital(Words.Spaced(draft.Name))}, as stored resources.");
        if (hasBatch) AddUnlessThere(BatchOperation.Tag, "Several requests as one.");

        void AddUnlessThere(string tagName, string description)
        {
            if (tags.Any(tag => tag?["name"] is JsonValue name && name.TryGetValue(out string? text) && text == tagName)) return;
            tags.Add(new JsonObject { ["name"] = tagName, ["description"] = description });
        }
    }

    /// <summary>Whoever reads the document here should call here: this server first, then the author's, for their names.</summary>
    private static void AddServer(JsonObject root, string basePath)
    {
        string url = basePath.Length == 0 ? "/" : basePath;
        if (root["servers"] is not JsonArray servers) root["servers"] = servers = [];
        if (servers.Any(server => server?["url"] is JsonValue value && value.TryGetValue(out string? text) && text == url)) return;
        servers.Insert(0, new JsonObject { ["url"] = url, ["description"] = "This server." });
    }
}

using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Expansion;

/// <summary>The fields that the store owns in the schema of a platform kind: all of a resource that is no part of its spec.</summary>
internal static class KindSchemas
{
    public static void AddOwnedFields(ApiDocument document, ServedDocument served, JsonObject resource, string pointer)
    {
        var own = resource["properties"] as JsonObject ?? [];
        var standards = new Dictionary<string, JsonObject>
        {
            ["id"] = CollectionSchemas.Text("Chosen by the server, or by the client when it creates the resource."),
            ["generation"] = new() { ["type"] = "integer", ["minimum"] = 1, ["description"] = "Counts the changes of what is asked for: all fields but the store's own." },
            ["create_time"] = CollectionSchemas.Time("When the resource was created."),
            ["update_time"] = CollectionSchemas.Time("When the resource was last changed, its status included."),
            ["delete_time"] = CollectionSchemas.Time("When its deletion was asked for; absent before. It is gone when finalizers is empty."),
            ["finalizers"] = new()
            {
                ["type"] = "array",
                ["items"] = new JsonObject { ["type"] = "string" },
                ["description"] = "Who has to clean up before the resource can go.",
            },
            ["owner"] = new() { ["type"] = new JsonArray("string", "null"), ["description"] = "What it was made for, as `collection/id`; null when nothing else asked for it." },
            ["status"] = new() { ["type"] = "object", ["description"] = "What is true now." },
        };

        foreach (string name in KindDeclaration.OwnedFields)
        {
            if (own[name] is not JsonObject field || field.ContainsKey("$ref")) continue;

            var type = standards[name]["type"]!;
            field.TryAdd("type", type.DeepClone());
            if (!JsonNode.DeepEquals(field["type"], type))
                document.Error($"{pointer}/properties/{name}/type", $"The store owns '{name}', and its type is {type.ToJsonString()}; leave the field out, it is added.");
        }

        // Those that say what it is stand first, what comes of it last; what is asked for stands between.
        var properties = new JsonObject();
        foreach (string name in KindDeclaration.OwnedFields.Where(name => name != "status"))
        {
            properties[name] = CollectionSchemas.Owned(own, name, standards[name]);
        }

        var status = CollectionSchemas.Owned(own, "status", standards["status"]);
        foreach (var (name, value) in own.ToArray())
        {
            own.Remove(name);
            properties[name] = value;
        }

        properties["status"] = Completed(status, served);
        resource["properties"] = properties;
        if (!resource.ContainsKey("type") && !resource.ContainsKey("allOf")) resource["type"] = "object";
    }

    /// <summary>Of a record.</summary>
    public static void AddRevision(JsonObject resource)
    {
        var field = CollectionSchemas.Text("The store's revision that this was written with, and what it tells of.");
        field["readOnly"] = true;
        ServedDocument.In(resource, "properties")[KindDeclaration.RevisionField] = field;
    }

    /// <summary>What every controller says: which generation it has seen, and its conditions.</summary>
    private static JsonObject Completed(JsonObject status, ServedDocument served)
    {
        if (status.ContainsKey("$ref")) return status; // it says everything itself

        var fields = ServedDocument.In(status, "properties");
        fields.TryAdd("observed_generation", new JsonObject { ["type"] = "integer", ["description"] = "The generation that the status is about." });
        fields.TryAdd("conditions", new JsonObject { ["type"] = "array", ["items"] = served.Use("schemas", "Condition") });
        status.TryAdd("additionalProperties", true);
        return status;
    }
}

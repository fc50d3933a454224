using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Expansion;

/// <summary>
/// Makes each collection's schema a component with the fields that the store owns (id, create_time, update_time), and
/// adds the schemas of its pages, of its histories and of what a watch tells. The component itself is extended, so that what the document calls a Product is the
/// resource that clients get.
/// </summary>
internal static class CollectionSchemas
{
    private static readonly string[] OwnedFields = ["id", "create_time", "update_time"];

    /// <summary>Whether a field, by its path with dots, is the store's own or inside of one that is.</summary>
    public static bool Owns(CollectionDraft draft, string field) =>
        draft.Kind is null or { IsRecord: true } ? OwnedFields.Contains(field) : KindDeclaration.OwnedFields.Contains(field.Split('.')[0]);

    public static void LayOut(ApiDocument document, ServedDocument served, CollectionDraft draft)
    {
        if (draft.Spot["schema"] is not { Map: not null } schema) return;

        if (ComponentOf(document, schema) is { } named) draft.Component = named;
        else
        {
            var inline = (JsonObject)ServedDocument.Json(schema.Node);
            string name = inline["title"] is JsonValue title && title.TryGetValue(out string? text) && IsComponentName(text) ? text : draft.SingularName;
            draft.Component = served.Add("schemas", name, inline);
            document.Moved("/components/schemas/" + draft.Component, document.File, schema.Pointer);
        }

        if (served.Components("schemas")[draft.Component] is not JsonObject resource) return;

        string pointer = "/components/schemas/" + draft.Component;
        if (draft.Kind is null or { IsRecord: true }) AddOwnedFields(document, resource, pointer);
        else KindSchemas.AddOwnedFields(document, served, resource, pointer);
        if (draft.Kind is { IsRecord: true }) KindSchemas.AddRevision(resource);
        draft.ListComponent = served.Add("schemas", draft.Component + "List", new JsonObject
        {
            ["type"] = "object",
            ["description"] = $"A page of {Words.Spaced(draft.Name)}.",
            ["required"] = new JsonArray("results"),
            ["properties"] = new JsonObject
            {
                ["results"] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = ServedDocument.Reference("schemas", draft.Component),
                },
                ["next_page_token"] = Text("For page_token; absent on the last page."),
                ["revision"] = Text("The revision of the store that the page is true for."),
                ["total_size"] = new JsonObject
                {
                    ["type"] = "integer",
                    ["description"] = "How many there are on all pages; with Prefer: count=exact.",
                },
            },
        });
        draft.HistoryComponent = !draft.HasHistory ? null : served.Add("schemas", draft.Component + "History", new JsonObject
        {
            ["type"] = "object",
            ["description"] = $"A page of the history of {Words.WithArticle(draft.Word)}, the newest first.",
            ["required"] = new JsonArray("results"),
            ["properties"] = new JsonObject
            {
                ["results"] = new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["required"] = new JsonArray("revision", "time", "type"),
                        ["properties"] = new JsonObject
                        {
                            ["revision"] = Text("The revision that made it so."),
                            ["time"] = Time("When it was made so."),
                            ["type"] = OneOf("added", "modified", "deleted"),
                            ["object"] = ServedDocument.Reference("schemas", draft.Component),
                        },
                    },
                },
                ["next_page_token"] = Text("For page_token; absent on the last page."),
            },
        });
        draft.EventComponent = served.Add("schemas", draft.Component + "Event", new JsonObject
        {
            ["type"] = "object",
            ["description"] = "What a watch tells, a line each.",
            ["required"] = new JsonArray("type", "revision"),
            ["properties"] = new JsonObject
            {
                ["type"] = OneOf("added", "modified", "deleted", "bookmark"),
                ["revision"] = Text("Where a watch goes on that is told it."),
                ["object"] = ServedDocument.Reference("schemas", draft.Component),
                ["initial"] = new JsonObject { ["type"] = "boolean", ["description"] = "Of the bookmark behind the initial state." },
            },
        });
    }

    /// <summary>The component that the schema is, when it is a reference to one and nothing else; aliases followed.</summary>
    private static string? ComponentOf(ApiDocument document, Spot schema)
    {
        string? name = null;
        for (int i = 0; i < 32 && schema is { Map.Members.Count: 1 } && schema["$ref"]?.Text is { } reference; i++)
        {
            string[] way = reference.Split('/');
            if (way is not ["#", "components", "schemas", var last] || document.At(Uri.UnescapeDataString(reference[1..])) is not { } target) return null;
            (name, schema) = (Uri.UnescapeDataString(last), target);
        }

        return name;
    }

    private static void AddOwnedFields(ApiDocument document, JsonObject resource, string pointer)
    {
        var own = resource["properties"] as JsonObject ?? [];
        foreach (string name in OwnedFields)
        {
            if (own[name] is not JsonObject field) continue;

            if (field["type"] is JsonValue type && type.TryGetValue(out string? word) && word != "string")
            {
                document.Error($"{pointer}/properties/{name}/type", $"The store owns '{name}', and it is a string, not {Words.WithArticle(word)}; leave the field out, it is added.");
            }
        }

        var properties = new JsonObject { ["id"] = Owned(own, "id", Text("Chosen by the server, or by the client when it creates the resource.")) };
        foreach (var (name, value) in own.ToArray())
        {
            if (OwnedFields.Contains(name)) continue;
            own.Remove(name);
            properties[name] = value;
        }

        properties["create_time"] = Owned(own, "create_time", Time("When the resource was created."));
        properties["update_time"] = Owned(own, "update_time", Time("When the resource was last changed."));
        resource["properties"] = properties;
        if (!resource.ContainsKey("type") && !resource.ContainsKey("allOf")) resource["type"] = "object";
    }

    /// <summary>The author's own words on the field, or ours; readOnly either way.</summary>
    public static JsonObject Owned(JsonObject own, string name, JsonObject standard)
    {
        var field = own[name] as JsonObject;
        own.Remove(name);
        field ??= standard;
        field["readOnly"] = true;
        return field;
    }

    public static JsonObject Text(string description) => new() { ["type"] = "string", ["description"] = description };

    private static JsonObject OneOf(params string[] values) =>
        new() { ["type"] = "string", ["enum"] = new JsonArray([.. values.Select(value => (JsonNode)value)]) };

    public static JsonObject Time(string description) =>
        new() { ["type"] = "string", ["format"] = "date-time", ["description"] = description };

    private static bool IsComponentName(string text) =>
        text.Length is > 0 and < 100 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

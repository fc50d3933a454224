using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Expansion;

/// <summary>
/// The document on its way to what <c>/openapi.json</c> serves: the author's own, to which the collections' schemas and
/// operations are added. It bears a document with errors in it; what comes out is then not used.
/// </summary>
internal sealed class ServedDocument
{
    private static readonly JsonWriterOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // served as JSON, never put into HTML
        MaxDepth = TextLimits.DepthMax + 8,
    };

    private static readonly JsonDocumentOptions ParseOptions = new() { MaxDepth = TextLimits.DepthMax + 8 };

    private static readonly Lazy<JsonObject> Shared = new(static () => Resources.Json("components.json"));

    private readonly Dictionary<(string Section, string Name), string> _shared = [];

    public ServedDocument(ApiDocument document)
    {
        Root = (JsonObject)Json(document.Root);
    }

    public JsonObject Root { get; }

    public byte[] ToUtf8()
    {
        var json = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(json, Options)) Root.WriteTo(writer);
        return json.WrittenSpan.ToArray();
    }

    public static JsonNode Json(Node node) => JsonNode.Parse(NodeJson.ToUtf8(node), documentOptions: ParseOptions)!;

    /// <summary>The member, made when it is missing.</summary>
    public static JsonObject In(JsonObject parent, string name)
    {
        if (parent.TryGetPropertyValue(name, out var found) && found is JsonObject member) return member;

        member = [];
        parent[name] = member;
        return member;
    }

    public JsonObject Components(string section) => In(In(Root, "components"), section);

    /// <summary>Adds a component under the name, or the next that is free.</summary>
    /// <returns>Its name.</returns>
    public string Add(string section, string name, JsonNode component)
    {
        var components = Components(section);
        string free = name;
        for (int i = 2; components.ContainsKey(free); i++) free = name + i;

        components[free] = component;
        return free;
    }

    /// <summary>A reference to one of the components that all collections share; added on first use.</summary>
    public JsonObject Use(string section, string name)
    {
        if (!_shared.TryGetValue((section, name), out string? added))
        {
            var component = Shared.Value[section]![name]!.DeepClone();
            UseReferencesOf(component);
            _shared[(section, name)] = added = Add(section, name, component);
        }

        return Reference(section, added);
    }

    public static JsonObject Reference(string section, string name) => new() { ["$ref"] = $"#/components/{section}/{name}" };

    /// <summary>A shared component that a document's own one has pushed to another name is referred to by that.</summary>
    private void UseReferencesOf(JsonNode node)
    {
        switch (node)
        {
            case JsonObject map when map["$ref"] is JsonValue reference:
                string[] way = reference.GetValue<string>().Split('/');
                map["$ref"] = Use(way[^2], way[^1])["$ref"]!.DeepClone();
                break;
            case JsonObject map:
                foreach (var (_, child) in map)
                {
                    if (child is not null) UseReferencesOf(child);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    if (item is not null) UseReferencesOf(item);
                }

                break;
        }
    }
}

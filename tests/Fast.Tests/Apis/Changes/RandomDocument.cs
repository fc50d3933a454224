using System.Text.Json.Nodes;

namespace Stateway.Fast.Tests.Apis.Changes;

/// <summary>Small documents of all that the rules look at, from one seed; and edits of them. The names are few, so that two documents meet.</summary>
/// <param name="hasRemarks">With default, xml and the like, of which the first in an allOf counts: then its order matters.</param>
internal sealed class RandomDocument(int seed, bool hasRemarks = true)
{
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string[] Types = ["string", "integer", "number", "boolean", "array", "object", "null"];

    private readonly Random _random = new(seed);

    public JsonObject Document() => new()
    {
        ["openapi"] = Maybe(4) ? "3.0.3" : "3.1.0",
        ["servers"] = new JsonArray(new JsonObject { ["url"] = Maybe(5) ? "/v2" : "/v1" }),
        ["security"] = Maybe(3) ? Security() : null,
        ["paths"] = Map(["/a", "/b/{x}", "/b/{y}/c"], _ => Map(["get", "put"], _ => Operation())),
        ["components"] = new JsonObject
        {
            ["schemas"] = new JsonObject(Names.Select(name => KeyValuePair.Create(name, (JsonNode?)Schema(1)))),
            ["securitySchemes"] = Map(Names, _ => new JsonObject { ["type"] = "apiKey", ["name"] = One(Names), ["in"] = One("header", "query") }),
        },
    };

    /// <summary>The same but for one or a few places.</summary>
    public JsonObject Edited(JsonObject document)
    {
        var edited = document.DeepClone().AsObject();
        var schemas = new List<JsonObject>();
        Collect(edited, schemas);
        if (schemas.Count == 0) return edited;

        for (int i = _random.Next(1, 4); i > 0; i--)
        {
            var (target, other) = (schemas[_random.Next(schemas.Count)], Schema(2));
            if (other.Count == 0) continue;
            var (word, value) = other.ElementAt(_random.Next(other.Count));
            if (Maybe(3) && target.Count > 0) target.Remove(target.ElementAt(_random.Next(target.Count)).Key);
            else target[word] = value?.DeepClone();
        }

        return edited;
    }

    /// <summary>The same with members, and lists whose order does not matter, in another order.</summary>
    public JsonNode? Shuffled(JsonNode? node, string name = "") => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(_ => _random.Next()).Select(member => KeyValuePair.Create(member.Key, Shuffled(member.Value, member.Key)))),
        JsonArray list when name is "required" or "enum" or "type" or "parameters" or "security" or "allOf" or "oneOf" or "anyOf" || Names.Contains(name) =>
            new JsonArray([.. list.OrderBy(_ => _random.Next()).Select(item => Shuffled(item))]),
        JsonArray list => new JsonArray([.. list.Select(item => Shuffled(item))]),
        _ => node?.DeepClone(),
    };

    private JsonObject Operation()
    {
        var operation = new JsonObject
        {
            ["parameters"] = new JsonArray([.. Names.Where(_ => Maybe(3)).Select(name => (JsonNode)new JsonObject
            {
                ["name"] = name, ["in"] = One("query", "header"), ["required"] = Maybe(3), ["schema"] = Schema(2),
            })]),
            ["responses"] = Map(["200", "201", "404", "428", "default"], _ => new JsonObject
            {
                ["headers"] = Map(Names, _ => new JsonObject { ["required"] = Maybe(3), ["schema"] = Schema(2) }),
                ["content"] = Content(),
            }),
        };
        if (Maybe(2)) operation["requestBody"] = new JsonObject { ["required"] = Maybe(2), ["content"] = Content() };
        if (Maybe(4)) operation["operationId"] = One(Names);
        if (Maybe(4)) operation["deprecated"] = true;
        if (Maybe(4)) operation["security"] = Security();
        return operation;
    }

    private JsonObject Content() => Map(["application/json", "application/xml", "text/plain"], _ => new JsonObject { ["schema"] = Schema(0) });

    private JsonArray Security() => new([.. Enumerable.Range(0, _random.Next(3)).Select(_ => (JsonNode)Map(Names, _ => new JsonArray([.. Names.Where(_ => Maybe(3)).Select(scope => (JsonNode)scope)])))]);

    private JsonObject Schema(int depth)
    {
        var schema = new JsonObject();
        if (depth < 3 && Maybe(4)) schema["$ref"] = "#/components/schemas/" + One(Names);
        if (!Maybe(4)) schema["type"] = Maybe(4) ? new JsonArray(One(Types), "null") : One(Types);
        if (Maybe(8)) schema["nullable"] = true;
        if (Maybe(6)) schema["enum"] = new JsonArray([.. new JsonNode?[] { "x", "y", 1, true, null }.Where(_ => Maybe(2))]);
        if (Maybe(6)) schema["minimum"] = _random.Next(3);
        if (Maybe(8)) schema["exclusiveMaximum"] = _random.Next(3, 6);
        if (Maybe(6)) schema["maxLength"] = _random.Next(3);
        if (Maybe(8)) schema["minItems"] = _random.Next(3);
        if (Maybe(8)) schema["pattern"] = One("^a", "^b");
        if (Maybe(8)) schema["format"] = One("int32", "int64", "date");
        if (Maybe(8)) schema["multipleOf"] = _random.Next(1, 5);
        if (Maybe(8)) schema["uniqueItems"] = Maybe(2);
        if (Maybe(8)) schema["readOnly"] = true;
        if (Maybe(8)) schema["writeOnly"] = true;
        if (Maybe(8)) schema["deprecated"] = true;
        if (hasRemarks && Maybe(8)) schema["default"] = _random.Next(2);
        if (hasRemarks && Maybe(8)) schema["x-stateway-reference"] = One(Names);
        if (hasRemarks && Maybe(8)) schema["xml"] = new JsonObject { ["name"] = One(Names) };
        if (hasRemarks && Maybe(8)) schema["discriminator"] = new JsonObject { ["propertyName"] = One(Names), ["mapping"] = Map(Names, _ => One(Names)) };
        if (depth == 3) return schema;

        if (Maybe(3)) schema["properties"] = Map(Names, _ => Schema(depth + 1));
        if (Maybe(4)) schema["required"] = new JsonArray([.. Names.Where(_ => Maybe(2)).Select(name => (JsonNode)name)]);
        if (Maybe(5)) schema["additionalProperties"] = Maybe(2) ? Maybe(2) : Schema(depth + 1);
        if (Maybe(4)) schema["items"] = Schema(depth + 1);
        if (Maybe(8)) schema["prefixItems"] = new JsonArray(Schema(depth + 1), Schema(depth + 1));
        if (Maybe(8)) schema["not"] = Schema(depth + 1);
        foreach (string word in new[] { "allOf", "oneOf", "anyOf" })
        {
            if (Maybe(8)) schema[word] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => (JsonNode)Schema(depth + 1))]);
        }

        return schema;
    }

    /// <summary>Schemas of the components and of bodies.</summary>
    private static void Collect(JsonNode? node, List<JsonObject> schemas, string name = "")
    {
        if (node is JsonArray list)
        {
            foreach (var item in list) Collect(item, schemas, name is "allOf" or "oneOf" or "anyOf" ? "schema" : "");
        }

        if (node is not JsonObject map) return;
        if (name is "schema" or "items" or "not") schemas.Add(map);
        foreach (var (key, value) in map) Collect(value, schemas, name is "properties" or "schemas" ? "schema" : key);
    }

    private JsonObject Map(IEnumerable<string> names, Func<string, JsonNode?> value) =>
        new(names.Where(_ => Maybe(2)).Select(name => KeyValuePair.Create(name, value(name))));

    private string One(params string[] texts) => texts[_random.Next(texts.Length)];

    /// <summary>Once in so many times.</summary>
    private bool Maybe(int times) => _random.Next(times) == 0;
}

using System.Text;
using System.Text.Json.Nodes;
using Stateway.Model.Apis.Changes;
using Stateway.Model.Apis.Text;
using Stateway.TestKit;

namespace Stateway.Fast.Tests.Apis.Changes;

/// <summary>One case of the YAML files beside this one: two documents, and what is told of them, both ways round.</summary>
/// <param name="There">Codes with their verdicts, sorted, from old to new.</param>
/// <param name="Back">The same from new to old.</param>
public sealed record ChangeCase(string Name, JsonObject Old, JsonObject New, string There, string Back)
{
    public override string ToString() => Name;

    /// <summary>A case of a schema is two: the schema as sent and as received.</summary>
    public static IEnumerable<ChangeCase> Of(string file)
    {
        foreach (var each in Read(file))
        {
            string name = $"{file}: {each["is"]}";
            if (each["sent"] is null)
            {
                yield return new ChangeCase(name, Document(each, "old", file), Document(each, "new", file), "", "").Expecting(each["changes"]!);
                continue;
            }

            yield return new ChangeCase(name + ", sent", OfSchema(each, "old", "put"), OfSchema(each, "new", "put"), "", "").Expecting(each["sent"]!);
            yield return new ChangeCase(name + ", received", OfSchema(each, "old", "get"), OfSchema(each, "new", "get"), "", "").Expecting(each["received"]!);
        }
    }

    public static List<JsonObject> Read(string file)
    {
        var reading = YamlText.Read(file, File.ReadAllText(Repository.Path("tests", "Fast.Tests", "Apis", "Changes", file)));
        if (reading.Errors.Count > 0) throw new InvalidDataException(reading.Errors[0].ToString());
        return [.. JsonNode.Parse(NodeJson.ToUtf8(reading.Root!))!.AsArray().Select(each => each!.AsObject())];
    }

    public static ApiComparison Compare(JsonNode old, JsonNode @new) =>
        ApiChanges.Compare(Encoding.UTF8.GetBytes(old.ToJsonString()), Encoding.UTF8.GetBytes(@new.ToJsonString()));

    /// <summary><c>TYPE_NARROWED! NULL_ADDED</c>, sorted.</summary>
    public static string Told(ApiComparison comparison) => string.Join(", ", comparison.Changes.Select(change => change.Code + change.Severity switch
    {
        ChangeSeverity.Breaking => "!",
        ChangeSeverity.Warning => "?",
        _ => "",
    }).Order(StringComparer.Ordinal));

    public static (string There, string Back) Expected(JsonNode text)
    {
        string[] ways = text.GetValue<string>().Split("<>");
        return (Sorted(ways[0]), Sorted(ways[1]));

        static string Sorted(string way) => string.Join(", ", way.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    private ChangeCase Expecting(JsonNode text)
    {
        var (there, back) = Expected(text);
        return this with { There = there, Back = back };
    }

    private static JsonObject Document(JsonNode each, string side, string file)
    {
        var fragment = each[side]!.DeepClone().AsObject();
        if (file == "operations.yaml")
        {
            string path = (side == "new" ? each["new_path"] : null)?.GetValue<string>() ?? each["path"]?.GetValue<string>() ?? "/things/{id}";
            return Whole(each, Path(path, "get", fragment), null);
        }

        var document = Whole(each, Path("/things", "get", []), null);
        foreach (var (name, value) in fragment) document[name] = value?.DeepClone();
        return document;
    }

    private static JsonObject OfSchema(JsonNode each, string side, string method) =>
        Whole(each,
            Path("/things", method, SchemaOperation(method, each["media"]?.GetValue<string>() ?? "application/json", each[side]?.DeepClone())),
            each[side + "_schemas"] ?? each["schemas"]);

    private static JsonObject SchemaOperation(string method, string media, JsonNode? schema)
    {
        var content = new JsonObject { [media] = new JsonObject { ["schema"] = schema } };
        return method == "put"
            ? new() { ["requestBody"] = new JsonObject { ["content"] = content } }
            : new() { ["responses"] = new JsonObject { ["200"] = new JsonObject { ["content"] = content } } };
    }

    private static JsonObject Path(string path, string method, JsonObject operation)
    {
        if (!operation.ContainsKey("responses")) operation["responses"] = new JsonObject { ["200"] = new JsonObject() };
        return new() { [path] = new JsonObject { [method] = operation } };
    }

    private static JsonObject Whole(JsonNode each, JsonObject paths, JsonNode? schemas) => new()
    {
        ["openapi"] = each["openapi"]?.GetValue<string>() ?? "3.1.0",
        ["info"] = new JsonObject { ["title"] = "T", ["version"] = "1" },
        ["paths"] = paths,
        ["components"] = new JsonObject { ["schemas"] = schemas?.DeepClone() ?? new JsonObject() },
    };
}

using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>
/// Makes an example of a schema's values from what the schema itself says: its example, const, default or first enum
/// value; else from its parts. It is always the same for the same schema, and it need not satisfy every keyword.
/// </summary>
internal sealed class ExampleMaker(ApiDocument document)
{
    private const int DepthMax = 8; // of recursive schemas
    private const int NodesMax = 2000; // schemas can branch at every level

    private int _nodes;

    public Node Make(Spot? schema)
    {
        var place = schema?.Node.Place ?? document.Root.Place;
        return Make(schema, place, 0) ?? Scalar(place, ScalarKind.Null, "null");
    }

    /// <returns>Null where nothing can be said: a part too deep, or a schema that refuses everything.</returns>
    private Node? Make(Spot? schema, Place place, int depth)
    {
        if (depth > DepthMax || ++_nodes > NodesMax || document.Resolve(schema) is not { Map: not null } at) return null;

        var given = at["example"] ?? at["examples"]?.Items.FirstOrDefault() ?? at["const"] ?? at["default"] ?? at["enum"]?.Items.FirstOrDefault();
        if (given is not null) return given.Node;

        if (at["allOf"] is { } all) return Merge(at, all, place, depth);
        if ((at["oneOf"] ?? at["anyOf"])?.Items.FirstOrDefault() is { } first) return Make(first, place, depth + 1);

        return TypeOf(at) switch
        {
            "object" => Object(at, place, depth),
            "array" => new ListNode(place, Make(at["items"], place, depth + 1) is { } item ? [item] : []),
            "boolean" => Scalar(place, ScalarKind.True, "true"),
            "integer" or "number" => Scalar(place, ScalarKind.Number, (at["minimum"]?.Node as ScalarNode)?.Text ?? "0"),
            "null" => Scalar(place, ScalarKind.Null, "null"),
            "string" => Scalar(place, ScalarKind.String, StringOf(at["format"]?.Text)),
            _ => null,
        };
    }

    private MapNode Object(Spot schema, Place place, int depth)
    {
        var map = new MapNode(place);
        foreach (var property in schema["properties"]?.Members ?? [])
        {
            if (document.Resolve(property)?["writeOnly"]?.IsTrue == true) continue;
            if (Make(property, place, depth + 1) is { } value) map.TryAdd(property.Name, place, value);
        }

        return map;
    }

    private MapNode Merge(Spot schema, Spot all, Place place, int depth)
    {
        var merged = new MapNode(place);
        foreach (var branch in all.Items)
        {
            if (Make(branch, place, depth + 1) is not MapNode map) continue;
            foreach (var member in map.Members) merged.TryAdd(member.Name, place, member.Value);
        }

        foreach (var member in Object(schema, place, depth).Members) merged.TryAdd(member.Name, place, member.Value);
        return merged;
    }

    private static string? TypeOf(Spot schema) =>
        schema["type"]?.Text
        ?? schema["type"]?.Items.Select(type => type.Text).FirstOrDefault(type => type != "null")
        ?? (schema["properties"] is not null ? "object" : schema["items"] is not null ? "array" : null);

    private static string StringOf(string? format) => format switch
    {
        "date" => "2025-01-31",
        "date-time" => "2025-01-31T12:00:00Z",
        "time" => "12:00:00Z",
        "duration" => "PT1H",
        "email" => "someone@example.com",
        "uuid" => "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "uri" or "url" => "https://example.com/",
        "uri-reference" => "/example",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => "text",
    };

    private static ScalarNode Scalar(Place place, ScalarKind type, string text) => new(place, type, text);
}

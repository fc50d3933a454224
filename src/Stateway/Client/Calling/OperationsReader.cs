using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client.Calling;

/// <summary>Finds the operations in the document that an API serves of itself.</summary>
internal static class OperationsReader
{
    private const int OperationsMax = 10_000;
    private const int ReferencesMax = 8; // in references
    private const int TextCharactersMax = 200;
    private static readonly string[] Places = ["path", "query", "header", "cookie"];
    private static readonly string[] Methods = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

    /// <returns>Null when it is no such document.</returns>
    public static ImmutableArray<CallOperation>? Read(JsonElement document)
    {
        if (document.ValueKind != JsonValueKind.Object || !document.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object) return null;

        var operations = ImmutableArray.CreateBuilder<CallOperation>();
        foreach (var path in paths.EnumerateObject())
        {
            var item = Follow(document, path.Value);
            if (item.ValueKind != JsonValueKind.Object) continue;

            foreach (var member in item.EnumerateObject())
            {
                if (!Methods.Contains(member.Name) || member.Value.ValueKind != JsonValueKind.Object || operations.Count == OperationsMax) continue;

                string method = member.Name.ToUpperInvariant();
                var (types, needsBody) = BodyOf(document, member.Value);
                operations.Add(new(Session.Text(member.Value, "operationId") ?? $"{method} {path.Name}", method, path.Name,
                    PlainText.Short(Session.Text(member.Value, "summary") ?? "", TextCharactersMax), ParametersOf(document, item, member.Value), types, needsBody));
            }
        }

        return operations.ToImmutable();
    }

    /// <summary>The operation's own go before those of its path.</summary>
    private static ImmutableArray<CallParameter> ParametersOf(JsonElement document, JsonElement item, JsonElement operation)
    {
        var parameters = ImmutableArray.CreateBuilder<CallParameter>();
        foreach (var list in new[] { operation, item })
        {
            if (!list.TryGetProperty("parameters", out var each) || each.ValueKind != JsonValueKind.Array) continue;

            foreach (var spot in each.EnumerateArray())
            {
                var parameter = Follow(document, spot);
                if (Session.Text(parameter, "name") is not { } name || Session.Text(parameter, "in") is not { } place) continue;
                if (parameters.Any(known => known.Place == place && known.IsNamed(name))) continue;

                string style = Session.Text(parameter, "style") ?? (place is "query" or "cookie" ? "form" : "simple");
                bool isExploded = parameter.TryGetProperty("explode", out var explode) ? explode.ValueKind == JsonValueKind.True : style == "form";
                parameters.Add(new(name, place, place == "path" || IsTrue(parameter, "required"), TypeOf(document, parameter), style, isExploded,
                    PlainText.Short(Session.Text(parameter, "description") ?? "", TextCharactersMax)));
            }
        }

        return [.. parameters.OrderBy(parameter => Array.IndexOf(Places, parameter.Place))]; // of one name that of the path is meant first
    }

    private static string TypeOf(JsonElement document, JsonElement parameter)
    {
        if (!parameter.TryGetProperty("schema", out var schema)) return "";

        schema = Follow(document, schema);
        if (schema.ValueKind != JsonValueKind.Object) return "";
        if (schema.TryGetProperty("enum", out var values) && values.ValueKind == JsonValueKind.Array) return PlainText.Short(string.Join("|", values.EnumerateArray()), TextCharactersMax);
        if (!schema.TryGetProperty("type", out var type)) return "";

        string text = type.ValueKind == JsonValueKind.Array ? string.Join(" or ", type.EnumerateArray()) : type.ToString();
        return PlainText.Short(Session.Text(schema, "format") is { } format ? $"{text} ({format})" : text, TextCharactersMax);
    }

    private static (ImmutableArray<string> Types, bool IsNeeded) BodyOf(JsonElement document, JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var spot)) return ([], false);

        var body = Follow(document, spot);
        return body.ValueKind == JsonValueKind.Object && body.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Object
            ? ([.. content.EnumerateObject().Select(type => type.Name)], IsTrue(body, "required"))
            : ([], false);
    }

    private static bool IsTrue(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    private static JsonElement Follow(JsonElement document, JsonElement spot)
    {
        for (int i = 0; i < ReferencesMax && Session.Text(spot, "$ref") is { } reference; i++)
        {
            if (SchemaTree.Resolve(document, reference) is not { } target) return default;
            spot = target;
        }

        return spot;
    }
}

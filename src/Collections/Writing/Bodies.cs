using System.Text.Json.Nodes;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Xml;
using Stateway.Gateway.Validation;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Writing;

/// <summary>Bodies of a collection's resources: JSON or XML in, JSON that fits the schema out.</summary>
internal sealed class Bodies(Collection collection, GatewayLimits limits)
{
    private readonly Func<XmlForm> _xml = () => collection.Xml;

    public async ValueTask<(ReadOnlyMemory<byte> Json, Problem? Problem)> ReadAsync(Exchange exchange, Preferences preferences)
    {
        var (json, problem) = await BodyReader.ReadJsonAsync(exchange, limits, _xml);
        problem ??= Check(ref json, preferences);
        return (json, problem);
    }

    /// <summary>Holds a value against the schema. When the client prefers lenient handling, unknown fields are taken out instead of refused.</summary>
    public Problem? Check(ref ReadOnlyMemory<byte> json, Preferences preferences)
    {
        if (!preferences.Lenient) return RequestValidation.Check(collection.Declaration.RequestSchema, json.Span);

        var errors = new SchemaErrors();
        if (collection.Declaration.RequestSchema.Validate(json.Span, errors)) return null;
        if (errors.Malformed) return RequestValidation.Check(collection.Declaration.RequestSchema, json.Span);

        var root = JsonNode.Parse(json.Span)!;
        foreach (var error in errors.Items)
        {
            if (error is { Code: "UNKNOWN_FIELD", Pointer: { } pointer }) Remove(root, pointer);
        }

        json = System.Text.Encoding.UTF8.GetBytes(root.ToJsonString());
        return RequestValidation.Check(collection.Declaration.RequestSchema, json.Span);
    }

    private static void Remove(JsonNode root, string pointer)
    {
        string[] segments = [.. pointer.Split('/').Skip(1).Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        JsonNode? node = root;
        foreach (string segment in segments[..^1])
            node = node is JsonArray array ? array[int.Parse(segment, System.Globalization.CultureInfo.InvariantCulture)] : node?[segment];
        (node as JsonObject)?.Remove(segments[^1]);
    }
}

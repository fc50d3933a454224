using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Xml;
using Stateway.Gateway.Validation;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Writing;

/// <summary>Bodies of resources and actions: JSON or XML in, JSON that fits the schema out.</summary>
internal sealed class Bodies(Schema schema, Lazy<XmlForm> xml, GatewayLimits limits)
{
    /// <summary>Each drops as many unknown fields as one list of errors holds. Where that can't be enough, none is dropped.</summary>
    private const int LenientRoundsMax = 10;

    private static readonly JsonSerializerOptions JsonText = new() { Encoder = JsonOptions.Readable.Encoder };

    /// <param name="again">A target will read the request's body once more.</param>
    public async ValueTask<(ReadOnlyMemory<byte> Json, Problem? Problem)> ReadAsync(Exchange exchange, Preferences preferences, bool again = false)
    {
        var (json, problem) = await BodyReader.ReadJsonAsync(exchange, limits, xml, again);
        problem ??= Check(ref json, preferences);
        return (json, problem);
    }

    /// <summary>Holds a value against the schema. When the client prefers lenient handling, unknown fields are taken out instead of refused.</summary>
    public Problem? Check(ref ReadOnlyMemory<byte> json, Preferences preferences)
    {
        var errors = new SchemaErrors();
        if (schema.Validate(json.Span, errors)) return null;

        var problem = RequestValidation.ToProblem(errors);
        for (int left = LenientRoundsMax; preferences.Lenient && problem.Type == ProblemTypes.InvalidBody && errors.Count <= left * SchemaErrors.Max; left--)
        {
            var unknown = errors.Items.Where(e => e is { Code: "UNKNOWN_FIELD", Pointer: not null }).ToList();
            if (unknown.Count == 0) break;

            var root = JsonNode.Parse(json.Span)!;
            foreach (var error in unknown) Remove(root, error.Pointer!);
            json = Encoding.UTF8.GetBytes(root.ToJsonString(JsonText));
            errors = new();
            if (schema.Validate(json.Span, errors)) return null;
            problem = RequestValidation.ToProblem(errors);
        }

        return problem;
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

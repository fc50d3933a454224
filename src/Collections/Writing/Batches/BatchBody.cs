using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Stateway.Gateway;
using Stateway.Gateway.Validation;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;

namespace Stateway.Collections.Writing.Batches;

/// <summary>Reads a batch, and says everything that is wrong with it before any of it runs.</summary>
internal static class BatchBody
{
    private static readonly string[] HeaderNames = ["If-Match", "If-None-Match", "Prefer", "Content-Type"];
    private static readonly string[] MediaTypes = ["application/json", "application/merge-patch+json", "application/json-patch+json"];

    // Compiled when the first batch comes: many programs never see one. Made twice by a race they are equal.
    private static Schema Schema => field ??= Compile();

    public static (ImmutableArray<BatchItem> Items, Problem? Problem) Read(ReadOnlyMemory<byte> json)
    {
        if (RequestValidation.Check(Schema, json.Span) is { } problem) return ([], problem);

        using var document = JsonDocument.Parse(json, new() { MaxDepth = 128 });
        var items = ImmutableArray.CreateBuilder<BatchItem>();
        foreach (var request in document.RootElement.GetProperty("requests").EnumerateArray()) items.Add(Read(request, items.Count));

        var errors = Check(items);
        return errors.Count == 0 ? (items.ToImmutable(), null)
            : ([], new(ProblemTypes.InvalidBatch, Wording.Count(errors.Count, "place")) { Errors = [.. errors.Take(SchemaErrors.Max)] });
    }

    private static BatchItem Read(JsonElement request, int index)
    {
        var headers = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        if (request.TryGetProperty("headers", out var fields))
        {
            foreach (var field in fields.EnumerateObject()) headers.Add(new(field.Name, field.Value.GetString()!));
        }

        return new(
            index,
            request.TryGetProperty("as", out var name) ? name.GetString() : null,
            request.GetProperty("method").GetString()!,
            request.GetProperty("path").GetString()!,
            headers.ToImmutable(),
            request.TryGetProperty("body", out var body) ? JsonMarshal.GetRawUtf8Value(body).ToArray() : default(ReadOnlyMemory<byte>));
    }

    /// <summary>What no schema can say.</summary>
    private static List<ProblemError> Check(IReadOnlyList<BatchItem> items)
    {
        var errors = new List<ProblemError>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            CheckHeaders(item, errors);

            // Any id will do to see whether the references lead to an earlier request.
            var references = new BatchReferences(names, errors);
            references.InPath(item);
            references.InBody(item);

            if (item.Name is not null && !names.TryAdd(item.Name, "id"))
                errors.Add(new("DUPLICATE", $"An earlier request is named \"{item.Name}\" already.") { Pointer = item.Pointer + "/as" });
        }

        return errors;
    }

    private static void CheckHeaders(BatchItem item, List<ProblemError> errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in item.Headers)
        {
            if (!HeaderNames.Contains(name, StringComparer.OrdinalIgnoreCase))
                Wrong("UNKNOWN_HEADER", $"A request of a batch has {string.Join(", ", HeaderNames)}; others are the batch's as a whole.");
            else if (!seen.Add(name))
                Wrong("DUPLICATE", $"{name} is there twice.");
            else if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase) && !MediaTypes.Contains(value, StringComparer.OrdinalIgnoreCase))
                Wrong("CONTENT_TYPE", $"A body in a batch is one of {string.Join(", ", MediaTypes)}.");
            else if (name.Equals("Prefer", StringComparison.OrdinalIgnoreCase) && value.Contains("validate-only", StringComparison.OrdinalIgnoreCase))
                Wrong("VALIDATE_ONLY", "Only a batch as a whole can be validated without being made.");

            void Wrong(string code, string detail) =>
                errors.Add(new(code, detail) { Pointer = $"{item.Pointer}/headers/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}" });
        }
    }

    private static Schema Compile()
    {
        var set = new SchemaSet(SchemaDialect.Draft202012);
        set.Add("stateway:batch", JsonElement.Parse("""
            {
              "type": "object",
              "required": ["requests"],
              "properties": {
                "requests": {
                  "type": "array",
                  "minItems": 1,
                  "maxItems": 100,
                  "items": {
                    "type": "object",
                    "required": ["method", "path"],
                    "properties": {
                      "as": { "type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,63}$" },
                      "method": { "enum": ["POST", "PUT", "PATCH", "DELETE"] },
                      "path": { "type": "string", "pattern": "^/[!-\"$-~]*$" },
                      "headers": { "type": "object", "additionalProperties": { "type": "string", "pattern": "^[ -~]*$" } },
                      "body": {}
                    }
                  }
                }
              }
            }
            """));
        return set.Compile("stateway:batch", SchemaUse.RequestBody).Schema!; // it is this file's own
    }
}

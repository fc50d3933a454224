using System.Text.Json;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Checking;

/// <summary>
/// Checks a document's form by one schema: OpenAPI's own, with <c>stateway.schema.json</c> over it. It is the very
/// schema that editors complete and check by, so that the program and an editor agree.
/// </summary>
internal static class StructureCheck
{
    private const string Uri = "stateway://program/stateway.schema.json";

    // Some megabytes that a server needs only while it reads documents.
    private static readonly WeakReference<Schema?> Compiled = new(null);

    /// <summary>To be held while documents are read; nobody else holds it for long.</summary>
    public static Schema Form()
    {
        if (!Compiled.TryGetTarget(out var schema)) Compiled.SetTarget(schema = Compile());
        return schema;
    }

    /// <param name="form">What <see cref="Form"/> gives.</param>
    public static void Run(ApiDocument document, Schema form)
    {
        var errors = new SchemaErrors();
        if (form.Validate(NodeJson.ToUtf8(document.Root), errors)) return;

        foreach (var error in errors.Items)
        {
            string pointer = error.Pointer ?? "";
            if (MessageFor(document, error, pointer) is { } message) document.ErrorUnlessKnown(pointer, message, name: error.Code == "UNKNOWN_FIELD");
        }
    }

    /// <summary>The schema's own words, or better ones where a schema can't know what is usual.</summary>
    /// <returns>Null for an error that only follows from another.</returns>
    private static string? MessageFor(ApiDocument document, ProblemError error, string pointer)
    {
        string[] names = JsonPointer.Split(pointer) ?? [];
        var around = names.Length == 0 ? Part.Other : Grammar.PartAt(names[..^1]);
        switch (error.Code)
        {
            case "UNKNOWN_FIELD" when around == Part.Responses:
                return $"'{names[^1]}' is no status; write one such as 200, a class such as 4XX, or default.";

            case "UNKNOWN_FIELD" when around == Part.Paths:
                return $"'{names[^1]}' is no path; a path begins with '/'.";

            case "REQUIRED" when around == Part.Responses && JsonPointer.Find(document.Root, Parent(pointer)) is MapNode { Members.Count: > 0 }:
                return null;

            case "ANY_OF" when pointer.Length == 0 && document.Root["x-stateway-collections"] is MapNode { Members.Count: > 0 }:
                return null; // the served document has the paths of its collections

            case "REQUIRED" when pointer == "/paths" && document.Is30 && document.Root["x-stateway-collections"] is MapNode { Members.Count: > 0 }:
                return null;

            case "ANY_OF" when pointer.Length == 0:
                return "The document has no paths; add them, or at least paths: {}.";

            case "TYPE" when error.Detail.EndsWith("a string is expected.") && !document.File.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                && JsonPointer.Find(document.Root, pointer) is ScalarNode { Type: not ScalarKind.Null }:
                return error.Detail + " Write it in quotes.";

            default:
                return error.Detail;
        }
    }

    private static string Parent(string pointer) => pointer[..pointer.LastIndexOf('/')];

    private static Schema Compile()
    {
        var set = new SchemaSet(SchemaDialect.Draft202012);
        foreach (string name in new[] { "openapi-3.0.schema.json", "openapi-3.1.schema.json" })
        {
            using var json = JsonDocument.Parse(Resources.Bytes(name));
            set.Add(json.RootElement.GetProperty("$id").GetString()!, json.RootElement.Clone());
        }

        using var own = JsonDocument.Parse(Resources.Bytes("stateway.schema.json"));
        set.Add(Uri, own.RootElement.Clone());
        var compilation = set.Compile(Uri, SchemaUse.Plain);
        return compilation.Schema ?? throw new InvalidOperationException("The schema of documents is wrong: " + string.Join(" ", compilation.Defects));
    }
}

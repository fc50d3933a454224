using System.Text.Json;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Text;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Checking;

/// <summary>
/// Checks a document's form by one schema: OpenAPI's own, with <c>stateway.schema.json</c> over it. It is the very
/// schema that editors complete and check by, so that the program and an editor agree.
/// </summary>
internal static class StructureCheck
{
    private const string Uri = "stateway://program/stateway.schema.json";

    // A kind of error that other errors bring along: a part that is wrong inside counts for nothing, so its fields look unknown.
    private const string Unevaluated = "UNEVALUATED";

    private static readonly Lazy<Schema> Documents = new(Compile);

    public static void Run(ApiDocument document)
    {
        var errors = new SchemaErrors();
        if (Documents.Value.Validate(NodeJson.ToUtf8(document.Root), errors)) return;

        foreach (var error in errors.Items) document.Error(error.Pointer ?? "", error.Detail);
    }

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

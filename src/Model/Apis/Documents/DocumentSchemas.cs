using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Documents;

/// <summary>The schemas of one document, compiled as they are asked for; what is wrong with one is reported once.</summary>
internal sealed class DocumentSchemas
{
    private const string AllUri = "stateway://program/all";

    private readonly ApiDocument _document;
    private readonly SchemaSet _set;
    private bool _isSound = true;

    /// <param name="json">The document with its collections' schemas laid out.</param>
    public DocumentSchemas(ApiDocument document, byte[] json)
    {
        _document = document;
        _set = new SchemaSet(document.Is30 ? SchemaDialect.OpenApi30 : SchemaDialect.Draft202012);
        using var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Text.TextLimits.DepthMax + 8 });
        _set.Add(document.Uri, parsed.RootElement.Clone());
    }

    /// <summary>
    /// Compiles them all as one, which takes time in proportion to the document however they refer to each other, and
    /// reports what is wrong with any. After that nothing else is compiled: a wrong document is not served.
    /// </summary>
    public void Check(IReadOnlyCollection<string> pointers)
    {
        if (pointers.Count == 0) return;

        var all = new JsonArray([.. pointers.Select(pointer => new JsonObject { ["$ref"] = UriOf(pointer) })]);
        using var parsed = JsonDocument.Parse(new JsonObject { ["allOf"] = all }.ToJsonString());
        _set.Add(AllUri, parsed.RootElement.Clone());
        _isSound = Compile(_set.Compile(AllUri, SchemaUse.Plain)) is not null;
    }

    /// <returns>Null when a schema of the document is wrong.</returns>
    public Schema? Compile(string pointer, SchemaUse use) => _isSound ? Compile(_set.Compile(UriOf(pointer), use)) : null;

    private Schema? Compile(SchemaCompilation compilation)
    {
        foreach (var defect in compilation.Defects) _document.ErrorUnlessKnown(defect.Pointer, defect.Detail);
        return compilation.Schema;
    }

    /// <summary>Where a property of an object is described, as far as references and plain <c>properties</c> tell.</summary>
    /// <returns>Null when it is described another way, by <c>allOf</c> for one, or not at all.</returns>
    public string? PointerOfProperty(string pointer, string name) =>
        _document.Resolve(_document.At(pointer))?["properties"]?[name]?.Pointer;

    public Shape ShapeOf(string pointer) => _set.ShapeOf(UriOf(pointer));

    // A fragment may hold a slash, but none of the braces and blanks that paths and media types bring.
    private string UriOf(string pointer) => _document.Uri + "#" + System.Uri.EscapeDataString(pointer).Replace("%2F", "/");
}

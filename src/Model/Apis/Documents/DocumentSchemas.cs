using System.Text.Json;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis.Documents;

/// <summary>The schemas of one document, compiled as they are asked for; what is wrong with one is reported once.</summary>
internal sealed class DocumentSchemas
{
    private readonly ApiDocument _document;
    private readonly SchemaSet _set;

    /// <param name="json">The document with its collections' schemas laid out.</param>
    public DocumentSchemas(ApiDocument document, byte[] json)
    {
        _document = document;
        _set = new SchemaSet(document.Is30 ? SchemaDialect.OpenApi30 : SchemaDialect.Draft202012);
        using var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = Text.TextLimits.DepthMax + 8 });
        _set.Add(document.Uri, parsed.RootElement.Clone());
    }

    /// <returns>Null when the schema is wrong.</returns>
    public Schema? Compile(string pointer, SchemaUse use)
    {
        var compilation = _set.Compile(UriOf(pointer), use);
        foreach (var defect in compilation.Defects) _document.ErrorUnlessKnown(defect.Pointer, defect.Detail);
        return compilation.Schema;
    }

    public Shape ShapeOf(string pointer) => _set.ShapeOf(UriOf(pointer));

    // A fragment may hold a slash, but none of the braces and blanks that paths and media types bring.
    private string UriOf(string pointer) => _document.Uri + "#" + System.Uri.EscapeDataString(pointer).Replace("%2F", "/");
}

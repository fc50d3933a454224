using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>A document, or a schema in it with an <c>$id</c> of its own: what references in it are relative to.</summary>
internal sealed class SchemaResource(SchemaDocument document, string uri, JsonElement root, string pointer)
{
    public SchemaDocument Document { get; } = document;
    public string Uri { get; } = uri;
    public JsonElement Root { get; } = root;

    /// <summary>JSON pointer of the root in its document.</summary>
    public string Pointer { get; } = pointer;

    /// <summary>Of <c>$anchor</c> and <c>$dynamicAnchor</c>.</summary>
    public Dictionary<string, SchemaPlace> Anchors { get; } = [];

    public Dictionary<string, SchemaPlace> DynamicAnchors { get; } = [];

    public SchemaPlace Place => new(this, Root, Pointer);
}

/// <summary>A document as it was added.</summary>
/// <param name="Uri">As the caller wrote it, for errors.</param>
internal sealed record SchemaDocument(string Uri, bool IsOpenApi)
{
    /// <summary>The resources in it, by JSON pointer; the document itself is <c>""</c>.</summary>
    public Dictionary<string, SchemaResource> Resources { get; } = [];
}

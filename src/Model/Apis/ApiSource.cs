namespace Stateway.Model.Apis;

/// <summary>One OpenAPI document as its owner wrote it, with the files that it names: enough to read it again, anywhere.</summary>
/// <param name="Name">The API's: <c>shop</c>.</param>
/// <param name="File">The document among the files: <c>shop.yaml</c>.</param>
/// <param name="Files">UTF-8 texts, by their names relative to the document's folder, with slashes.</param>
public sealed record ApiSource(string Name, string File, IReadOnlyDictionary<string, byte[]> Files)
{
    /// <summary>Stands before the document's own base path: empty, or <c>/dev</c>.</summary>
    public string Prefix { get; init; } = "";
}

using System.Collections.Immutable;

namespace Stateway.Client.Calling;

/// <summary>An operation that can be called.</summary>
/// <param name="Id">Its operationId; <c>GET /products</c> where the document gives none.</param>
/// <param name="Path">Template below the API's base.</param>
/// <param name="BodyTypes">Media types of the body, in the document's order; empty when it takes none.</param>
internal sealed record CallOperation(
    string Id, string Method, string Path, string Summary, ImmutableArray<CallParameter> Parameters, ImmutableArray<string> BodyTypes, bool NeedsBody);

using System.Collections.Immutable;

namespace Stateway.Model.Apis;

/// <summary>One OpenAPI document as Stateway understands it: read, checked, expanded. Immutable.</summary>
public sealed record ApiSpec
{
    /// <summary>No user's API has this name.</summary>
    public const string ReservedName = "stateway";

    /// <summary>The name that the store and other documents know the API by: the file's name without its ending (<c>shop</c>).</summary>
    public required string Name { get; init; }

    /// <summary>The document's file, relative to the folder that was read.</summary>
    public required string File { get; init; }

    public required string Title { get; init; }
    public required string Version { get; init; }

    /// <summary>Path of the first server, without a slash at its end: empty, or <c>/v1</c>.</summary>
    public required string BasePath { get; init; }

    /// <summary>The collections of the document; each holds its children.</summary>
    public required ImmutableArray<CollectionDeclaration> Collections { get; init; }

    /// <summary>Every operation that answers, the ones that collections expand to included.</summary>
    public required ImmutableArray<OperationSpec> Operations { get; init; }

    /// <summary>What its stages give values.</summary>
    public ImmutableArray<VariableSpec> Variables { get; init; } = [];

    /// <summary>Which pages of other origins may call; null for none.</summary>
    public CorsSpec? Cors { get; init; }

    /// <summary>The document as served at <c>/openapi.json</c>: expanded, JSON in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Document { get; init; }
}

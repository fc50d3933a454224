using System.Collections.Immutable;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis;

/// <summary>One method on one path.</summary>
public sealed record OperationSpec
{
    /// <summary>In capitals.</summary>
    public required string Method { get; init; }

    /// <summary>Template below the base path: <c>/weather/{city}</c>. A last segment <c>{rest+}</c> takes the rest of the path.</summary>
    public required string Path { get; init; }

    /// <summary>The document's own, or one made of method and path. Unique in the document.</summary>
    public required string OperationId { get; init; }

    public required TargetSpec Target { get; init; }

    /// <summary>
    /// What the document itself declares; empty for the operations that collections expand to, whose parameters the
    /// collection knows.
    /// </summary>
    public required ImmutableArray<ParameterSpec> Parameters { get; init; }

    /// <summary>Null when the operation takes no body that is checked, and for operations of collections, which check it themselves.</summary>
    public required RequestBodySpec? RequestBody { get; init; }

    /// <summary>Marked by the document, or its lifecycle says since when.</summary>
    public required bool Deprecated { get; init; }

    /// <summary>Since when it is deprecated and until when it is served; null when the document doesn't say.</summary>
    public LifecycleSpec? Lifecycle { get; init; }
}

/// <summary>A parameter that the document declares.</summary>
public sealed record ParameterSpec
{
    /// <summary>Of a header: as written; compare without case.</summary>
    public required string Name { get; init; }

    /// <summary><c>path</c>, <c>query</c>, <c>header</c> or <c>cookie</c>.</summary>
    public required string In { get; init; }

    public required bool Required { get; init; }
    public required Shape Shape { get; init; }
    public required Schema Schema { get; init; }

    /// <summary>OpenAPI <c>style</c>: <c>simple</c>, <c>form</c>, <c>spaceDelimited</c>, <c>pipeDelimited</c>, <c>deepObject</c>.</summary>
    public required string Style { get; init; }

    public required bool Explode { get; init; }

    /// <summary>The value is JSON text (OpenAPI <c>content</c>), not text in a style.</summary>
    public required bool IsJson { get; init; }
}

public sealed record RequestBodySpec
{
    public required bool Required { get; init; }

    /// <summary>Media type or range, in lower case → how it is checked; a null schema means not at all.</summary>
    public required ImmutableArray<KeyValuePair<string, Schema?>> Content { get; init; }
}

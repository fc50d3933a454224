using System.Collections.Immutable;
using Stateway.Model.Expressions;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis;

/// <summary>One OpenAPI document as Stateway understands it: read, checked, expanded. Immutable.</summary>
public sealed record ApiSpec
{
    /// <summary>The name that the store and other documents know the API by: the file's name without its ending (<c>shop</c>).</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }
    public required string Version { get; init; }

    /// <summary>Path of the first server, without a slash at its end: empty, or <c>/v1</c>.</summary>
    public required string BasePath { get; init; }

    public required ImmutableArray<CollectionDeclaration> Collections { get; init; }

    /// <summary>Every operation that answers, the ones that collections expand to included.</summary>
    public required ImmutableArray<OperationSpec> Operations { get; init; }

    /// <summary>The document as served at <c>/openapi.json</c>: expanded, JSON in UTF-8.</summary>
    public required ReadOnlyMemory<byte> Document { get; init; }
}

/// <summary>A collection as its owner declared it under <c>x-stateway-collections</c>.</summary>
public sealed record CollectionDeclaration
{
    /// <summary>One URL segment: plural kebab-case, <c>products</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name in the store: <c>shop/products</c>, <c>shop/orders/items</c>.</summary>
    public required string StoreName { get; init; }

    public required Shape Shape { get; init; }

    /// <summary>Checks a body that a client sends; closed, readOnly ignored.</summary>
    public required Schema RequestSchema { get; init; }

    public required ImmutableArray<string> Filter { get; init; }
    public required ImmutableArray<string> Order { get; init; }
    public required ImmutableArray<string> Unique { get; init; }

    /// <summary>Reference fields of the shape: field path with dots → collection name in the same API. Only scalar fields outside arrays.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> References { get; init; }

    /// <summary>Writes to an existing resource without a condition are refused with 428.</summary>
    public required bool RequireCondition { get; init; }

    /// <summary>Absolute path of the seed file; null without one.</summary>
    public required string? Seed { get; init; }

    public required ImmutableArray<CollectionDeclaration> Children { get; init; }
    public required ImmutableArray<ActionDeclaration> Actions { get; init; }
}

/// <summary>A change of state by name: <c>POST /orders/{id}/cancel</c>.</summary>
public sealed record ActionDeclaration
{
    public required string Name { get; init; }

    /// <summary>POST, or GET for an action that only tells.</summary>
    public required string Method { get; init; }

    /// <summary>Must be true of <c>resource</c>, or the answer is 409. Null: always allowed.</summary>
    public required Expression? When { get; init; }

    /// <summary>The text of <see cref="When"/>, for the problem document.</summary>
    public required string? WhenText { get; init; }

    /// <summary>Field → expression over <c>resource</c>, <c>request</c> (the body) and <c>now</c>.</summary>
    public required ImmutableArray<KeyValuePair<string, Expression>> Set { get; init; }

    /// <summary>Checks the body; null when the action takes none.</summary>
    public required Schema? RequestSchema { get; init; }

    /// <summary>Who answers instead, when the action is not answered by <see cref="Set"/>.</summary>
    public required TargetSpec? Target { get; init; }
}

/// <summary>One method on one path.</summary>
public sealed record OperationSpec
{
    public required string Method { get; init; }

    /// <summary>Template below the base path: <c>/weather/{city}</c>. A last segment <c>{rest+}</c> takes the rest of the path.</summary>
    public required string Path { get; init; }

    public required string OperationId { get; init; }
    public required TargetSpec Target { get; init; }
    public required ImmutableArray<ParameterSpec> Parameters { get; init; }

    /// <summary>Null when the operation takes no body that is checked.</summary>
    public required RequestBodySpec? RequestBody { get; init; }

    public required bool Deprecated { get; init; }
}

/// <summary>A parameter of an operation, outside collections.</summary>
public sealed record ParameterSpec
{
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

/// <summary>What answers an operation.</summary>
public abstract record TargetSpec
{
    private TargetSpec() { } // closed

    /// <summary>A stored collection and what the operation does with it.</summary>
    /// <param name="StoreName">The collection's name in the store.</param>
    public sealed record Collection(string StoreName, CollectionVerb Verb, string? Action) : TargetSpec;

    public sealed record Http : TargetSpec
    {
        /// <summary>Absolute URL; <c>{name}</c> stands for a path parameter, percent-encoded when put in.</summary>
        public required string Url { get; init; }

        /// <summary>From the start of the request until the answer's header section.</summary>
        public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

        /// <summary>Send the client's Host on, instead of the URL's.</summary>
        public bool PreserveHost { get; init; }

        public HeaderRules RequestHeaders { get; init; } = HeaderRules.None;
        public HeaderRules ResponseHeaders { get; init; } = HeaderRules.None;
    }

    /// <summary>One of the document's own examples.</summary>
    public sealed record Mock(ImmutableArray<MockAnswer> Answers) : TargetSpec;
}

public enum CollectionVerb { List, Create, Get, Replace, Patch, Delete, Act }

/// <summary>Changes to a header section, applied in this order: remove, set, add.</summary>
public sealed record HeaderRules(
    ImmutableArray<string> Remove,
    ImmutableArray<KeyValuePair<string, string>> Set,
    ImmutableArray<KeyValuePair<string, string>> Add)
{
    public static HeaderRules None { get; } = new([], [], []);
}

/// <summary>One media type of a mock's answer.</summary>
public sealed record MockAnswer(
    int Status, string? MediaType, ReadOnlyMemory<byte> Body, ImmutableArray<KeyValuePair<string, string>> Headers);

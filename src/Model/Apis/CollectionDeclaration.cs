using System.Collections.Immutable;
using Stateway.Model.Apis.Seeds;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis;

/// <summary>A collection as its owner declared it under <c>x-stateway-collections</c>.</summary>
public sealed record CollectionDeclaration
{
    /// <summary>One URL segment, kebab-case: <c>products</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Name in the store: <c>shop/products</c>, <c>shop/orders/items</c>.</summary>
    public required string StoreName { get; init; }

    /// <summary>Of one resource, the store's own fields (id, create_time, update_time) included.</summary>
    public required Shape Shape { get; init; }

    /// <summary>Of one page: <c>results</c>, <c>next_page_token</c>, <c>revision</c>, <c>total_size</c>.</summary>
    public Shape ListShape { get; init; } = Shape.Any;

    /// <summary>Of one page of a resource's history: <c>results</c> of <c>revision</c>, <c>time</c>, <c>type</c> and <c>object</c>; <c>next_page_token</c>.</summary>
    public Shape HistoryShape { get; init; } = Shape.Any;

    /// <summary>Checks a body that a client sends; closed, readOnly ignored.</summary>
    public required Schema RequestSchema { get; init; }

    /// <summary>Paths with dots of scalar fields outside lists; so are the next two.</summary>
    public required ImmutableArray<string> Filter { get; init; }

    public required ImmutableArray<string> Order { get; init; }
    public required ImmutableArray<string> Unique { get; init; }

    /// <summary>Reference fields of the shape: field path with dots → collection name in the same API. Only scalar fields outside arrays.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> References { get; init; }

    /// <summary>Writes to an existing resource without a condition are refused with 428.</summary>
    public required bool RequireCondition { get; init; }

    /// <summary>Read by <see cref="SeedFile"/>; null without one. Children have theirs in their parent's.</summary>
    public required SeedSource? Seed { get; init; }

    public required ImmutableArray<CollectionDeclaration> Children { get; init; }
    public required ImmutableArray<ActionDeclaration> Actions { get; init; }
}

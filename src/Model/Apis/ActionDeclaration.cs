using System.Collections.Immutable;
using Stateway.Model.Expressions;
using Stateway.Model.Schemas;

namespace Stateway.Model.Apis;

/// <summary>A change of state by name: <c>POST /orders/{order_id}/cancel</c>.</summary>
public sealed record ActionDeclaration
{
    public required string Name { get; init; }

    /// <summary>POST, or GET for an action that only tells.</summary>
    public required string Method { get; init; }

    /// <summary>Must be true of <c>resource</c>, or the answer is 409. Null: always allowed.</summary>
    public required Expression? When { get; init; }

    /// <summary>The text of <see cref="When"/>, for the problem document.</summary>
    public required string? WhenText { get; init; }

    /// <summary>Field path with dots → expression over <c>resource</c>, <c>request</c> (the body) and <c>now</c>. All see the resource as it was.</summary>
    public required ImmutableArray<KeyValuePair<string, Expression>> Set { get; init; }

    /// <summary>Checks the body; null when the action takes none.</summary>
    public required Schema? RequestSchema { get; init; }

    /// <summary>Of the body, for its XML form.</summary>
    public Shape RequestShape { get; init; } = Shape.Any;

    /// <summary>Who answers instead, when the action is not answered by <see cref="Set"/>. Then <see cref="Set"/> is empty.</summary>
    public required TargetSpec? Target { get; init; }
}

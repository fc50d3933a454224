using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Stateway.Collections.Kinds;

/// <summary>What a controller changes of a resource. What it leaves out stays as it is, so that several can have their part of a status.</summary>
public sealed record KindChange
{
    /// <summary>The whole spec; null: as it is. It has to fit the kind's schema.</summary>
    public JsonObject? Spec { get; init; }

    /// <summary>Members of the status, each in whole; a null removes one. <c>observed_generation</c> is set with them.</summary>
    public JsonObject? Status { get; init; }

    /// <summary>Set by their types, at most <see cref="KindStatus.ConditionsMax"/> in all. <c>observed_generation</c> is set with them.</summary>
    public ImmutableArray<KindCondition> Conditions { get; init; } = [];

    /// <summary>All of them; null: as they are.</summary>
    public ImmutableArray<string>? Finalizers { get; init; }
}

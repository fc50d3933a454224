using System.Collections.Immutable;
using Stateway.Hosting;

namespace Stateway.Management.Domains;

/// <summary>A domain as it is served: its stages, compiled for their places in it.</summary>
/// <param name="reasons">Why the rest of it is not served; empty when all of it is.</param>
internal sealed class ServedDomain(
    DomainSpec spec, long generation, ImmutableArray<ServedStage?> sources, ImmutableArray<ServedStage> stages, ImmutableArray<string> reasons)
{
    public DomainSpec Spec => spec;

    public ImmutableArray<ServedStage> Stages => stages;

    /// <summary>Of the domain as it was compiled.</summary>
    public long Generation => generation;

    public ImmutableArray<string> Reasons => reasons;

    /// <summary>Nothing that it is made of has changed: neither what is asked for nor the stages in force, of which some may be missing.</summary>
    public bool IsOf(long current, ImmutableArray<ServedStage?> now) =>
        generation == current && sources.Length == now.Length && sources.Zip(now).All(pair => ReferenceEquals(pair.First, pair.Second));
}

using System.Collections.Immutable;
using Stateway.Hosting;

namespace Stateway.Management.Domains;

/// <summary>A domain as it is served: its stages, compiled for their places in it.</summary>
internal sealed class ServedDomain(DomainSpec spec, long revision, ImmutableArray<ServedStage?> sources, ImmutableArray<ServedStage> stages)
{
    public DomainSpec Spec => spec;

    public ImmutableArray<ServedStage> Stages => stages;

    /// <summary>Nothing that it is made of has changed: neither its entry nor the stages in force, of which some may be missing.</summary>
    public bool IsOf(long current, ImmutableArray<ServedStage?> now) =>
        revision == current && sources.Length == now.Length && sources.Zip(now).All(pair => ReferenceEquals(pair.First, pair.Second));
}

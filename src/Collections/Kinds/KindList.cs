using System.Collections.Immutable;

namespace Stateway.Collections.Kinds;

/// <summary>All resources of a kind, by path.</summary>
/// <param name="Revision">Of the store: all of them are as they were then. The log behind it has what came after.</param>
public sealed record KindList(ImmutableArray<KindResource> Resources, long Revision);

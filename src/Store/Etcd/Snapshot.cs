using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>Everything at one revision.</summary>
/// <param name="Revision">0: nothing was ever committed.</param>
/// <param name="Commits">How many there have been: each one finds one less.</param>
internal sealed record Snapshot(long Revision, long Commits, ImmutableDictionary<string, Rows> Collections)
{
    public static Snapshot Empty { get; } = new(0, 0, ImmutableDictionary.Create<string, Rows>(StringComparer.Ordinal));

    public Rows? Find(string collection) => Collections.GetValueOrDefault(collection);

    /// <exception cref="ArgumentException">The collection was never declared: a mistake of the caller.</exception>
    public Rows Get(string collection) =>
        Find(collection) is { IsDeclared: true } rows
            ? rows
            : throw new ArgumentException($"The collection '{collection}' was never declared to the store.");
}

namespace Stateway.Store;

/// <param name="Revision">Of the newest commit.</param>
/// <param name="Compacted">The oldest revision that can be read; 0 when nothing was ever given up.</param>
public readonly record struct StoreState(long Revision, long Compacted);

/// <summary>How far long work on a collection has come, in entries.</summary>
/// <param name="Total">0 when it isn't known.</param>
public readonly record struct StoreProgress(string Collection, long Done, long Total);

/// <summary>What a check of a store has found.</summary>
/// <param name="Faults">The first <see cref="FaultsMax"/>, a line each: where, what, and what would be right.</param>
public sealed record StoreReport(long Entries, long Commits, System.Collections.Immutable.ImmutableArray<string> Faults, long FaultsCount)
{
    public const int FaultsMax = 100;
}

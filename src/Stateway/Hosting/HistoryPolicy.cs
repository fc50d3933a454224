using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// How much of what the store was is kept: what is older than <see cref="AgeMax"/>, or lies more than
/// <see cref="RevisionsMax"/> revisions back, is given up. The last hour and the last 1,000 revisions are always kept,
/// because pages, watches and retries rely on them.
/// </summary>
internal sealed record HistoryPolicy
{
    public static readonly TimeSpan AgeLeast = TimeSpan.FromHours(1);
    public const long RevisionsLeast = 1_000;

    /// <summary>At least <see cref="AgeLeast"/>.</summary>
    public TimeSpan AgeMax { get; init; } = TimeSpan.FromHours(24);

    /// <summary>At least <see cref="RevisionsLeast"/>.</summary>
    public long RevisionsMax { get; init; } = 1_000_000;

    /// <summary>The revision that becomes the oldest that can be read; null when nothing is to be given up.</summary>
    /// <param name="atAgeMax">The newest revision that is <see cref="AgeMax"/> old.</param>
    /// <param name="atAgeLeast">The newest revision that is <see cref="AgeLeast"/> old.</param>
    public long? OldestToKeep(StoreState state, long atAgeMax, long atAgeLeast)
    {
        long wanted = Math.Max(atAgeMax, state.Revision - RevisionsMax);
        long allowed = Math.Min(atAgeLeast, state.Revision - RevisionsLeast);
        long oldest = Math.Min(wanted, allowed);
        return oldest > state.Compacted ? oldest : null;
    }
}

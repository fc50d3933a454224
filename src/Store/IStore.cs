namespace Stateway.Store;

/// <summary>
/// Where resources are kept. One revision counts the changes of the whole store: every commit takes a higher one than
/// all before it, and what was replaced or deleted can be read until the history is compacted. Reads are linearizable:
/// they see everything that was answered before they began, on whichever node.
/// </summary>
public interface IStore : IResources, IAsyncDisposable
{
    /// <summary>The newest revision that this node knows of; the store may be further.</summary>
    long Revision { get; }

    /// <summary>How far the store is, asked now.</summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<StoreState> ReadStateAsync(CancellationToken ct);

    /// <summary>
    /// Makes the collections known, with their indexes: creates what is missing and fills it from what is stored. An index
    /// that is no longer declared goes when no other node may need it. Resources of collections not named stay untouched.
    /// </summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct);

    /// <summary>Every collection that was ever declared, with its fields, by name.</summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct);

    /// <summary>An entry as it was when the store had this revision.</summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct);

    /// <summary>The versions of an entry, the newest first, that the store had at its oldest revision held or since then.</summary>
    /// <param name="before">Only those of lower revisions; <see cref="long.MaxValue"/> begins with the newest.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct);

    /// <summary>The commits behind a revision, the oldest first: whole ones, none left out.</summary>
    /// <param name="changesMax">The answer ends with the commit that reaches it, or 16 MB of values; it has at least one commit if there is one.</param>
    ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct);

    /// <summary>Completes soon after the store's revision has passed <paramref name="after"/>, on whichever node; sometimes for nothing.</summary>
    ValueTask WaitAsync(long after, CancellationToken ct);

    /// <summary>The newest revision that was committed at this time or before, by the committing node's clock; <see cref="StoreState.Compacted"/> when all held are newer.</summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct);

    /// <summary>
    /// Gives up what the store was at revisions below this one, in small steps between commits; never a current value. Does
    /// nothing when that is done already. What the store was at <paramref name="revision"/> itself, and commits behind it, stay.
    /// </summary>
    /// <param name="revision">At most the newest.</param>
    /// <exception cref="StoreUnavailableException">What was done so far stays.</exception>
    ValueTask CompactAsync(long revision, CancellationToken ct);

    /// <summary>Takes a lease that nobody holds, or renews one's own: after <paramref name="duration"/> from now, by the store's clock, it runs out.</summary>
    /// <param name="holder">Names one holder uniquely, a restart of it included.</param>
    /// <param name="duration">Whole seconds, at least 2.</param>
    ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct);

    /// <summary>Gives a lease up at once. Nothing happens when it is not of this epoch.</summary>
    ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct);

    /// <summary>Verifies everything that can be verified: the log has no gap, values are JSON, indexes agree with values.</summary>
    /// <exception cref="StoreUnavailableException"/>
    ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct);
}

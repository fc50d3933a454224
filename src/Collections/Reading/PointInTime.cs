using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>The store as it is now, or as it was at one revision, for the reads of one request.</summary>
/// <param name="isPinned">A page token chose the revision: what is not held then makes the token too old.</param>
internal sealed class PointInTime(IStore store, long? revision, bool isPinned = false)
{
    /// <summary>Set when the revision could not be read: then what was read is nothing, and this is the answer.</summary>
    public Problem? Refusal { get; private set; }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        return revision is { } past ? PastAsync(past) : store.GetAsync(key, ct);

        async ValueTask<Entry?> PastAsync(long past)
        {
            switch (await store.GetAsync(key, past, ct))
            {
                case PastEntry.Found found:
                    return found.Entry;
                case PastEntry.Gone gone:
                    Refusal = Gone(gone.State);
                    return null;
                case PastEntry.NotYet early:
                    Refusal = NotYet(early.State);
                    return null;
                default:
                    return null;
            }
        }
    }

    public Problem Gone(StoreState state) =>
        isPinned ? PageTokens.Expired($"The list began at revision {revision}, and the store no longer holds that.") : Revisions.Gone(revision ?? 0, state);

    /// <summary>A token of a revision that has not been is one of a store that has since been replaced.</summary>
    public Problem NotYet(StoreState state) =>
        isPinned ? PageTokens.Expired($"The list began at revision {revision}, which this store has not come to.") : Revisions.NotYet(revision ?? 0, state);
}

using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>How far the store must be, or be held, for a read: waits for what is about to come, and says what is not there.</summary>
internal static class Revisions
{
    /// <summary>How long a read waits for the store to come to its <c>min_revision</c>.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(2);

    /// <summary>Waits until the store has come to a revision.</summary>
    /// <returns>Null when it has.</returns>
    public static ValueTask<Problem?> ReachAsync(long revision, CollectionServices services, CancellationToken ct)
    {
        var store = services.Store;
        return store.Revision >= revision ? default : WaitAsync();

        async ValueTask<Problem?> WaitAsync()
        {
            // Another node may have written what this one has not heard of.
            var state = await store.ReadStateAsync(ct);
            if (state.Revision >= revision) return null;

            using var timer = new CancellationTokenSource(WaitMax, services.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
            try
            {
                while (state.Revision < revision)
                {
                    await store.WaitAsync(revision - 1, both.Token);
                    if (store.Revision >= revision) break;
                    state = await store.ReadStateAsync(both.Token);
                }

                return null;
            }
            catch (OperationCanceledException) when (timer.IsCancellationRequested && !ct.IsCancellationRequested)
            {
                return new Problem(ProblemTypes.RevisionNotReached, $"The store has come to revision {state.Revision}, not to {revision}.").With("Retry-After", "1");
            }
        }
    }

    /// <param name="state">Of the store that can't tell what it was at the revision.</param>
    public static Problem Gone(long revision, StoreState state) =>
        new(ProblemTypes.RevisionGone, revision < state.Compacted
            ? $"The oldest revision that can be read is {state.Compacted}, the newest {state.Revision}."
            : $"So much has changed since revision {revision} that it can't be put together. The oldest revision held is {state.Compacted}, the newest {state.Revision}.");

    public static Problem NotYet(long revision, StoreState state) =>
        new(ProblemTypes.InvalidParameter, $"The store has come to revision {state.Revision}, not to {revision}.")
        {
            Errors = [new("NOT_REACHED", $"{revision} is beyond the newest revision.") { Parameter = "revision" }],
        };
}

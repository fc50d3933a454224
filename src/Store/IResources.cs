namespace Stateway.Store;

/// <summary>
/// What is stored, to be read and changed: a store itself, or what a change that is still being put together would make of
/// it. Conflicts, a full disk and the like are results; an exception is a bug or a broken engine.
/// </summary>
public interface IResources
{
    /// <returns>Null when there is no such entry.</returns>
    /// <exception cref="StoreUnavailableException">The store can't be read now.</exception>
    ValueTask<Entry?> GetAsync(Key key, CancellationToken ct);

    /// <summary>One page of a collection, all of it as of one revision.</summary>
    ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct);

    /// <summary>
    /// All or nothing: checks every precondition, then writes, in one atomic step. A result of
    /// <see cref="CommitResult.Committed"/> means that it is on disk.
    /// </summary>
    ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct);
}

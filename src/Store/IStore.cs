namespace Stateway.Store;

/// <summary>
/// Where resources are kept. One revision counts the changes of the whole store: every commit takes the
/// next one. Conflicts, a full disk and the like are results; an exception is a bug or a broken engine.
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>The revision of the newest commit that is on disk.</summary>
    long Revision { get; }

    /// <summary>
    /// Makes the collections known, with their indexes: creates what is missing, drops indexes that are no longer
    /// declared, fills new ones from what is stored. Resources of collections not named stay untouched.
    /// </summary>
    ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct);

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

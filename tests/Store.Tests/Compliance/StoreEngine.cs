namespace Stateway.Store.Tests;

/// <summary>A kind of store, and where its test data lies. One for each test; what it opened is gone when it is disposed.</summary>
public abstract class StoreEngine : IAsyncDisposable
{
    /// <summary>Whether the first commit of a new store has revision 1, and each commit the one after the last.</summary>
    public virtual bool HasConsecutiveRevisions => true;

    /// <summary>Whether a field can no longer be ordered by as soon as it is no longer declared.</summary>
    public virtual bool DropsIndexesAtOnce => true;

    /// <summary>How many generated histories a test may try: each costs a new store and about a hundred calls.</summary>
    public virtual int Histories => 50;

    /// <summary>Opens a new, empty store. Called several times, it makes several that know nothing of each other.</summary>
    public abstract ValueTask<IStore> OpenAsync();

    /// <summary>Closes the store and opens what it holds.</summary>
    public abstract ValueTask<IStore> ReopenAsync(IStore store);

    /// <summary>Opens what the store holds a second time, as another node would.</summary>
    /// <returns>Null when there can be only one.</returns>
    public virtual ValueTask<IStore?> JoinAsync(IStore store) => new((IStore?)null);

    /// <returns>What makes the LeaseHolder open the same store; null when no other process can.</returns>
    public virtual string[]? ArgumentsFor(IStore store) => null;

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}

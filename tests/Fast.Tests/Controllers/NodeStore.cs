using Stateway.Store;

namespace Stateway.Fast.Tests.Controllers;

/// <summary>How one node sees the store that it shares with others: it can be cut off, and its looks for changes can be held back.</summary>
internal sealed class NodeStore(IStore store) : IStore
{
    private const string Away = "The store is away.";

    private volatile Hold? _held;
    private int _refusals;
    private int _logReads;

    /// <summary>Nothing of the node reaches the store any more, nor the other way round.</summary>
    public volatile bool IsCut;

    /// <summary>Only the mark does not reach the node. Completes when a look waits for it.</summary>
    public Task HoldLooksAsync() => (_held ??= new()).Arrived.Task;

    public void ReleaseLooks()
    {
        _held?.Released.TrySetResult();
        _held = null;
    }

    /// <summary>How often something was asked of it in vain.</summary>
    public int Refusals => Volatile.Read(ref _refusals);

    public int LogReads => Volatile.Read(ref _logReads);

    public long Revision => store.Revision;

    public async ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        if (key == Cluster.Mark.Key && _held is { } held)
        {
            held.Arrived.TrySetResult();
            await held.Released.Task.WaitAsync(ct);
        }

        return await Here().GetAsync(key, ct);
    }

    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        Interlocked.Increment(ref _logReads);
        return IsCut ? new(new LogResult.Unavailable(Away)) : store.ReadLogAsync(after, changesMax, ct);
    }

    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct) =>
        IsCut ? new(new QueryResult.Unavailable(Away)) : store.QueryAsync(query, ct);

    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct) =>
        IsCut ? new(new CommitResult.Unavailable(Away)) : store.CommitAsync(transaction, ct);

    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) =>
        IsCut ? new(new LeaseResult.Unavailable(Away)) : store.TakeLeaseAsync(name, holder, duration, ct);

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct) => Here().ReadStateAsync(ct);
    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct) => Here().DeclareAsync(collections, ct);
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => Here().DescribeAsync(ct);
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => Here().GetAsync(key, revision, ct);
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => Here().ReadVersionsAsync(key, before, limit, ct);
    public ValueTask WaitAsync(long after, CancellationToken ct) => Here().WaitAsync(after, ct);
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => Here().FindRevisionAsync(time, ct);
    public ValueTask CompactAsync(long revision, CancellationToken ct) => Here().CompactAsync(revision, ct);
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => Here().ReleaseLeaseAsync(name, epoch, ct);
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => Here().CheckAsync(progress, ct);

    /// <summary>It is the other nodes', too.</summary>
    public ValueTask DisposeAsync() => default;

    private IStore Here()
    {
        if (!IsCut) return store;

        Interlocked.Increment(ref _refusals);
        throw new StoreUnavailableException(Away);
    }

    private sealed class Hold
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

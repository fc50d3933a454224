using Stateway.Store;
using Stateway.Store.Tests;

namespace Stateway.Fast.Tests.Program;

/// <summary>The store in memory, with the limits of an engine that takes only so many writes in a commit, and that can be away.</summary>
internal sealed class SmallStore(TimeProvider time, int writesMax = int.MaxValue) : IStore
{
    private readonly MemoryStore _store = new(time);

    /// <summary>Called before every commit.</summary>
    public Func<Transaction, Task>? Committing { get; set; }

    public bool IsAway { get; set; }

    public int Commits { get; private set; }

    public long Revision => _store.Revision;

    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (IsAway) return new CommitResult.Unavailable("The store is away.");
        if (transaction.Writes.Length > writesMax) return new CommitResult.TooLarge($"{writesMax} writes");

        if (Committing is { } committing) await committing(transaction);
        Commits++;
        return await _store.CommitAsync(transaction, ct);
    }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct) => Here().GetAsync(key, ct);
    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct) => Here().QueryAsync(query, ct);
    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct) => Here().ReadStateAsync(ct);
    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct) => Here().DeclareAsync(collections, ct);
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => Here().DescribeAsync(ct);
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => Here().GetAsync(key, revision, ct);
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => Here().ReadVersionsAsync(key, before, limit, ct);
    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct) => Here().ReadLogAsync(after, changesMax, ct);
    public ValueTask WaitAsync(long after, CancellationToken ct) => Here().WaitAsync(after, ct);
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => Here().FindRevisionAsync(time, ct);
    public ValueTask CompactAsync(long revision, CancellationToken ct) => Here().CompactAsync(revision, ct);
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => Here().ReleaseLeaseAsync(name, epoch, ct);
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => Here().CheckAsync(progress, ct);

    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) =>
        IsAway ? new(new LeaseResult.Unavailable("The store is away.")) : _store.TakeLeaseAsync(name, holder, duration, ct);

    /// <summary>It goes on with others when a server that shares it ends.</summary>
    public ValueTask DisposeAsync() => default;

    private MemoryStore Here() => IsAway ? throw new StoreUnavailableException("The store is away.") : _store;
}

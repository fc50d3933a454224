using Stateway.Store;

namespace Stateway.Fast.Tests.Collections;

/// <summary>A real store whose commits a test can meet: what another node, or a broken connection, would do at that moment.</summary>
internal sealed class WatchedStore(IStore store) : IStore
{
    /// <summary>Runs before each commit that writes; what it returns, if anything, is the commit's result, and nothing is written.</summary>
    public Func<Transaction, Task<CommitResult?>>? BeforeCommit { get; set; }

    /// <summary>Gets what a commit came to, and says what the caller is told.</summary>
    public Func<CommitResult, CommitResult>? AfterCommit { get; set; }

    public long Revision => store.Revision;

    public async ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        if (transaction.Writes.IsEmpty) return await store.CommitAsync(transaction, ct);
        if (BeforeCommit is { } before && await before(transaction) is { } instead) return instead;

        var result = await store.CommitAsync(transaction, ct);
        return AfterCommit is { } after ? after(result) : result;
    }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct) => store.GetAsync(key, ct);
    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct) => store.QueryAsync(query, ct);
    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct) => store.ReadStateAsync(ct);
    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct) => store.DeclareAsync(collections, ct);
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => store.DescribeAsync(ct);
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => store.GetAsync(key, revision, ct);
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => store.ReadVersionsAsync(key, before, limit, ct);
    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct) => store.ReadLogAsync(after, changesMax, ct);
    public ValueTask WaitAsync(long after, CancellationToken ct) => store.WaitAsync(after, ct);
    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => store.FindRevisionAsync(time, ct);
    public ValueTask CompactAsync(long revision, CancellationToken ct) => store.CompactAsync(revision, ct);
    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) => store.TakeLeaseAsync(name, holder, duration, ct);
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => store.ReleaseLeaseAsync(name, epoch, ct);
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => store.CheckAsync(progress, ct);
    public ValueTask DisposeAsync() => store.DisposeAsync();
}

using Stateway.Store;
using Stateway.Store.Tests;

namespace Stateway.Fast.Tests.Watching;

/// <summary>A store whose log can be made to fail, and that can be behind what others have written.</summary>
internal sealed class FailingStore : IStore
{
    public MemoryStore Inner { get; } = new();

    /// <summary>What <see cref="ReadLogAsync"/> answers instead of the log; null: the log.</summary>
    public volatile LogResult? Failure;

    private int _failures;

    /// <summary>How often the log was asked for and the failure answered.</summary>
    public int Failures => Volatile.Read(ref _failures);

    private long _known = long.MaxValue;

    /// <summary>It has not heard of the commits of another node, those behind this revision, until it asks or waits for them.</summary>
    public void KnowOnly(long revision) => Volatile.Write(ref _known, revision);

    public long Revision => Math.Min(Inner.Revision, Volatile.Read(ref _known));

    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        if (Failure is not { } failure) return Inner.ReadLogAsync(after, changesMax, ct);

        Interlocked.Increment(ref _failures);
        return new(failure);
    }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct) => Inner.GetAsync(key, ct);
    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct) => Inner.QueryAsync(query, ct);
    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct) => Inner.CommitAsync(transaction, ct);

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        Volatile.Write(ref _known, long.MaxValue);
        return Inner.ReadStateAsync(ct);
    }

    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct) => Inner.DeclareAsync(collections, ct);
    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct) => Inner.DescribeAsync(ct);
    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct) => Inner.GetAsync(key, revision, ct);
    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct) => Inner.ReadVersionsAsync(key, before, limit, ct);

    public ValueTask WaitAsync(long after, CancellationToken ct)
    {
        Volatile.Write(ref _known, long.MaxValue);
        return Inner.WaitAsync(after, ct);
    }

    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct) => Inner.FindRevisionAsync(time, ct);
    public ValueTask CompactAsync(long revision, CancellationToken ct) => Inner.CompactAsync(revision, ct);
    public ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct) => Inner.TakeLeaseAsync(name, holder, duration, ct);
    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct) => Inner.ReleaseLeaseAsync(name, epoch, ct);
    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct) => Inner.CheckAsync(progress, ct);
    public ValueTask DisposeAsync() => Inner.DisposeAsync();
}

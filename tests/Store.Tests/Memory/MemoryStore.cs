using System.Collections.Immutable;

namespace Stateway.Store.Tests;

/// <summary>
/// What a store does, in the plainest way: every state it ever had is kept whole, every query looks at everything. The
/// oracle that the engines are compared with. It never refuses a query for the rows it reads, and its revisions are 1, 2, 3….
/// </summary>
/// <param name="time">Of commits and leases.</param>
public sealed class MemoryStore(TimeProvider? time = null) : IStore
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, CollectionSpec> _specs = new(StringComparer.Ordinal);
    private readonly MemoryLeases _leases = new(time ?? TimeProvider.System);

    // By revision. What was given up stays here: nothing reads it.
    private readonly List<MemoryState> _states = [MemoryState.Empty];
    private long _compacted;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Revision
    {
        get { lock (_lock) return Current.Revision; }
    }

    /// <summary>Asked before a lease is taken: where tests cut a holder off, or let it wait.</summary>
    public Func<Task<bool>> LeasesAreReachable { get; set; } = () => Task.FromResult(true);

    private MemoryState Current => _states[^1];

    private StoreState State => new(Current.Revision, _compacted);

    public ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        lock (_lock) return new(State);
    }

    public ValueTask DeclareAsync(IReadOnlyList<CollectionSpec> collections, CancellationToken ct)
    {
        lock (_lock)
        {
            foreach (var spec in collections) _specs[spec.Name] = spec;
        }

        return default;
    }

    public ValueTask<IReadOnlyList<CollectionSpec>> DescribeAsync(CancellationToken ct)
    {
        lock (_lock) return new([.. _specs.Values]);
    }

    public ValueTask<Entry?> GetAsync(Key key, CancellationToken ct)
    {
        lock (_lock)
        {
            SpecOf(key.Collection);
            return new(Current.Find(key));
        }
    }

    public ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        lock (_lock)
        {
            SpecOf(key.Collection);
            if (revision < _compacted) return new(new PastEntry.Gone(State));
            if (revision > Current.Revision) return new(new PastEntry.NotYet(State));
            return new(_states[(int)revision].Find(key) is { } entry ? new PastEntry.Found(entry) : new PastEntry.None());
        }
    }

    public ValueTask<VersionPage> ReadVersionsAsync(Key key, long before, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(limit, Math.Clamp(limit, 1, StoreLimits.VersionsMax));
        lock (_lock)
        {
            SpecOf(key.Collection);
            var versions = VersionsOf(key).Where(version => version.Revision < before).Take(limit + 1).ToList();
            return new(new VersionPage([.. versions.Take(limit)], More: versions.Count > limit));
        }
    }

    public ValueTask<QueryResult> QueryAsync(Query query, CancellationToken ct)
    {
        lock (_lock)
        {
            var spec = SpecOf(query.Collection);
            if (query.Revision < _compacted) return new(new QueryResult.Gone(State));
            if (query.Revision > Current.Revision) return new(new QueryResult.NotYet(State));
            return new(new MemoryQuery(spec, query).Run(query.Revision is { } revision ? _states[(int)revision] : Current));
        }
    }

    public ValueTask<CommitResult> CommitAsync(Transaction transaction, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        lock (_lock) return new(Commit(transaction));
    }

    public ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        lock (_lock)
        {
            if (after < _compacted || after > Current.Revision) return new(new LogResult.Gone(State));

            var commits = ImmutableArray.CreateBuilder<Commit>();
            long changes = 0;
            long bytes = 0;
            while (after < Current.Revision && (commits.Count == 0 || (changes < changesMax && bytes < StoreLimits.LogBytesMax)))
            {
                after++;
                var commit = _states[(int)after].ChangesSince(_states[(int)after - 1]);
                if (commit.Changes.IsEmpty) continue;

                commits.Add(commit);
                changes += commit.Changes.Length;
                bytes += commit.Changes.Sum(change => (long)(change.Before?.Value.Length ?? 0) + (change.After?.Value.Length ?? 0));
            }

            return new(new LogResult.Commits(commits.DrainToImmutable(), after));
        }
    }

    public async ValueTask WaitAsync(long after, CancellationToken ct)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (Current.Revision > after) return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(ct);
        }
    }

    public ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct)
    {
        lock (_lock)
        {
            var found = _states.FindLast(state => state.Revision > _compacted && state.Time <= time);
            return new(found?.Revision ?? _compacted);
        }
    }

    public ValueTask CompactAsync(long revision, CancellationToken ct)
    {
        lock (_lock)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(revision, Current.Revision);
            _compacted = Math.Max(_compacted, revision);
        }

        return default;
    }

    public async ValueTask<LeaseResult> TakeLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        if (!await LeasesAreReachable()) return new LeaseResult.Unavailable("The tests say so.");

        lock (_lock) return _leases.Take(name, holder, duration);
    }

    public ValueTask ReleaseLeaseAsync(string name, long epoch, CancellationToken ct)
    {
        lock (_lock) _leases.Release(name, epoch);
        return default;
    }

    public ValueTask<StoreReport> CheckAsync(IProgress<StoreProgress>? progress, CancellationToken ct)
    {
        lock (_lock) return new(new StoreReport(Current.Entries.Count, Current.Revision - _compacted, [], 0));
    }

    public ValueTask DisposeAsync() => default;

    private CommitResult Commit(Transaction transaction)
    {
        foreach (var write in transaction.Writes)
        {
            if (write is Write.Put checkedPut) StoreLimits.Check(checkedPut);
            SpecOf(write switch
            {
                Write.Put put => put.Key.Collection,
                Write.Delete delete => delete.Key.Collection,
                Write.DeleteBelow below => below.Collection,
                _ => throw new System.Diagnostics.UnreachableException(),
            });
        }

        foreach (var precondition in transaction.Preconditions)
        {
            if (Refusal(precondition) is { } refusal) return refusal;
        }

        if (transaction.Writes.IsEmpty) return new CommitResult.Committed(Current.Revision);

        _states.Add(Current.After(transaction.Writes, _time.GetUtcNow()));
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
        return new CommitResult.Committed(Current.Revision);
    }

    /// <returns>Null when the precondition holds.</returns>
    private CommitResult? Refusal(Precondition precondition)
    {
        switch (precondition)
        {
            case Precondition.AtRevision at:
                SpecOf(at.Key.Collection);
                long revision = Current.Find(at.Key)?.Revision ?? 0;
                return revision == at.Revision ? null : new CommitResult.Conflict(at, revision);

            case Precondition.Exists exists:
                SpecOf(exists.Key.Collection);
                return Current.Find(exists.Key) is null ? new CommitResult.Conflict(exists, 0) : null;

            case Precondition.NoneWith none:
                var field = SpecOf(none.Collection).Fields.FirstOrDefault(field => field.Name == none.Field);
                if (field is null) return new CommitResult.Unavailable($"'{none.Field}' is not indexed.");

                bool isTaken = Current.In(none.Collection).Any(entry =>
                    !none.Except.Any(except => IsAtOrBelow(entry.Key.Path, except)) && MemoryFields.Has(entry, field, none.Value));
                return isTaken ? new CommitResult.Conflict(none, 0) : null;

            case Precondition.Leased leased:
                long epoch = _leases.EpochOf(leased.Lease);
                return epoch == leased.Epoch && epoch != 0 ? null : new CommitResult.Conflict(leased, epoch);

            default: throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>The newest first: what each revision made of the entry, down to what the oldest state held has.</summary>
    private IEnumerable<EntryVersion> VersionsOf(Key key)
    {
        for (int i = _states.Count - 1; i > _compacted; i--)
        {
            var entry = _states[i].Find(key);
            if (entry?.Revision != _states[i - 1].Find(key)?.Revision) yield return new(i, _states[i].Time, entry);
        }

        if (_states[(int)_compacted].Find(key) is { } oldest)
            yield return new(oldest.Revision, _states[(int)oldest.Revision].Time, oldest);
    }

    private CollectionSpec SpecOf(string collection) =>
        _specs.GetValueOrDefault(collection) ?? throw new ArgumentException($"{collection} was never declared.");

    private static bool IsAtOrBelow(string path, string parent) =>
        path == parent || path.StartsWith(parent + "/", StringComparison.Ordinal);
}

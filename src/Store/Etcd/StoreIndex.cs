using System.Collections.Immutable;
using System.Diagnostics;

namespace Stateway.Store.Etcd;

/// <summary>
/// What this node knows: the newest snapshot, published whole, and the commits that led to it. Fed by the watch and by
/// this node's own commits, whichever is first; each commit is applied once.
/// </summary>
internal sealed class StoreIndex(EtcdStoreOptions options)
{
    private readonly Lock _lock = new();
    private readonly RecentLog _log = new(options.RecentCommitsMax, options.RecentBytesMax);
    private readonly RecentIds _ids = new();
    private readonly Dictionary<string, FieldSet> _declared = new(StringComparer.Ordinal);
    private Snapshot _current = Snapshot.Empty;
    private volatile bool _isClosed;
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Snapshot Current => Volatile.Read(ref _current);

    public long Revision => Current.Revision;

    public void Declare(IEnumerable<CollectionSpec> collections)
    {
        lock (_lock)
        {
            var next = _current.Collections.ToBuilder();
            foreach (var spec in collections)
            {
                var fields = _declared.GetValueOrDefault(spec.Name) is { } known && known.IsSame(spec.Fields) ? known : new FieldSet(spec.Fields);
                _declared[spec.Name] = fields;
                next[spec.Name] = next.TryGetValue(spec.Name, out var rows) ? rows.Declare(fields) : Rows.Of(spec.Name, fields, []);
            }

            Publish_NeedsLock(_current with { Collections = next.ToImmutable() });
        }
    }

    public ImmutableArray<CollectionSpec> Declared()
    {
        lock (_lock) return [.. _declared.Select(pair => new CollectionSpec(pair.Key, pair.Value.Fields))];
    }

    /// <summary>Begins anew with everything as it is at a revision; the commits that led to it are not known.</summary>
    /// <param name="isOther">The store has been replaced by an older one: also when that means going back.</param>
    public void Load(long revision, long commits, Dictionary<string, List<Entry>> entries, bool isOther)
    {
        lock (_lock)
        {
            if (revision < _current.Revision && !isOther) return; // own commits came in between
            var next = Snapshot.Empty.Collections.ToBuilder();
            foreach (var (collection, list) in entries) next[collection] = Rows.Of(collection, _declared.GetValueOrDefault(collection), list);
            foreach (var (collection, fields) in _declared)
            {
                if (!next.ContainsKey(collection)) next[collection] = Rows.Of(collection, fields, []);
            }

            _log.Restart(revision);
            _ids.Restart(revision);
            Publish_NeedsLock(new(revision, commits, next.ToImmutable()));
        }
    }

    /// <summary>Applies the commit that follows the current revision; nothing happens when that was done before.</summary>
    /// <param name="commits">How many there have been with this one; null where it is known to follow.</param>
    /// <param name="changes">One for each key.</param>
    /// <returns>False when it does not follow: what is known here is of another store.</returns>
    public bool Apply(long revision, long? commits, Guid id, DateTimeOffset time, List<RowChange> changes)
    {
        lock (_lock)
        {
            if (revision <= _current.Revision) return true;
            if (commits is { } count && count != _current.Commits + 1) return false;

            var log = ImmutableArray.CreateBuilder<Change>(changes.Count);
            var next = _current.Collections;
            foreach (var group in GroupsOf(changes))
            {
                string collection = group[0].Key.Collection;
                var rows = next.GetValueOrDefault(collection) ?? Rows.Of(collection, _declared.GetValueOrDefault(collection), []);
                foreach (var change in group)
                {
                    var before = rows.FindEntry(change.Key.Path);
                    if (before is not null || change.After is not null) log.Add(new(change.Key, before, change.After));
                }

                next = next.SetItem(collection, rows.With(group));
            }

            _log.Add(new(revision, time, log.DrainToImmutable()));
            _ids.Add(revision, id);
            Publish_NeedsLock(new(revision, _current.Commits + 1, next));
            return true;
        }
    }

    public (long Revision, Guid Id)? FirstCommitAfter(long revision)
    {
        lock (_lock) return _ids.FirstAfter(revision);
    }

    /// <summary>Whether the ids of all commits behind a revision are still in memory.</summary>
    public bool ReachesBackTo(long revision)
    {
        lock (_lock) return revision >= _ids.From;
    }

    /// <returns>Null when the commits behind <paramref name="after"/> are no longer in memory.</returns>
    public ImmutableArray<Commit>? ReadLog(long after, int changesMax, out long revision)
    {
        lock (_lock)
        {
            revision = _current.Revision;
            return _log.Read(after, changesMax);
        }
    }

    /// <summary>A collection as it was, from what is in memory; null when that does not reach back.</summary>
    public Rows? RowsAt(string collection, long revision)
    {
        Snapshot snapshot;
        ImmutableArray<Commit>? commits;
        lock (_lock)
        {
            snapshot = _current;
            commits = _log.Read(revision, int.MaxValue, long.MaxValue);
        }

        var rows = snapshot.Get(collection);
        if (commits is not { } since) return null;

        // Undone from the newest to the oldest; so what counts of a key is the first change behind the revision.
        var undone = new Dictionary<string, RowChange>(StringComparer.Ordinal);
        foreach (var commit in since)
        {
            foreach (var change in commit.Changes)
            {
                if (change.Key.Collection == collection) undone.TryAdd(change.Key.Path, new(change.Key, change.Before));
            }
        }

        return undone.Count == 0 ? rows : rows.With([.. undone.Values]);
    }

    /// <summary>Completes when the revision has passed <paramref name="after"/>, or the store is closed.</summary>
    public async ValueTask WaitAsync(long after, CancellationToken ct)
    {
        while (true)
        {
            var advanced = Volatile.Read(ref _advanced).Task;
            if (Revision > after || _isClosed) return;
            await advanced.WaitAsync(ct);
        }
    }

    /// <returns>A snapshot of this revision or a later one; null when the time was over first.</returns>
    public async ValueTask<Snapshot?> TryReachAsync(long revision, TimeSpan timeout, CancellationToken ct)
    {
        var current = Current;
        if (current.Revision >= revision) return current;
        if (timeout <= TimeSpan.Zero) return null;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            await WaitAsync(revision - 1, limit.Token);
            current = Current;
            return current.Revision >= revision ? current : null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Nobody waits any longer.</summary>
    public void Close()
    {
        _isClosed = true;
        lock (_lock) Publish_NeedsLock(_current);
    }

    private void Publish_NeedsLock(Snapshot next)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);

        Volatile.Write(ref _current, next);
        var advanced = _advanced;
        Volatile.Write(ref _advanced, new(TaskCreationOptions.RunContinuationsAsynchronously));
        advanced.SetResult();
    }

    /// <summary>The changes by their collections; nearly always there is one.</summary>
    private static IEnumerable<List<RowChange>> GroupsOf(List<RowChange> changes)
    {
        if (changes.Count == 0) return [];

        string first = changes[0].Key.Collection;
        foreach (var change in changes)
        {
            if (change.Key.Collection != first)
                return changes.GroupBy(change => change.Key.Collection, StringComparer.Ordinal).Select(group => group.ToList());
        }

        return [changes];
    }
}

using System.Collections.Immutable;

namespace Stateway.Store.Sqlite;

/// <summary>
/// The store's revision, those who wait for the next one, and, while somebody does, the latest commits in memory, so
/// that who follows at the pace of the commits does not read each of them from the file again.
/// </summary>
internal sealed class LogTail(long revision)
{
    public const int BytesMax = 1 << 20;
    public const int CommitsMax = 1_024; // a power of two

    private const long Nobody = long.MinValue / 2;

    private readonly Lock _lock = new();
    private long _revision = revision;
    private TaskCompletionSource? _changed;
    private int _waiting;
    private long _followedAt = Nobody; // the revision when somebody last waited or read
    private volatile bool _isClosed;

    // Revisions from _first to before _next, each at its number modulo the length.
    private TailCommit[]? _commits;
    private long _first, _next;
    private long _bytes;

    /// <summary>Of the newest commit that is on disk.</summary>
    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Bytes of the commits held.</summary>
    public long Bytes
    {
        get { lock (_lock) return _bytes; }
    }

    /// <summary>Asked before each batch: somebody waits, or did when the commits held were not yet made.</summary>
    public bool IsFollowed => Volatile.Read(ref _waiting) > 0 || Revision - Volatile.Read(ref _followedAt) <= CommitsMax;

    /// <summary>After a batch is on disk. Called by the committer only.</summary>
    /// <param name="commits">One for each new revision, when the log is followed; otherwise none.</param>
    public void Publish(long revision, IReadOnlyList<TailCommit> commits)
    {
        lock (_lock)
        {
            Volatile.Write(ref _revision, revision);
            if (commits.Count == 0) Forget_NeedsLock();
            foreach (var commit in commits) Add_NeedsLock(commit);
        }

        Wake();
    }

    /// <returns>Null when the commits behind this revision are not, or no longer, held.</returns>
    public LogResult.Commits? Read(long after, int changesMax)
    {
        lock (_lock)
        {
            if (_commits is null || after + 1 < _first || after + 1 >= _next) return null;

            Volatile.Write(ref _followedAt, Revision);
            var items = ImmutableArray.CreateBuilder<Commit>();
            int changes = 0;
            while (after + 1 < _next && (items.Count == 0 || changes < changesMax))
            {
                after++;
                var commit = _commits[after & (CommitsMax - 1)].Commit!; // all that are held are whole
                if (commit.Changes.IsEmpty) continue;

                items.Add(commit);
                changes += commit.Changes.Length;
            }

            return new(items.DrainToImmutable(), after);
        }
    }

    public async ValueTask WaitAsync(long after, CancellationToken ct)
    {
        Interlocked.Increment(ref _waiting);
        bool isGivenUp = true;
        try
        {
            while (true)
            {
                // Taken before the revision is looked at, so that no commit slips between the two.
                var changed = Changed();
                if (Revision > after || _isClosed) break;

                await changed.Task.WaitAsync(ct);
            }

            isGivenUp = false;
        }
        finally
        {
            Volatile.Write(ref _followedAt, Revision);
            if (Interlocked.Decrement(ref _waiting) == 0 && isGivenUp) Forget();
        }
    }

    /// <summary>Lets everyone go who waits.</summary>
    public void Close()
    {
        _isClosed = true;
        Wake();
    }

    private TaskCompletionSource Changed()
    {
        if (Volatile.Read(ref _changed) is { } changed) return changed;

        var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Interlocked.CompareExchange(ref _changed, added, null) ?? added;
    }

    private void Wake() => Interlocked.Exchange(ref _changed, null)?.TrySetResult();

    private void Forget()
    {
        Volatile.Write(ref _followedAt, Nobody);
        lock (_lock) Forget_NeedsLock();
    }

    private void Forget_NeedsLock()
    {
        System.Diagnostics.Debug.Assert(_lock.IsHeldByCurrentThread);

        _commits = null;
        _first = _next = 0;
        _bytes = 0;
    }

    private void Add_NeedsLock(TailCommit commit)
    {
        System.Diagnostics.Debug.Assert(_lock.IsHeldByCurrentThread);

        if (commit.Commit is null || commit.Bytes > BytesMax)
        {
            // Too large to be held: begin anew behind it.
            Forget_NeedsLock();
            return;
        }

        if (_commits is null || commit.Revision != _next)
        {
            Forget_NeedsLock();
            _commits = new TailCommit[CommitsMax];
            _first = _next = commit.Revision;
        }

        while (_next - _first == CommitsMax || _bytes + commit.Bytes > BytesMax)
        {
            ref var oldest = ref _commits[_first++ & (CommitsMax - 1)];
            _bytes -= oldest.Bytes;
            oldest = default;
        }

        _commits[_next++ & (CommitsMax - 1)] = commit;
        _bytes += commit.Bytes;
    }
}

/// <param name="Commit">Null: larger than what is held in memory.</param>
/// <param name="Bytes">Of values, and about what objects around them take.</param>
internal readonly record struct TailCommit(long Revision, Commit? Commit, int Bytes)
{
    public const int ChangeBytes = 400; // change, entries, key, path and the commit's own objects
}

namespace Stateway.Store.Sqlite;

/// <summary>What waits for the committer, in order and bounded.</summary>
internal sealed class CommitQueue(SqliteStoreOptions options)
{
    private readonly object _gate = new(); // Monitor: the committer sleeps on it
    private readonly Queue<CommitterWork> _waiting = new();
    private long _bytes;
    private bool _committerSleeps;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_gate) return _waiting.Count;
        }
    }

    /// <returns>False when too many wait already.</returns>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public bool TryAdd(PendingCommit commit)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteStore));
            if (_waiting.Count >= options.WaitingTransactionsMax) return false;

            // A single transaction may be larger than the bound, when nothing else waits.
            if (_bytes > 0 && _bytes + commit.Bytes > options.WaitingBytesMax) return false;

            Add_NeedsLock(commit);
            return true;
        }
    }

    public void Add(CommitterJob job)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(SqliteStore));
            Add_NeedsLock(job);
        }
    }

    /// <summary>Waits for work, and takes what is there: a job alone, or as many transactions as one batch may hold.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public bool Take(List<PendingCommit> batch, out CommitterJob? job)
    {
        job = null;
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_isClosed) return false;

                _committerSleeps = true;
                Monitor.Wait(_gate);
                _committerSleeps = false;
            }

            long bytes = 0;
            while (_waiting.TryPeek(out var next))
            {
                if (next is CommitterJob found)
                {
                    if (batch.Count > 0) break;
                    job = found;
                    _waiting.Dequeue();
                    break;
                }

                bool isFull = batch.Count >= options.BatchTransactionsMax || bytes + next.Bytes > options.BatchBytesMax;
                if (batch.Count > 0 && isFull) break;

                batch.Add((PendingCommit)_waiting.Dequeue());
                bytes += next.Bytes;
            }

            _bytes -= bytes;
            return true;
        }
    }

    /// <summary>Nothing more comes in; what waits is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Add_NeedsLock(CommitterWork work)
    {
        System.Diagnostics.Debug.Assert(Monitor.IsEntered(_gate));

        _waiting.Enqueue(work);
        _bytes += work.Bytes;
        if (_committerSleeps) Monitor.Pulse(_gate);
    }
}

namespace Stateway.Store.Etcd;

/// <summary>What waits for the committer, in order and bounded.</summary>
internal sealed class CommitQueue(EtcdStoreOptions options)
{
    private readonly Lock _lock = new();
    private readonly Queue<PendingCommit> _waiting = new();
    private readonly SemaphoreSlim _signal = new(0);
    private long _bytes;
    private bool _isCommitterAsleep;
    private bool _isClosed;

    /// <returns>False when too many wait already.</returns>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public bool TryAdd(PendingCommit commit)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(EtcdStore));
            if (_waiting.Count >= options.WaitingTransactionsMax) return false;

            // A single transaction may be larger than the bound, when nothing else waits.
            if (_bytes > 0 && _bytes + commit.Bytes > options.WaitingBytesMax) return false;

            _waiting.Enqueue(commit);
            _bytes += commit.Bytes;
            Wake_NeedsLock();
            return true;
        }
    }

    /// <summary>Adds what waits to a batch; when both are empty, waits for the first.</summary>
    /// <returns>False when the queue is closed and both are empty.</returns>
    public async ValueTask<bool> TakeAsync(List<PendingCommit> batch)
    {
        while (true)
        {
            lock (_lock)
            {
                while (batch.Count < options.BatchTransactionsMax && _waiting.TryDequeue(out var next))
                {
                    batch.Add(next);
                    _bytes -= next.Bytes;
                }

                if (batch.Count > 0) return true;
                if (_isClosed) return false;
                _isCommitterAsleep = true;
            }

            await _signal.WaitAsync();
        }
    }

    /// <summary>Nothing more comes in; what waits is still taken.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Wake_NeedsLock();
        }
    }

    /// <summary>One signal for each sleep, so that none are left over.</summary>
    private void Wake_NeedsLock()
    {
        System.Diagnostics.Debug.Assert(_lock.IsHeldByCurrentThread);

        if (!_isCommitterAsleep) return;
        _isCommitterAsleep = false;
        _signal.Release();
    }
}

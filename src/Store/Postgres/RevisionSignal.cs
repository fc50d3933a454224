namespace Stateway.Store.Postgres;

/// <summary>The newest revision that this node knows of, and who waits for a newer one.</summary>
internal sealed class RevisionSignal(long revision)
{
    private readonly Lock _lock = new();
    private long _revision = revision;
    private TaskCompletionSource? _risen; // null: nobody waits

    public long Revision => Volatile.Read(ref _revision);

    /// <summary>Ignores what is older.</summary>
    public void Raise(long revision)
    {
        TaskCompletionSource? risen;
        lock (_lock)
        {
            if (revision <= _revision) return;

            Volatile.Write(ref _revision, revision);
            risen = _risen;
            _risen = null;
        }

        risen?.SetResult();
    }

    public Task WaitAsync(long after, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_revision > after) return Task.CompletedTask;

            _risen ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _risen.Task.WaitAsync(ct);
        }
    }

    /// <summary>Wakes all who wait, though there is nothing new.</summary>
    public void Release()
    {
        lock (_lock)
        {
            _risen?.SetResult();
            _risen = null;
        }
    }
}

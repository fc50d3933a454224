namespace Stateway.Collections.Watching;

/// <summary>Some watchers of a topic, woken together: one piece of work for the thread pool, however many frames came.</summary>
/// <param name="places">How many watchers it takes.</param>
internal sealed class WatchRow(int places) : IThreadPoolWorkItem
{
    private readonly Watcher?[] _places = new Watcher?[places];
    private int _count;
    private int _isQueued;

    public bool IsEmpty => _count == 0;

    /// <summary>Under the topic's lock, as <see cref="Remove"/> is.</summary>
    /// <returns>False when it is full.</returns>
    public bool TryAdd(Watcher watcher)
    {
        if (_count == _places.Length) return false;

        Volatile.Write(ref _places[Array.IndexOf(_places, null)], watcher);
        _count++;
        return true;
    }

    public bool Remove(Watcher watcher)
    {
        int place = Array.IndexOf(_places, watcher);
        if (place < 0) return false;

        Volatile.Write(ref _places[place], null);
        _count--;
        return true;
    }

    public void Wake()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        // Before looking: what comes from here on queues it again.
        Interlocked.Exchange(ref _isQueued, 0);
        ForEach(static (watcher, _) => watcher.Wake(), 0);
    }

    public void ForEach<TState>(Action<Watcher, TState> action, TState state)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            if (Volatile.Read(ref _places[i]) is { } watcher) action(watcher, state);
        }
    }
}

namespace Stateway.Collections.Watching;

/// <summary>Some watchers of a topic, woken one after the other on one thread, however many frames came.</summary>
/// <param name="places">How many watchers it takes.</param>
internal sealed class WatchRow(int places)
{
    private readonly Watcher?[] _places = new Watcher?[places];
    private int _count;

    public bool IsEmpty => _count == 0;

    /// <summary>Stands in the topic's queue. Under the topic's lock.</summary>
    public bool IsToWake { get; set; }

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

    public void ForEach<TState>(Action<Watcher, TState> action, TState state)
    {
        for (int i = 0; i < _places.Length; i++)
        {
            if (Volatile.Read(ref _places[i]) is { } watcher) action(watcher, state);
        }
    }
}

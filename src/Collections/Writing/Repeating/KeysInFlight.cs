namespace Stateway.Collections.Writing.Repeating;

/// <summary>
/// The idempotency keys of requests that this node is carrying out. What another node carries out is found by the commit.
/// </summary>
internal sealed class KeysInFlight
{
    /// <summary>More requests than this can hardly run at once; it keeps the table from growing without end.</summary>
    public const int KeysMax = 10_000;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    public Entering TryEnter(string key)
    {
        lock (_lock)
        {
            if (_keys.Count >= KeysMax) return Entering.Full;
            return _keys.Add(key) ? Entering.Entered : Entering.InUse;
        }
    }

    public void Leave(string key)
    {
        lock (_lock) _keys.Remove(key);
    }
}

internal enum Entering { Entered, InUse, Full }

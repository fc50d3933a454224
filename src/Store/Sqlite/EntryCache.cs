using System.Collections.Concurrent;

namespace Stateway.Store.Sqlite;

/// <summary>
/// Entries read of late, bounded by their bytes. Exact: what it gives is never older than what the database
/// gives at the same moment.
/// <para>
/// Keys share stripes. While a commit is under way, the stripes of the keys that it writes are closed: they
/// hold nothing of these keys and take nothing, so that readers go to the database. A reader that wants to
/// add what it read takes the stripe's turn <em>before</em> it reads and hands it in: any commit since then
/// has moved the turn on, and the entry, perhaps an old one, is not taken.
/// </para>
/// </summary>
internal sealed class EntryCache
{
    private const int StripesCount = 1024; // a power of two
    private const int EntryOverheadBytes = 200; // objects, path and dictionary node around a value

    private const int AskedBits = 1 << 16;
    private const int AskedMax = AskedBits / 8; // fuller than that, too many would be taken for asked before

    private readonly long _bytesMax;
    private readonly ulong[] _asked = new ulong[AskedBits / 64];
    private int _askedCount;
    private readonly ConcurrentDictionary<CacheKey, Node> _nodes = new();
    private readonly Stripe[] _stripes = new Stripe[StripesCount];
    private readonly Lock _clockLock = new();
    private readonly Queue<Node> _clock = new();
    private long _bytes;

    public EntryCache(long bytesMax)
    {
        _bytesMax = bytesMax;
        for (int i = 0; i < StripesCount; i++) _stripes[i] = new();
    }

    public Entry? Find(CacheKey key)
    {
        if (!_nodes.TryGetValue(key, out var node)) return null;

        // Written only when it changes, so that hits on one entry do not fight over its cache line.
        if (!node.WasUsed) node.WasUsed = true;
        return node.Entry;
    }

    /// <summary>Take it before reading the database; odd while the stripe is closed.</summary>
    public long TurnOf(CacheKey key) => Volatile.Read(ref StripeOf(key).Turn);

    /// <summary>Adds what was read from the database since <paramref name="turn"/> was taken, unless a commit came in between.</summary>
    public void Add(CacheKey key, Entry entry, long turn)
    {
        if ((turn & 1) != 0 || !WasAskedForBefore(key)) return;

        var node = new Node(key, entry, EntryOverheadBytes + entry.Value.Length);
        if (node.Bytes > _bytesMax / 8) return;

        var stripe = StripeOf(key);
        lock (stripe)
        {
            if (stripe.Turn != turn || !_nodes.TryAdd(key, node)) return;
        }

        lock (_clockLock)
        {
            _bytes += node.Bytes;
            _clock.Enqueue(node);
            while (_bytes > _bytesMax && _clock.TryDequeue(out var oldest)) EvictOrKeep_NeedsLock(oldest);
        }
    }

    /// <summary>
    /// Only what is read a second time is kept: a walk over many entries would push out those that are asked for often,
    /// and leave the garbage collector long-lived garbage. Races lose a mark now and then, which costs one more read.
    /// </summary>
    private bool WasAskedForBefore(CacheKey key)
    {
        int bit = key.GetHashCode() & (AskedBits - 1);
        ulong mask = 1UL << (bit & 63);
        if ((_asked[bit >> 6] & mask) != 0) return true;

        _asked[bit >> 6] |= mask;
        if (++_askedCount > AskedMax)
        {
            Array.Clear(_asked);
            _askedCount = 0;
        }

        return false;
    }

    /// <summary>Before a commit becomes visible: forgets these keys and closes their stripes. Called by the committer only.</summary>
    public void Close(List<CacheKey> keys)
    {
        foreach (var key in keys)
        {
            var stripe = StripeOf(key);
            lock (stripe)
            {
                if ((stripe.Turn & 1) == 0) Volatile.Write(ref stripe.Turn, stripe.Turn + 1);
                _nodes.TryRemove(key, out _); // its bytes leave the count when the clock comes to it
            }
        }
    }

    /// <summary>After the commit, whatever became of it.</summary>
    public void Open(List<CacheKey> keys)
    {
        foreach (var key in keys)
        {
            var stripe = StripeOf(key);
            if ((stripe.Turn & 1) != 0) Volatile.Write(ref stripe.Turn, stripe.Turn + 1);
        }
    }

    /// <summary>Forgets everything, also what is being read just now. Called by the committer only.</summary>
    public void Clear()
    {
        foreach (var stripe in _stripes)
        {
            lock (stripe) Volatile.Write(ref stripe.Turn, stripe.Turn + 2);
        }

        foreach (var key in _nodes.Keys) _nodes.TryRemove(key, out _); // the bytes leave the count when the clock comes to them
    }

    private void EvictOrKeep_NeedsLock(Node node)
    {
        System.Diagnostics.Debug.Assert(_clockLock.IsHeldByCurrentThread);

        // Used since it last came by: once more round. A node that a commit removed only gives its bytes back.
        if (node.WasUsed && _nodes.TryGetValue(node.Key, out var current) && ReferenceEquals(current, node))
        {
            node.WasUsed = false;
            _clock.Enqueue(node);
            return;
        }

        _nodes.TryRemove(new(node.Key, node));
        _bytes -= node.Bytes;
    }

    private Stripe StripeOf(CacheKey key) => _stripes[key.GetHashCode() & (StripesCount - 1)];

    private sealed class Stripe
    {
        public long Turn;
    }

    private sealed class Node(CacheKey key, Entry entry, int bytes)
    {
        public CacheKey Key { get; } = key;
        public Entry Entry { get; } = entry;
        public int Bytes { get; } = bytes;
        public bool WasUsed { get; set; }
    }
}

/// <param name="Table">Number of the collection's table.</param>
internal readonly record struct CacheKey(long Table, string Path)
{
    public bool Equals(CacheKey other) => Table == other.Table && Path == other.Path;

    public override int GetHashCode() => Path.GetHashCode() ^ ((int)Table * -1640531535);
}

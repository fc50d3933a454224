namespace Stateway.Store.Etcd;

/// <summary>
/// What the writes of one transaction come to over a snapshot. etcd takes no key twice in a transaction, neither put nor put
/// within a range that is deleted; so the last write of a key counts, and a range is cut around what is put into it:
/// <code>
/// delete below o1, put o1/b     delete [o1/, o1/b), delete [o1/b + NUL, o10), put o1/b
/// </code>
/// What is not there is not deleted.
/// </summary>
internal sealed class NetWrites
{
    private readonly Dictionary<Key, EncodedPut?> _last = [];

    /// <summary>Keys that were named, whether anything comes of it or not.</summary>
    public IEnumerable<Key> Keys => _last.Keys;

    public List<(string Collection, string Parent)> Emptied { get; } = [];

    public List<EncodedPut> Puts { get; } = [];

    /// <summary>Entries that are there and will not be.</summary>
    public List<RowChange> Deletions { get; } = [];

    public List<NetWrite> Operations { get; } = [];

    public static NetWrites Of(PendingCommit commit, Snapshot snapshot)
    {
        var net = new NetWrites();
        var writes = commit.Transaction.Writes;
        for (int i = 0; i < writes.Length; i++)
        {
            switch (writes[i])
            {
                case Write.Put put: net._last[put.Key] = commit.Puts[i]; break;
                case Write.Delete delete: net._last[delete.Key] = null; break;
                case Write.DeleteBelow below: net.Empty(below); break;
            }
        }

        net.Resolve(snapshot);
        return net;
    }

    public static bool IsBelow(string path, string parent) =>
        path.Length > parent.Length && path[parent.Length] == '/' && path.StartsWith(parent, StringComparison.Ordinal);

    private void Empty(Write.DeleteBelow below)
    {
        Emptied.Add((below.Collection, below.Parent));
        foreach (var key in _last.Keys)
        {
            if (key.Collection == below.Collection && IsBelow(key.Path, below.Parent)) _last[key] = null; // no new key: allowed
        }
    }

    private void Resolve(Snapshot snapshot)
    {
        foreach (var (key, put) in _last)
        {
            if (put is not null)
            {
                Puts.Add(put);
                Operations.Add(new(key, null, put.Stored));
            }
            else if (!IsEmptied(key) && snapshot.Get(key.Collection).Find(key.Path) is not null)
            {
                Deletions.Add(new(key, null));
                Operations.Add(new(key, null, null));
            }
        }

        var seen = new HashSet<Key>();
        foreach (var (collection, parent) in Emptied) ResolveBelow(snapshot.Get(collection), parent, seen);
    }

    private void ResolveBelow(Rows rows, string parent, HashSet<Key> seen)
    {
        // A gap is a run of keys that none of the transaction's puts lies in.
        string? first = null, last = null;
        var puts = new List<string>();
        foreach (var put in Puts)
        {
            if (put.Entry.Key.Collection == rows.Collection && IsBelow(put.Entry.Key.Path, parent)) puts.Add(put.Entry.Key.Path);
        }

        puts.Sort(string.CompareOrdinal);
        int next = 0;
        var below = rows.Below(parent);
        bool areRanges = HaveOneOrder(below, puts);
        for (int i = below.Start; i < below.End; i++)
        {
            var key = below.Rows[i].Entry.Key;
            while (next < puts.Count && string.CompareOrdinal(puts[next], key.Path) <= 0)
            {
                CloseGap();
                next++;
            }

            if (_last.TryGetValue(key, out var put) && put is not null) continue;
            if (!seen.Add(key)) continue; // an overlapping range deletes it
            Deletions.Add(new(key, null));
            first ??= key.Path;
            last = key.Path;
            if (!areRanges) CloseGap();
        }

        CloseGap();

        void CloseGap()
        {
            if (first is not null) Operations.Add(new(new(rows.Collection, first), first == last ? null : last, null));
            first = last = null;
        }
    }

    /// <summary>Texts are ordered here by their UTF-16, in etcd by their UTF-8: the same up to the surrogates.</summary>
    private static bool HaveOneOrder(RowSpan below, List<string> puts)
    {
        foreach (string path in puts)
        {
            if (path.AsSpan().ContainsAnyInRange('\ud800', '\uffff')) return false;
        }

        for (int i = below.Start; i < below.End; i++)
        {
            if (below.Rows[i].Path.AsSpan().ContainsAnyInRange('\ud800', '\uffff')) return false;
        }

        return true;
    }

    private bool IsEmptied(Key key)
    {
        foreach (var (collection, parent) in Emptied)
        {
            if (key.Collection == collection && IsBelow(key.Path, parent)) return true;
        }

        return false;
    }
}

/// <param name="Last">Of a deletion of several keys: the path of the last of them.</param>
/// <param name="Stored">Null: a deletion.</param>
internal readonly record struct NetWrite(Key Key, string? Last, byte[]? Stored)
{
    public PlannedWrite Encode(EtcdKeys keys) =>
        new(keys.Data(Key), Last is null ? null : [.. keys.Data(Key.Collection, Last), 0], Stored);
}

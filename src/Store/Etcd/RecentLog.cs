using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>The last commits, whole and without a gap, bounded by their number and bytes. For one thread at a time.</summary>
internal sealed class RecentLog(int commitsMax, long bytesMax)
{
    private const int ChangeBytes = 300; // objects around the values

    private readonly List<LogItem> _items = []; // those before _first are gone
    private int _first;
    private long _bytes;
    private long _from; // every commit behind this revision is here

    /// <summary>Nothing is known before this revision any more.</summary>
    public void Restart(long from)
    {
        _items.Clear();
        _first = 0;
        _bytes = 0;
        _from = from;
    }

    public void Add(Commit commit)
    {
        long bytes = 0;
        foreach (var change in commit.Changes) bytes += ChangeBytes + (change.Before?.Value.Length ?? 0) + (change.After?.Value.Length ?? 0);
        _items.Add(new(commit, bytes));
        _bytes += bytes;
        while (_items.Count - _first > commitsMax || _bytes > bytesMax) RemoveOldest();
    }

    /// <returns>Null when commits behind <paramref name="after"/> are no longer here.</returns>
    public ImmutableArray<Commit>? Read(long after, int changesMax, long bytesMax = StoreLimits.LogBytesMax)
    {
        if (after < _from) return null;

        var commits = ImmutableArray.CreateBuilder<Commit>();
        long bytes = 0;
        int changes = 0;
        for (int i = IndexAfter(after); i < _items.Count; i++)
        {
            commits.Add(_items[i].Commit);
            changes += _items[i].Commit.Changes.Length;
            bytes += _items[i].Bytes;
            if (changes >= changesMax || bytes >= bytesMax) break;
        }

        return commits.DrainToImmutable();
    }

    private int IndexAfter(long revision)
    {
        int low = _first, high = _items.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_items[middle].Commit.Revision <= revision) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void RemoveOldest()
    {
        _from = _items[_first].Commit.Revision;
        _bytes -= _items[_first].Bytes;
        _items[_first] = default;
        _first++;
        if (_first < 1_000 || _first < _items.Count / 2) return;

        _items.RemoveRange(0, _first); // seldom enough to cost nothing for each
        _first = 0;
    }
}

internal readonly record struct LogItem(Commit Commit, long Bytes);

using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>The last commits, whole and without a gap, bounded by their number and bytes. For one thread at a time.</summary>
internal sealed class RecentLog(int commitsMax, long bytesMax)
{
    private const int ChangeBytes = 300; // objects around the values

    private readonly List<LogItem> _items = []; // those before _first are gone
    private int _first;
    private long _bytes;

    /// <summary>Every commit behind this revision is here.</summary>
    public long From { get; private set; }

    /// <summary>Nothing is known before this revision any more.</summary>
    public void Restart(long from)
    {
        _items.Clear();
        _first = 0;
        _bytes = 0;
        From = from;
    }

    public void Add(Commit commit, Guid id)
    {
        long bytes = 0;
        foreach (var change in commit.Changes) bytes += ChangeBytes + (change.Before?.Value.Length ?? 0) + (change.After?.Value.Length ?? 0);
        _items.Add(new(commit, id, bytes));
        _bytes += bytes;
        while (_items.Count - _first > commitsMax || _bytes > bytesMax) RemoveOldest();
    }

    /// <summary>The first commit behind a revision; null when it is no longer here, or not yet.</summary>
    public LogItem? FirstAfter(long revision)
    {
        int index = IndexAfter(revision);
        return revision >= From && index < _items.Count ? _items[index] : null;
    }

    /// <returns>Null when commits behind <paramref name="after"/> are no longer here.</returns>
    public ImmutableArray<Commit>? Read(long after, int changesMax, long bytesMax = StoreLimits.LogBytesMax)
    {
        if (after < From) return null;

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
        From = _items[_first].Commit.Revision;
        _bytes -= _items[_first].Bytes;
        _items[_first] = default;
        _first++;
        if (_first < 1_000 || _first < _items.Count / 2) return;

        _items.RemoveRange(0, _first); // seldom enough to cost nothing for each
        _first = 0;
    }
}

/// <param name="Id">What its committer gave it.</param>
internal readonly record struct LogItem(Commit Commit, Guid Id, long Bytes);

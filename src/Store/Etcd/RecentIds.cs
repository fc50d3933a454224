namespace Stateway.Store.Etcd;

/// <summary>
/// The ids of the last commits. Kept for longer than the commits themselves, because they tell a committer that lost a race
/// what became of its own, and cost next to nothing. For one thread at a time.
/// </summary>
internal sealed class RecentIds
{
    private const int CountMax = 4_096;

    private readonly Queue<(long Revision, Guid Id)> _ids = new();

    /// <summary>Every commit behind this revision is here.</summary>
    public long From { get; private set; }

    /// <summary>Nothing is known before this revision any more.</summary>
    public void Restart(long from)
    {
        _ids.Clear();
        From = from;
    }

    public void Add(long revision, Guid id)
    {
        if (_ids.Count == CountMax) From = _ids.Dequeue().Revision;
        _ids.Enqueue((revision, id));
    }

    /// <summary>The first commit behind a revision; null when it is no longer here, or not yet.</summary>
    public (long Revision, Guid Id)? FirstAfter(long revision)
    {
        if (revision < From) return null;

        foreach (var commit in _ids)
        {
            if (commit.Revision > revision) return commit;
        }

        return null;
    }
}

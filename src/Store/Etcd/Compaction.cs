namespace Stateway.Store.Etcd;

/// <summary>
/// How far back etcd's history reaches. etcd tells that to nobody, so it is tried: a read at the revision known to be held
/// either still works, or the new one is searched for between this one and now.
/// <code>
/// etcd's revisions    1 2 3 4 5 6 7 8      compacted at 6: what the keys were at 6, 7 and 8 can be read
/// head put by us at     2   4       8      so our revision 4 can be read, at etcd's 6; 2 is gone
/// </code>
/// </summary>
internal sealed class Compaction(EtcdClient client, EtcdKeys keys)
{
    private volatile Horizon _known = new(0, 0);

    /// <summary>As it was known last.</summary>
    public Horizon Known => _known;

    /// <exception cref="EtcdException"/>
    public async ValueTask<Horizon> ReadAsync(CancellationToken ct)
    {
        var known = _known;
        if (await TryReadHeadAsync(Math.Max(known.Etcd, 1), ct) is not null) return known;

        // "low" is compacted, "high" is not.
        var now = await client.ReadAsync("/v3/kv/range", RequestBody.Range(keys.Head), GatewayJson.ReadRange, ct);
        long low = Math.Max(known.Etcd, 1), high = now.Revision;
        long head = Head.Of(now.Pairs).Revision;
        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            if (await TryReadHeadAsync(middle, ct) is { } then) (high, head) = (middle, then.Revision);
            else low = middle;
        }

        return Learn(new(high, head));
    }

    /// <summary>What etcd compacted just now, or found compacted.</summary>
    public Horizon Learn(Horizon found)
    {
        while (true)
        {
            var known = _known;
            if (known.Etcd >= found.Etcd) return known;
            if (ReferenceEquals(Interlocked.CompareExchange(ref _known, found, known), known)) return found;
        }
    }

    /// <summary>The head as it was at a revision of etcd.</summary>
    /// <returns>Null when it is compacted.</returns>
    public async ValueTask<Head?> TryReadHeadAsync(long revision, CancellationToken ct)
    {
        try
        {
            var range = await client.ReadAsync("/v3/kv/range", RequestBody.Range(keys.Head, revision: revision), GatewayJson.ReadRange, ct);
            return Head.Of(range.Pairs);
        }
        catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
        {
            return null;
        }
    }
}

/// <param name="Etcd">etcd's oldest revision that can be read; 0: all of them can.</param>
/// <param name="Store">Our newest revision at that time: our oldest one that can be read.</param>
internal sealed record Horizon(long Etcd, long Store)
{
    /// <summary>Where etcd is asked for what the store was at a revision of ours, one that is not below <see cref="Store"/>.</summary>
    public long At(long revision) => Math.Max(revision, Etcd);
}

using System.Collections.Immutable;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>
/// Reads everything at one revision and compares it with what this node knows: values are JSON, the index has exactly what
/// etcd has, and each index of a field agrees with the values.
/// </summary>
internal sealed class StoreCheck(EtcdClient client, EtcdKeys keys, IndexFeed feed, Compaction compaction, IProgress<StoreProgress>? progress)
{
    private readonly ImmutableArray<string>.Builder _faults = ImmutableArray.CreateBuilder<string>();
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _faultsCount;

    public async ValueTask<StoreReport> RunAsync(CancellationToken ct)
    {
        var snapshot = await feed.CatchUpAsync(ct);
        long entries = 0;
        var head = default(Head);
        if (snapshot.Revision > 0)
        {
            // A revision of this moment: only somebody who compacts etcd meanwhile can take it away.
            head = await compaction.TryReadHeadAsync(snapshot.Revision, ct)
                ?? throw new StoreUnavailableException("etcd has just been compacted; check again.");
            if (head.Revision != snapshot.Revision) Fault($"the head is at {head.Revision}, not at {snapshot.Revision}");

            var pages = new Pages(client, keys.AllData, snapshot.Revision);
            while (await pages.NextAsync(ct) is { } page)
            {
                foreach (var pair in page)
                {
                    if (pair.Key[^1] == 0) continue; // the mark of who reads versions
                    entries++;
                    Check(pair, snapshot);
                }
            }
        }

        foreach (var (collection, rows) in snapshot.Collections)
        {
            ct.ThrowIfCancellationRequested();
            long found = _counts.GetValueOrDefault(collection);
            if (found != rows.Count) Fault($"{collection}: the index has {rows.Count} entries, etcd has {found}");
            if (rows.FindFault() is { } fault) Fault(fault);
            progress?.Report(new(collection, rows.Count, rows.Count));
        }

        return new(entries, head.Commits, _faults.DrainToImmutable(), _faultsCount);
    }

    private void Check(in KeyValue pair, Snapshot snapshot)
    {
        if (!keys.TryReadData(pair.Key, out var key))
        {
            Fault($"{Convert.ToBase64String(pair.Key)} (base64) is no entry's key");
            return;
        }

        _counts[key.Collection] = _counts.GetValueOrDefault(key.Collection) + 1;
        if (_counts[key.Collection] % 1_000 == 0) progress?.Report(new(key.Collection, _counts[key.Collection], snapshot.Find(key.Collection)?.Count ?? 0));

        if (pair.ModRevision > snapshot.Revision) Fault($"{key} is of revision {pair.ModRevision}, beyond the head's {snapshot.Revision}");
        if (!StoredValue.TryReadTime(pair.Value, out var time))
        {
            Fault($"{key} does not begin with a time");
            return;
        }

        var stored = StoredValue.Decode(key, pair.ModRevision, pair.Value);
        if (!StoredJson.IsJson(stored.Value.Span)) Fault($"{key} is not JSON");

        if (snapshot.Find(key.Collection)?.FindEntry(key.Path) is not { } known) Fault($"{key} is not in the index");
        else if (known.Revision != stored.Revision || known.UpdateTime != time || !known.Value.Span.SequenceEqual(stored.Value.Span))
            Fault($"{key} is of revision {stored.Revision}, in the index of {known.Revision}, or its value is another one");
    }

    private void Fault(string text)
    {
        _faultsCount++;
        if (_faults.Count < StoreReport.FaultsMax) _faults.Add(text);
    }
}

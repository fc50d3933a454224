using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>
/// The versions of one key, by a watch on it from where etcd's history begins. The watch has come to its end with the
/// version that is there now. A key that is not there has no such end, so one is set: a mark is put, for a moment, at the key
/// that directly follows it and is watched along with it.
/// </summary>
internal sealed class VersionReads(EtcdClient client, EtcdKeys keys, IndexFeed feed, Compaction compaction)
{
    private const int TimesAtOnce = 100; // below the operations that a transaction of etcd may have
    private const int WatchesMax = 16; // each has a connection for itself; commits and reads need the others
    private static readonly TimeSpan _openTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _watches = new(WatchesMax);

    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<VersionPage> ReadAsync(Key key, long before, int limit, CancellationToken ct)
    {
        while (true)
        {
            var horizon = await compaction.ReadAsync(ct);
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
                patience.CancelAfter(_timeout);
                var (versions, more) = await ReadVersionsAsync(key, before, limit, horizon, patience.Token);
                var times = await ReadTimesAsync(versions, horizon, patience.Token);
                var page = ImmutableArray.CreateBuilder<EntryVersion>(versions.Count);
                for (int i = versions.Count - 1; i >= 0; i--)
                    page.Add(new(versions[i].Revision, times[i] ?? versions[i].Entry?.UpdateTime ?? default, versions[i].Entry));
                return new(page.DrainToImmutable(), more);
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
            {
                // Just now: once more.
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new StoreUnavailableException("etcd does not give its history in time.");
            }
        }
    }

    /// <returns>The oldest first, and whether there are older ones.</returns>
    private async Task<(List<Version> Versions, bool More)> ReadVersionsAsync(Key key, long before, int limit, Horizon horizon, CancellationToken ct)
    {
        var newest = (await feed.CatchUpAsync(ct)).Get(key.Collection).FindEntry(key.Path);
        var kept = new Kept(limit);
        if (horizon.Etcd > 0 && await ReadHeldAsync(key, horizon.Etcd, ct) is { } held && held.Revision < before)
        {
            kept.Add(new(held.Revision, held));
            if (held.Revision == newest?.Revision) return (kept.Versions, false);
        }

        byte[] data = keys.Data(key);
        byte[] mark = [.. data, 0];
        long end = newest?.Revision ?? await MarkAsync(mark, ct);
        var events = new List<WatchEvent>();
        await _watches.WaitAsync(ct);
        try
        {
            await using var watch = await WatchStream.OpenAsync(
                client, new(data, [.. mark, 0]), horizon.Etcd + 1, withBefore: false, _openTimeout, ct);
            while (true)
            {
                await watch.ReadAsync(events, static () => 0, ct);
                foreach (var change in events)
                {
                    long revision = change.Pair.ModRevision;
                    bool isVersion = revision < before && change.Pair.Key.AsSpan().SequenceEqual(data);
                    if (isVersion) kept.Add(new(revision, change.IsDeletion ? null : StoredValue.Decode(key, revision, change.Pair.Value)));
                    if (revision >= end || revision >= before) return (kept.Versions, kept.HasDropped);
                }
            }
        }
        finally
        {
            _watches.Release();
        }
    }

    private async Task<Entry?> ReadHeldAsync(Key key, long revision, CancellationToken ct)
    {
        var range = await client.ReadAsync("/v3/kv/range", RequestBody.Range(keys.Data(key), revision: revision), GatewayJson.ReadRange, ct);
        return range.Pairs.Count == 0 ? null : StoredValue.Decode(key, range.Pairs[0].ModRevision, range.Pairs[0].Value);
    }

    /// <summary>Puts the mark and deletes it again; its event stays in the history.</summary>
    /// <returns>The revision of the event.</returns>
    private async Task<long> MarkAsync(byte[] mark, CancellationToken ct)
    {
        var put = new RequestBody();
        put.Json.WriteStartObject();
        put.Json.WriteBase64String("key"u8, mark);
        put.Json.WriteEndObject();
        long revision = await client.ReadAsync("/v3/kv/put", put.Finish(), ReadRevision, ct);
        await client.ReadAsync("/v3/kv/deleterange", RequestBody.Range(mark), ReadRevision, ct);
        return revision;
    }

    /// <summary>The times of the commits; null where the commit itself is compacted.</summary>
    private async Task<DateTimeOffset?[]> ReadTimesAsync(List<Version> versions, Horizon horizon, CancellationToken ct)
    {
        var times = new DateTimeOffset?[versions.Count];
        for (int first = 0; first < versions.Count; first += TimesAtOnce)
        {
            int count = Math.Min(TimesAtOnce, versions.Count - first);
            var body = new RequestBody();
            body.Json.WriteStartObject();
            body.Json.WriteStartArray("success"u8);
            for (int i = first; i < first + count; i++) body.WriteRangeOperation(keys.Head, horizon.At(versions[i].Revision));
            body.Json.WriteEndArray();
            body.Json.WriteEndObject();

            var answer = await client.ReadAsync("/v3/kv/txn", body.Finish(), GatewayJson.ReadTxn, ct);
            for (int i = 0; i < count; i++)
            {
                var head = Head.Of(answer.Ranges[i].Pairs);
                if (head.Revision == versions[first + i].Revision) times[first + i] = head.Time;
            }
        }

        return times;
    }

    private static long ReadRevision(ReadOnlySpan<byte> json) => GatewayJson.ReadRange(json).Revision;

    private readonly record struct Version(long Revision, Entry? Entry);

    /// <summary>The newest ones, bounded by number and bytes.</summary>
    private sealed class Kept(int limit)
    {
        private long _bytes;

        public List<Version> Versions { get; } = [];

        public bool HasDropped { get; private set; }

        public void Add(Version version)
        {
            Versions.Add(version);
            _bytes += version.Entry?.Value.Length ?? 0;
            while (Versions.Count > limit || (_bytes > StoreLimits.LogBytesMax && Versions.Count > 1))
            {
                _bytes -= Versions[0].Entry?.Value.Length ?? 0;
                Versions.RemoveAt(0);
                HasDropped = true;
            }
        }
    }
}

using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>What the store was, from etcd's own history, or from memory where that reaches back.</summary>
internal sealed class PastReads(EtcdClient client, EtcdKeys keys, StoreIndex index, IndexFeed feed, Compaction compaction)
{
    private const long CollectionBytesMax = 256 << 20;
    private const int KeptMax = 4;
    private const long KeptBytesMax = 64 << 20;
    private static readonly TimeSpan _openTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _logTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly List<KeptRows> _kept = []; // the one used last is the last one

    public async ValueTask<StoreState> ReadStateAsync(CancellationToken ct)
    {
        var horizon = await compaction.ReadAsync(ct);
        return new((await feed.CatchUpAsync(ct)).Revision, horizon.Store);
    }

    public async ValueTask<PastEntry> GetAsync(Key key, long revision, CancellationToken ct)
    {
        while (true)
        {
            var (state, horizon) = await LookAsync(revision, ct);
            if (revision > state.Revision) return new PastEntry.NotYet(state);
            if (revision < state.Compacted) return new PastEntry.Gone(state);
            if (horizon.At(revision) <= 0) return new PastEntry.None();

            try
            {
                var range = await client.ReadAsync(
                    "/v3/kv/range", RequestBody.Range(keys.Data(key), revision: horizon.At(revision)), GatewayJson.ReadRange, ct);
                if (range.Pairs.Count == 0) return new PastEntry.None();
                return new PastEntry.Found(StoredValue.Decode(key, range.Pairs[0].ModRevision, range.Pairs[0].Value));
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
            {
                // Just now: look again.
            }
        }
    }

    public async ValueTask<QueryResult> QueryAsync(Query query, long revision, CancellationToken ct)
    {
        while (true)
        {
            var (state, horizon) = await LookAsync(revision, ct);
            if (revision > state.Revision) return new QueryResult.NotYet(state);
            if (revision < state.Compacted) return new QueryResult.Gone(state);

            try
            {
                var rows = await RowsAsync(query.Collection, revision, horizon, ct);
                return rows is null ? new QueryResult.Gone(state) : QueryRun.Answer(rows, query, revision, ct);
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
            {
                // Just now: look again.
            }
        }
    }

    public async ValueTask<LogResult> ReadLogAsync(long after, int changesMax, CancellationToken ct)
    {
        if (after >= index.Revision) await feed.CatchUpAsync(ct);
        while (true)
        {
            if (after < compaction.Known.Store || after > index.Revision) return new LogResult.Gone(await ReadStateAsync(ct));

            if (index.ReadLog(after, changesMax, out long revision) is { } recent)
                return new LogResult.Commits(recent, recent.Length > 0 ? recent[^1].Revision : Math.Max(after, revision));

            var horizon = await compaction.ReadAsync(ct);
            if (after < horizon.Store) continue;

            try
            {
                return await WatchAsync(after, horizon, revision, changesMax, ct);
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.Compacted)
            {
                // Just now: look again.
            }
        }
    }

    public async ValueTask<long> FindRevisionAsync(DateTimeOffset time, CancellationToken ct)
    {
        var newest = await feed.CatchUpAsync(ct);
        var horizon = await compaction.ReadAsync(ct);
        long best = horizon.Store, low = Math.Max(horizon.Etcd, 1), high = newest.Revision;
        while (low <= high)
        {
            long middle = low + (high - low) / 2;
            var head = await compaction.TryReadHeadAsync(middle, ct) ?? default;
            if (head.Revision > 0 && head.Time > time)
            {
                high = head.Revision - 1;
                continue;
            }

            best = Math.Max(best, head.Revision);
            low = middle + 1; // also where it was compacted just now, or where there was no commit yet
        }

        return best;
    }

    /// <summary>Where the store is, as far as it must be known to judge a revision.</summary>
    private async ValueTask<(StoreState State, Horizon Horizon)> LookAsync(long revision, CancellationToken ct)
    {
        var horizon = await compaction.ReadAsync(ct);
        long newest = revision > index.Revision ? (await feed.CatchUpAsync(ct)).Revision : index.Revision;
        return (new(newest, horizon.Store), horizon);
    }

    /// <returns>Null when it is too much to be put together.</returns>
    private async ValueTask<Rows?> RowsAsync(string collection, long revision, Horizon horizon, CancellationToken ct)
    {
        var fields = index.Current.Get(collection).Fields;
        lock (_lock)
        {
            int i = _kept.FindIndex(kept => kept.Revision == revision && kept.Rows.Collection == collection && ReferenceEquals(kept.Rows.Fields, fields));
            if (i >= 0)
            {
                var found = _kept[i];
                _kept.RemoveAt(i);
                _kept.Add(found);
                return found.Rows;
            }
        }

        long bytes = 0;
        var rows = index.RowsAt(collection, revision);
        if (rows is null)
        {
            var entries = new List<Entry>();
            if (horizon.At(revision) > 0)
            {
                var pages = new Pages(client, keys.DataOf(collection), horizon.At(revision));
                while (await pages.NextAsync(ct) is { } page)
                {
                    foreach (var pair in page)
                    {
                        if (!keys.TryReadData(pair.Key, out var key)) continue;
                        entries.Add(StoredValue.Decode(key with { Collection = collection }, pair.ModRevision, pair.Value));
                        bytes += pair.Key.Length + pair.Value.Length;
                    }

                    if (bytes > CollectionBytesMax) return null;
                }
            }

            rows = Rows.Of(collection, fields, entries);
        }

        Keep(new(revision, rows, bytes));
        return rows;
    }

    /// <summary>The pages of one list ask for one revision one after the other.</summary>
    private void Keep(KeptRows rows)
    {
        if (rows.Bytes > KeptBytesMax) return;
        lock (_lock)
        {
            _kept.Add(rows);
            while (_kept.Count > KeptMax || _kept.Sum(kept => kept.Bytes) > KeptBytesMax) _kept.RemoveAt(0);
        }
    }

    /// <param name="newest">A commit that is known to be there, behind <paramref name="after"/>: the watch comes to an end.</param>
    private async Task<LogResult> WatchAsync(long after, Horizon horizon, long newest, int changesMax, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_logTimeout);
        var commits = ImmutableArray.CreateBuilder<Commit>();
        var changes = ImmutableArray.CreateBuilder<Change>();
        var events = new List<WatchEvent>();
        long bytes = 0, through = after;
        int count = 0;
        try
        {
            await using var watch = await WatchStream.OpenAsync(client, keys.DataAndHead, horizon.At(after) + 1, withBefore: true, _openTimeout, limit.Token);
            while (true)
            {
                await watch.ReadAsync(events, static () => 0, limit.Token);
                foreach (var change in events)
                {
                    if (keys.TryReadData(change.Pair.Key, out var key))
                    {
                        var item = ChangeOf(key, change);
                        changes.Add(item);
                        bytes += (item.Before?.Value.Length ?? 0) + (item.After?.Value.Length ?? 0);
                        continue;
                    }

                    if (!keys.IsHead(change.Pair.Key) || change.IsDeletion) continue;

                    var head = Head.Of(change.Pair);
                    commits.Add(new(head.Revision, head.Time, changes.DrainToImmutable()));
                    through = head.Revision;
                    count += commits[^1].Changes.Length;
                    if (count >= changesMax || bytes >= StoreLimits.LogBytesMax || through >= newest)
                        return new LogResult.Commits(commits.DrainToImmutable(), through);
                }
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Each part that has come is whole.
            return commits.Count > 0
                ? new LogResult.Commits(commits.DrainToImmutable(), through)
                : new LogResult.Unavailable("etcd does not give its history in time.");
        }
    }

    private static Change ChangeOf(Key key, WatchEvent change) => new(
        key,
        change.Before is { } before ? StoredValue.Decode(key, before.ModRevision, before.Value) : null,
        change.IsDeletion ? null : StoredValue.Decode(key, change.Pair.ModRevision, change.Pair.Value));

    private sealed record KeptRows(long Revision, Rows Rows, long Bytes);
}

using System.Diagnostics;

namespace Stateway.Store.Etcd;

/// <summary>
/// Keeps the index at the newest revision: loads everything at one revision, then follows by one watch. A watch that
/// breaks goes on where it ended; where etcd has compacted that, everything is loaded again if anything has changed.
/// </summary>
internal sealed class IndexFeed : IAsyncDisposable
{
    private static readonly TimeSpan _pulse = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _openTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _reloadPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(1);

    private readonly EtcdClient _client;
    private readonly EtcdKeys _keys;
    private readonly HeadReads _heads;
    private readonly StoreIndex _index;
    private readonly EtcdStoreOptions _options;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<RowChange> _changes = [];
    private volatile CancellationTokenSource? _watch;
    private long _seen; // etcd's revision up to which the index is exact
    private volatile bool _isOther;
    private Task _running = Task.CompletedTask;

    public IndexFeed(EtcdClient client, EtcdKeys keys, HeadReads heads, StoreIndex index, EtcdStoreOptions options) =>
        (_client, _keys, _heads, _index, _options) = (client, keys, heads, index, options);

    /// <exception cref="EtcdException">Nothing could be loaded.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await LoadAsync(ct);
        _running = Task.WhenAll(Task.Run(RunAsync, CancellationToken.None), Task.Run(PulseAsync, CancellationToken.None));
    }

    /// <summary>A snapshot that has everything that was committed when the call began.</summary>
    /// <exception cref="StoreUnavailableException">etcd was not reached in time.</exception>
    public async ValueTask<Snapshot> CatchUpAsync(CancellationToken ct)
    {
        long start = Stopwatch.GetTimestamp();
        long before = _index.Revision;
        Head head;
        try
        {
            head = await _heads.ReadAsync(_options.ReachTimeout, ct);
        }
        catch (TimeoutException)
        {
            throw new StoreUnavailableException($"etcd at {_client.Place} does not answer in time.");
        }

        NoticeHead(head, before);
        return await ReachAsync(head.Revision, _options.ReachTimeout - Stopwatch.GetElapsedTime(start), ct)
            ?? throw new StoreUnavailableException($"The watch of etcd at {_client.Place} does not keep up.");
    }

    /// <param name="known">What the index had before the head was read: etcd can't have less.</param>
    public void NoticeHead(Head head, long known)
    {
        if (head.Revision < known) Replace();
    }

    /// <summary>Waits until the index has a revision that etcd has; a watch that does not bring it is opened again.</summary>
    /// <returns>Null when the time was over first.</returns>
    public async ValueTask<Snapshot?> ReachAsync(long revision, TimeSpan timeout, CancellationToken ct)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (!_isOther && _index.Current is var current && current.Revision >= revision) return current;

            var left = timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return null;

            if (_isOther)
            {
                await Task.Delay(_reloadPoll, ct); // nothing here is worth an answer until it is loaded
                continue;
            }

            if (await _index.TryReachAsync(revision, left < _patience ? left : _patience, ct) is null) Restart();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        bool isExact = true;
        int failures = 0;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!isExact || _isOther) await ResumeAsync();
                isExact = true;
                await WatchAsync(() => failures = 0);
            }
            catch (EtcdException e)
            {
                isExact &= e.Failure != EtcdFailure.Compacted;
                if (e.Failure == EtcdFailure.Compacted && failures == 0) continue;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception)
            {
                isExact = false; // whatever it was, nobody else keeps the index new
            }

            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(20 << Math.Min(failures++, 4), 250)), _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Asks now and then whether the watch has missed something: a connection may be dead without a sign of it.</summary>
    private async Task PulseAsync()
    {
        using var timer = new PeriodicTimer(_pulse);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await CatchUpAsync(_stop.Token);
                }
                catch (Exception) when (!_stop.IsCancellationRequested)
                {
                    // Whoever reads is told.
                }
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Returns when the watch is to be opened anew.</summary>
    private async Task WatchAsync(Action opened)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _watch = cancel;
        try
        {
            var events = new List<WatchEvent>();
            long start = Math.Max(_seen, _index.Revision) + 1;
            await using var watch = await WatchStream.OpenAsync(_client, _keys.DataAndHead, start, withBefore: false, _openTimeout, cancel.Token);
            while (true)
            {
                await watch.ReadAsync(events, () => _index.Revision, cancel.Token);
                opened();
                if (_isOther) return;
                Apply(events);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && !_stop.IsCancellationRequested)
        {
            // By Restart.
        }
        finally
        {
            _watch = null;
        }
    }

    /// <summary>Each revision of ours ends with the head.</summary>
    private void Apply(List<WatchEvent> events)
    {
        _changes.Clear();
        foreach (var change in events)
        {
            long revision = change.Pair.ModRevision;
            if (revision <= _index.Revision) continue;

            if (_keys.IsHead(change.Pair.Key))
            {
                if (change.IsDeletion) // somebody empties etcd
                {
                    Replace();
                    return;
                }

                var head = Head.Of(change.Pair);
                if (!_index.Apply(revision, head.Commits, head.Id, head.Time, _changes))
                {
                    Replace();
                    return;
                }

                _changes.Clear();
            }
            else if (_keys.TryReadData(change.Pair.Key, out var key))
            {
                _changes.Add(new(key, change.IsDeletion ? null : StoredValue.Decode(key, revision, change.Pair.Value)));
            }
        }

        _changes.Clear();
    }

    /// <summary>The watch can't go on where it ended: is anything new at all?</summary>
    private async Task ResumeAsync()
    {
        if (!_isOther)
        {
            var range = await _client.ReadAsync("/v3/kv/range", RequestBody.Range(_keys.Head), GatewayJson.ReadRange, _stop.Token);
            if (Head.Of(range.Pairs).Revision == _index.Revision)
            {
                _seen = range.Revision;
                return;
            }
        }

        await LoadAsync(_stop.Token);
    }

    private async Task LoadAsync(CancellationToken ct)
    {
        bool isOther = _isOther;
        var range = await _client.ReadAsync("/v3/kv/range", RequestBody.Range(_keys.Head), GatewayJson.ReadRange, ct);
        var head = Head.Of(range.Pairs);
        var entries = new Dictionary<string, List<Entry>>(StringComparer.Ordinal);
        var pages = new Pages(_client, _keys.AllData, range.Revision);
        while (await pages.NextAsync(ct) is { } page)
        {
            foreach (var pair in page)
            {
                if (!_keys.TryReadData(pair.Key, out var key)) continue;
                if (!entries.TryGetValue(key.Collection, out var list)) entries.Add(key.Collection, list = []);

                // One text for the collection's name, not one for each entry.
                if (list.Count > 0) key = key with { Collection = list[0].Key.Collection };
                list.Add(StoredValue.Decode(key, pair.ModRevision, pair.Value));
            }
        }

        _index.Load(head.Revision, head.Commits, entries, isOther);
        _seen = range.Revision;
        if (isOther) _isOther = false;
    }

    /// <summary>The store is older than what is known of it: restored, or emptied.</summary>
    private void Replace()
    {
        _isOther = true;
        Restart();
    }

    private void Restart()
    {
        try
        {
            _watch?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }
}

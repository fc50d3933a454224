using System.Buffers;
using Microsoft.Extensions.Logging;
using Stateway.Gateway;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>
/// All open watches of a node. One <see cref="Feed"/> reads the store's log while somebody watches, and hands each commit to
/// the topics that it touches; their watchers share what is written of it.
/// </summary>
public sealed partial class Watches(IStore store, WatchOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Changes of one reading of the log by a watcher that is behind.</summary>
    private const int LogChanges = 256;

    /// <summary>What such a watcher holds at once, beyond one commit.</summary>
    private const int LogBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _logReaders = new(4); // each has up to 16 MB in hand
    private volatile Catalog _catalog = new([]);
    private Feed? _feed;
    private int _count;
    private bool _isStopping;

    internal WatchOptions Options => options;
    internal TimeProvider Time => time;
    internal IStore Store => store;

    /// <summary>Open watches.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Documents come into force. A watch goes on with the filter and fields it began with, while what is hidden of a resource
    /// follows the collection in force; a watch of a collection that there no longer is ends.
    /// </summary>
    public void Follow(Catalog catalog)
    {
        Feed? feed;
        lock (_lock)
        {
            _catalog = catalog;
            feed = _feed;
        }

        feed?.ForEach(
            static (watcher, catalog) =>
            {
                if (catalog.Find(watcher.Topic.Key.Collection.StoreName) is null) watcher.End(WatchEnd.CollectionGone);
            }, catalog);
    }

    /// <summary>Ends every watch with a bookmark, and takes no more. Who hasn't read it after a moment is cut off.</summary>
    public async Task StopAsync()
    {
        Feed? feed;
        lock (_lock)
        {
            _isStopping = true;
            feed = _feed;
        }

        if (feed is null) return;

        feed.ForEach(static (watcher, _) => watcher.End(WatchEnd.Stopped), 0);
        try
        {
            await feed.Ended.WaitAsync(options.StopMax, time);
        }
        catch (TimeoutException)
        {
            feed.ForEach(static (watcher, _) => watcher.Cut(), 0);
        }
    }

    /// <summary>The collection of this name in force; null when there is none any more.</summary>
    internal Collection? Find(string storeName) => _catalog.Find(storeName);

    /// <summary>Takes a place for a watcher, before it reads what it begins with: nothing is missed from here on.</summary>
    /// <exception cref="StoreUnavailableException"/>
    internal async ValueTask<(Watcher? Watcher, Problem? Problem)> EnterAsync(TopicKey key, View view, Exchange exchange, CancellationToken ct)
    {
        // A node that has followed nothing may know of nothing that others have written since it began: its feed would have all of that
        // to read before the first watcher got anything, or find it gone.
        if (Volatile.Read(ref _feed) is null) await store.ReadStateAsync(ct);

        lock (_lock)
        {
            if (_isStopping) return (null, WatchRefusals.Stopping());
            if (_count >= options.WatchesMax) return (null, WatchRefusals.TooMany(options.WatchesMax));

            _feed ??= new Feed(this, logger);
            var watcher = new Watcher(this, _feed.Topic(key, view), exchange);
            watcher.Topic.Add(watcher);
            _feed.Watchers++;
            _count++;
            return (watcher, null);
        }
    }

    internal void Leave(Watcher watcher)
    {
        var feed = watcher.Topic.Feed;
        lock (_lock)
        {
            watcher.Topic.Remove(watcher);
            if (watcher.Topic.IsEmpty) feed.Remove(watcher.Topic);
            _count--;
            if (--feed.Watchers > 0) return;
            if (_feed == feed) _feed = null;
        }

        feed.Stop();
    }

    /// <summary>A feed that can't go on: who comes from now on gets another.</summary>
    internal void Retire(Feed feed)
    {
        lock (_lock)
        {
            if (_feed == feed) _feed = null;
        }
    }

    /// <summary>What came behind a revision, for a watcher that is behind the ring.</summary>
    /// <returns>Where the reading got to: the same revision when the store can't be read now.</returns>
    internal async ValueTask<(ReadOnlyMemory<byte> Bytes, long Through, WatchEnd? End)> ReadLogAsync(Topic topic, long after, CancellationToken ct)
    {
        await _logReaders.WaitAsync(ct);
        try
        {
            switch (await store.ReadLogAsync(after, LogChanges, ct))
            {
                case LogResult.Gone: return (default, after, WatchEnd.Gone);
                case LogResult.Unavailable: return (default, after, null);
                case LogResult.Commits commits: return Write(topic, commits);
                default: throw new System.Diagnostics.UnreachableException();
            }
        }
        finally
        {
            _logReaders.Release();
        }
    }

    private (ReadOnlyMemory<byte>, long, WatchEnd?) Write(Topic topic, LogResult.Commits commits)
    {
        if (Find(topic.Key.Collection.StoreName) is not { } collection) return (default, commits.Through, WatchEnd.CollectionGone);

        var output = new ArrayBufferWriter<byte>(1024);
        var seen = new List<SeenChange>();
        foreach (var commit in commits.Items)
        {
            foreach (var change in Feed.InOrder(commit.Changes))
            {
                if (change.Key.Collection == collection.StoreName && (topic.Key.Scope == change.Key.Path || topic.Key.Scope == Feed.ScopeOf(change.Key)))
                    seen.Add(SeenChange.Of(change, collection));
            }

            topic.View.TryWrite(commit.Revision, seen, output);
            foreach (var change in seen) change.Dispose();
            seen.Clear();
            if (output.WrittenCount >= LogBytes) return (output.WrittenMemory, commit.Revision, null);
        }

        return (output.WrittenMemory, commits.Through, null);
    }

    internal void LogFailure(Exception e) => Log.WatchFailed(logger, e);

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "A watch failed and was cut off.")]
        public static partial void WatchFailed(ILogger logger, Exception e);
    }
}

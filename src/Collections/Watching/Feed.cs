using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>
/// Follows the store's log from the first watcher to the last, and writes each commit once for each topic that it touches.
/// </summary>
internal sealed partial class Feed
{
    private const int ReadChanges = 1_000;

    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(5);

    private readonly Watches _watches;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicKey, Topic> _topics = [];
    private readonly Dictionary<(string Collection, string Scope), List<Topic>> _byScope = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _ticks;
    private readonly Dictionary<Topic, List<SeenChange>> _touched = [];
    private readonly ArrayBufferWriter<byte> _text = new(1024);
    private long _lookedUp;  // the topics of all commits up to here are known: a new topic gets those behind it
    private long _published; // and these have been handed to them

    public Feed(Watches watches, ILogger logger)
    {
        _watches = watches;
        _logger = logger;
        _lookedUp = _published = watches.Store.Revision;
        _ticks = watches.Time.CreateTimer(static feed => ((Feed)feed!).Tick(), this, watches.Options.TickInterval, watches.Options.TickInterval);
        _ = Task.Run(RunAsync);
    }

    /// <summary>Open watches that it feeds; counted under the lock of <see cref="Watches"/>.</summary>
    public int Watchers { get; set; }

    /// <summary>Completes when it has been stopped, after the last watcher has left.</summary>
    public Task Ended => _ended.Task;

    public Topic Topic(TopicKey key, View view)
    {
        lock (_lock)
        {
            ref var topic = ref CollectionsMarshal.GetValueRefOrAddDefault(_topics, key, out bool isThere);
            if (isThere) return topic!;

            topic = new Topic(this, key, view, _lookedUp, _watches.Options, _watches.Time);
            ref var others = ref CollectionsMarshal.GetValueRefOrAddDefault(_byScope, (key.Collection.StoreName, key.Scope), out _);
            (others ??= []).Add(topic);
            return topic;
        }
    }

    public void Remove(Topic topic)
    {
        lock (_lock)
        {
            _topics.Remove(topic.Key);
            var scope = (topic.Key.Collection.StoreName, topic.Key.Scope);
            if (!_byScope.TryGetValue(scope, out var topics)) return;

            topics.Remove(topic);
            if (topics.Count == 0) _byScope.Remove(scope);
        }
    }

    public void ForEach<TState>(Action<Watcher, TState> action, TState state)
    {
        foreach (var topic in Topics()) topic.ForEach(action, state);
    }

    public void Stop()
    {
        _ticks.Dispose();
        _stopping.Cancel();
        _ended.TrySetResult();
    }

    /// <summary>Of all topics of a collection that show the siblings of a resource: <c>*</c>, or <c>o1/*</c>.</summary>
    public static string ScopeOf(Key key)
    {
        int slash = key.Path.LastIndexOf('/');
        return slash < 0 ? TopicKey.All : TopicKey.Children(key.Path[..slash]);
    }

    /// <summary>By collection and path, so that every watcher sees the changes of a revision in the same order.</summary>
    public static ImmutableArray<Change> InOrder(ImmutableArray<Change> changes) => changes.Length < 2 ? changes
        : changes.Sort(static (a, b) => string.CompareOrdinal(a.Key.Collection, b.Key.Collection) is var order and not 0
            ? order : string.CompareOrdinal(a.Key.Path, b.Key.Path));

    private async Task RunAsync()
    {
        try
        {
            await FollowAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            // Nobody would get anything any more, and nobody would know.
            Log.Failed(_logger, e);
            _watches.Retire(this);
            ForEach(static (watcher, _) => watcher.Cut(), 0);
        }
    }

    private async Task FollowAsync(CancellationToken ct)
    {
        var store = _watches.Store;
        long through = _published;
        var backOff = BackOffMin;
        while (true)
        {
            string? why;
            try
            {
                await store.WaitAsync(through, ct);
                switch (await store.ReadLogAsync(through, ReadChanges, ct))
                {
                    case LogResult.Commits commits:
                        foreach (var commit in commits.Items) Publish(commit);
                        Advance(through = commits.Through);
                        backOff = BackOffMin;
                        continue;

                    case LogResult.Gone:
                        Log.Gone(_logger, through);
                        _watches.Retire(this);
                        ForEach(static (watcher, _) => watcher.End(WatchEnd.Gone), 0);
                        return;

                    case LogResult.Unavailable unavailable:
                        why = unavailable.Reason;
                        break;

                    default:
                        throw new System.Diagnostics.UnreachableException();
                }
            }
            catch (StoreUnavailableException e)
            {
                why = e.Message;
            }

            Log.Unavailable(_logger, why, backOff.TotalSeconds);
            await Task.Delay(backOff, _watches.Time, ct);
            backOff = backOff * 2 < BackOffMax ? backOff * 2 : BackOffMax;
        }
    }

    private void Publish(Commit commit)
    {
        FindTouched(commit);
        if (_touched.Count > 0)
        {
            long bytesMax = BytesMaxOfOne();
            foreach (var (topic, changes) in _touched)
            {
                if (topic.View.TryWrite(commit.Revision, changes, _text)) topic.Publish(commit.Revision, _text.WrittenSpan.ToArray(), bytesMax);
                _text.ResetWrittenCount();
            }

            // A change may be seen by several topics; to dispose it twice does nothing.
            foreach (var changes in _touched.Values)
            {
                foreach (var change in changes) change.Dispose();
            }

            _touched.Clear();
        }

        Volatile.Write(ref _published, commit.Revision);
    }

    /// <summary>Revisions that changed nothing may be left out of the log.</summary>
    private void Advance(long through)
    {
        lock (_lock) _lookedUp = Math.Max(_lookedUp, through);
        Volatile.Write(ref _published, through);
    }

    private void FindTouched(Commit commit)
    {
        lock (_lock)
        {
            foreach (var change in InOrder(commit.Changes))
            {
                // Parsed and masked once, if anybody looks at it.
                SeenChange? seen = null;
                Touch(change, change.Key.Path, ref seen);
                Touch(change, ScopeOf(change.Key), ref seen);
            }

            _lookedUp = commit.Revision;
        }
    }

    private void Touch(Change change, string scope, ref SeenChange? seen)
    {
        if (!_byScope.TryGetValue((change.Key.Collection, scope), out var topics)) return;

        foreach (var topic in topics)
        {
            if (_watches.Find(change.Key.Collection) is not { } collection) return; // its watchers are being ended

            ref var changes = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, topic, out _);
            (changes ??= []).Add(seen ??= SeenChange.Of(change, collection));
        }
    }

    private long BytesMaxOfOne()
    {
        lock (_lock) return Math.Min(_watches.Options.RingBytesMax, _watches.Options.AllRingsBytesMax / Math.Max(_topics.Count, 1));
    }

    private void Tick()
    {
        long published = Volatile.Read(ref _published);
        foreach (var topic in Topics())
        {
            topic.PublishBookmarkIfIdle(published);
            topic.ForEach(static (watcher, flushMax) => watcher.CutIfSlow(flushMax), _watches.Options.FlushMax);
        }
    }

    private Topic[] Topics()
    {
        lock (_lock) return [.. _topics.Values];
    }

    private static partial class Log
    {
        [LoggerMessage(3002, LogLevel.Error, "Following the store failed; all watches were cut off.")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(3003, LogLevel.Warning, "The store's log no longer holds revision {Revision}; all watches were ended.")]
        public static partial void Gone(ILogger logger, long revision);

        [LoggerMessage(3004, LogLevel.Warning, "The store can't be followed now: {Reason} Next try in {Seconds} s.")]
        public static partial void Unavailable(ILogger logger, string reason, double seconds);
    }
}

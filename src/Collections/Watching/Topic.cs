using System.Diagnostics;

namespace Stateway.Collections.Watching;

/// <summary>Which resources, and what of them: watches with equal keys share a topic.</summary>
/// <param name="Collection">As declared when the watch began: after a change of documents the same parameters may mean something else.</param>
/// <param name="Scope">The path of one resource; or <c>*</c>, or <c>o1/*</c> for the children of one parent.</param>
/// <param name="View">The parameters that make the view, and the form.</param>
internal readonly record struct TopicKey(Collection Collection, string Scope, string View)
{
    public const string All = "*";

    public static string Children(string parent) => parent.Length == 0 ? All : parent + "/*";
}

/// <summary>
/// One view and those who watch it. Keeps the newest frames for watchers that are a little behind; who is further behind
/// reads the log. Everything above the floor's revision is here.
/// </summary>
internal sealed class Topic : IThreadPoolWorkItem
{
    private const int FirstRowPlaces = 4; // most topics of single resources have one watcher
    private const int RowPlaces = 32;

    private readonly Lock _lock = new();
    private readonly List<WatchRow> _rows = [];
    private readonly Queue<WatchRow> _toWake = new(1);
    private bool _isWaking;
    private readonly WatchOptions _options;
    private readonly TimeProvider _time;
    private Frame _floor;
    private Frame _newest;
    private int _frames;
    private long _bytes;
    private long _publishedAt;

    /// <param name="floor">Everything that comes behind this revision will be published.</param>
    public Topic(Feed feed, TopicKey key, View view, long floor, WatchOptions options, TimeProvider time)
    {
        Feed = feed;
        Key = key;
        View = view;
        _options = options;
        _time = time;
        _floor = _newest = new Frame(floor, null, isBookmark: false);
        _publishedAt = time.GetTimestamp();
    }

    public Feed Feed { get; }
    public TopicKey Key { get; }
    public View View { get; }

    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _rows.Count == 0;
        }
    }

    public void Add(Watcher watcher)
    {
        lock (_lock)
        {
            for (int i = _rows.Count - 1; i >= 0; i--)
            {
                if (_rows[i].TryAdd(watcher)) return;
            }

            var row = new WatchRow(_rows.Count == 0 ? FirstRowPlaces : RowPlaces);
            row.TryAdd(watcher);
            _rows.Add(row);
        }
    }

    public void Remove(Watcher watcher)
    {
        lock (_lock)
        {
            for (int i = 0; i < _rows.Count; i++)
            {
                if (!_rows[i].Remove(watcher)) continue;

                if (_rows[i].IsEmpty) _rows.RemoveAt(i);
                return;
            }
        }
    }

    /// <summary>Where someone goes on who has seen everything up to a revision.</summary>
    /// <returns>Null when that is no longer all here.</returns>
    public Frame? Enter(long revision)
    {
        lock (_lock)
        {
            if (revision < _floor.Revision) return null;
            if (revision >= _newest.Revision) return _newest;

            var at = _floor;
            while (at.Next is { } next && next.Revision <= revision) at = next;
            return at;
        }
    }

    /// <param name="bytesMax">What the frames may have together; the newest is kept whatever it has.</param>
    public void Publish(long revision, byte[] bytes, long bytesMax)
    {
        lock (_lock)
        {
            Append_NeedsLock(new Frame(revision, bytes, isBookmark: false));
            while (_frames > 1 && (_frames > _options.RingFramesMax || _bytes > bytesMax)) DropOldest_NeedsLock();
            Wake_NeedsLock();
        }
    }

    /// <summary>
    /// Tells the watchers of a silent topic how far the store is. Whoever hasn't taken by now what came before the silence
    /// is behind, and will read the log: so a silent topic keeps nothing.
    /// </summary>
    /// <param name="revision">Everything up to here has been published.</param>
    public void PublishBookmarkIfIdle(long revision)
    {
        lock (_lock)
        {
            if (_time.GetElapsedTime(_publishedAt) < _options.IdleMax) return;

            while (_frames > 0) DropOldest_NeedsLock();
            revision = Math.Max(revision, _newest.Revision);
            Append_NeedsLock(new Frame(revision, EventText.Bookmark(View.Form, revision), isBookmark: true));
            Wake_NeedsLock();
        }
    }

    public void ForEach<TState>(Action<Watcher, TState> action, TState state)
    {
        WatchRow[] rows;
        lock (_lock) rows = [.. _rows];
        foreach (var row in rows) row.ForEach(action, state);
    }

    private void Append_NeedsLock(Frame frame)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _newest.Next = frame;
        _newest = frame;
        _frames++;
        _bytes += frame.Bytes!.Length;
        _publishedAt = _time.GetTimestamp();
    }

    private void DropOldest_NeedsLock()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        var oldest = _floor.Next!;
        _bytes -= oldest.Bytes!.Length;
        _frames--;

        // A watcher at the old floor must not hold on to everything behind it.
        _floor.Next = Frame.Dropped;
        oldest.Release();
        _floor = oldest;
    }

    private void Wake_NeedsLock()
    {
        foreach (var row in _rows)
        {
            if (row.IsToWake) continue;

            row.IsToWake = true;
            _toWake.Enqueue(row);
        }

        if (_isWaking || _toWake.Count == 0) return;

        _isWaking = true;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>
    /// Wakes one row, and queues behind what waits for the thread pool already: the server's own sending of what the row has
    /// written. Otherwise thousands of connections would fill their buffers before the first is emptied: writing is quicker than
    /// sending, so one thread writes, and the others send.
    /// </summary>
    void IThreadPoolWorkItem.Execute()
    {
        WatchRow? row;
        lock (_lock)
        {
            if (!_toWake.TryDequeue(out row))
            {
                _isWaking = false;
                return;
            }

            row.IsToWake = false; // before looking: what comes from here on queues it again
        }

        row.ForEach(static (watcher, _) => watcher.Wake(), 0);
        Thread.Yield();
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>
/// Follows the changes of kinds, once for all of a node's controllers. Every such change writes one entry, the mark, in its own
/// transaction: so the mark's versions are the revisions to read of the log, and what users write is not read at all.
/// <code>
///   look (a point read) ── mark moved? ──no──▶ seen
///                             └─yes─▶ its versions since ─▶ the log at each ─▶ changed … ─▶ seen
/// </code>
/// It begins anew, and tells so, when what comes next is no longer held, when too much has gathered, and after every time that the
/// store was away.
/// </summary>
/// <param name="mark">The entry.</param>
internal sealed partial class ChangeFollower(IStore store, Key mark, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(25);

    public static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(1);

    /// <summary>Commits that one look brings; with more of them, to list everything is less work than to read each.</summary>
    public const int CommitsMax = 256;

    private const int PageVersions = 64;

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new(); // held while listeners are called, so that who subscribes misses nothing
    private readonly List<ChangeListener> _listeners = []; // in the order they came
    private readonly Dictionary<string, List<ChangeListener>> _byCollection = new(StringComparer.Ordinal);
    private Task _following = Task.CompletedTask;
    private long? _through; // null until it has begun, and while the store is away
    private long _marked; // the mark's revision at the last look; 0: there was none

    public void Start() => _following = Task.Run(FollowAsync);

    /// <summary>
    /// Tells a listener, after all those that came before it: a cache that subscribed before a controller has seen a change when
    /// the controller runs. If the following has begun already, <see cref="ChangeListener.Begun"/> is called at once.
    /// </summary>
    /// <returns>Ends it; must not be disposed by a listener's own call.</returns>
    public IDisposable Subscribe(ChangeListener listener)
    {
        lock (_lock)
        {
            _listeners.Add(listener);
            foreach (string collection in listener.Collections)
            {
                if (!_byCollection.TryGetValue(collection, out var others)) _byCollection.Add(collection, others = []);
                others.Add(listener);
            }

            if (_through is { } revision) listener.Begun(revision);
        }

        return new Subscription(this, listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _following;
        _stopping.Dispose();
    }

    private async Task FollowAsync()
    {
        var backOff = BackOffMin;
        bool isAway = false;
        try
        {
            while (true)
            {
                string? why;
                Exception? bug = null;
                try
                {
                    why = await LookAsync(_stopping.Token);
                }
                catch (StoreUnavailableException e)
                {
                    why = e.Message;
                }
                catch (Exception e) when (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
                {
                    why = e.Message;
                    bug = e;
                }

                if (why is null)
                {
                    if (isAway) Log.Recovered(logger);
                    (isAway, backOff) = (false, BackOffMin);
                    await Task.Delay(LookInterval, time, _stopping.Token);
                    continue;
                }

                lock (_lock) _through = null;
                if (!isAway && bug is not null) Log.Failed(logger, bug);
                else if (!isAway) Log.Unavailable(logger, why);
                isAway = true;
                await Task.Delay(backOff, time, _stopping.Token);
                backOff = backOff * 2 < BackOffMax ? backOff * 2 : BackOffMax;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    /// <summary>Begins, or looks whether the mark has moved and tells what moved it.</summary>
    /// <returns>Why it could not; null: it could.</returns>
    private async Task<string?> LookAsync(CancellationToken ct)
    {
        if (_through is not { } through)
        {
            await BeginAsync(ct);
            return null;
        }

        // Before the look: what this node knows of was committed before it, so the mark that it finds is of that or of later.
        long known = store.Revision;
        long marked = await MarkedAsync(ct);
        if (marked == _marked)
        {
            if (known > through) Tell([], known);
            return null;
        }

        // Nearly always one commit has moved it, whose log needn't wait for the versions that say so.
        var last = store.ReadLogAsync(marked - 1, 1, ct).AsTask();
        var between = ReadRevisionsAsync(marked, ct).AsTask();
        await Task.WhenAll(last, between);
        if (await between is not { } revisions)
        {
            await BeginAsync(ct);
            return null;
        }

        var commits = new List<Commit>(revisions.Count);
        foreach (long revision in revisions)
        {
            switch (revision == marked ? await last : await store.ReadLogAsync(revision - 1, 1, ct))
            {
                case LogResult.Commits { Items: [var commit, ..] } when commit.Revision == revision:
                    commits.Add(commit);
                    break;

                case LogResult.Commits { Items: [] }:
                    return null; // on disk and read a moment before the log ends with it: at the next look

                case LogResult.Unavailable unavailable:
                    return unavailable.Reason;

                case LogResult.Gone gone:
                    Log.Gone(logger, revision, gone.State.Compacted);
                    await BeginAsync(ct);
                    return null;

                case var other:
                    throw new UnreachableException($"The log at {revision} is {other}.");
            }
        }

        _marked = marked;
        Tell(commits, Math.Max(known, marked));
        return null;
    }

    private async ValueTask<long> MarkedAsync(CancellationToken ct) => await store.GetAsync(mark, ct) is { } entry ? entry.Revision : 0;

    /// <summary>The revisions of the mark behind the one that was seen last, in order.</summary>
    /// <returns>Null when they are too many, or some may no longer be known.</returns>
    private async ValueTask<List<long>?> ReadRevisionsAsync(long newest, CancellationToken ct)
    {
        var revisions = new List<long>();
        if (newest < _marked) return null; // another past: a backup was played back

        for (long before = newest + 1; ;)
        {
            var page = await store.ReadVersionsAsync(mark, before, PageVersions, ct);
            foreach (var version in page.Versions)
            {
                if (version.Revision <= _marked) return InOrder();
                if (revisions.Count == CommitsMax)
                {
                    Log.TooMany(logger, CommitsMax);
                    return null;
                }

                revisions.Add(version.Revision);
            }

            if (!page.More || page.Versions.IsEmpty) break;
            before = page.Versions[^1].Revision;
        }

        // None was found that is known: all behind it are there if that one could be.
        long compacted = (await store.ReadStateAsync(ct)).Compacted;
        if (compacted <= _marked) return InOrder();

        Log.Gone(logger, _marked + 1, compacted);
        return null;

        List<long> InOrder()
        {
            revisions.Reverse();
            return revisions;
        }
    }

    private async Task BeginAsync(CancellationToken ct)
    {
        long revision = (await store.ReadStateAsync(ct)).Revision;
        long marked = await MarkedAsync(ct);
        lock (_lock)
        {
            _marked = marked;
            _through = Math.Max(revision, marked);
            foreach (var listener in _listeners) listener.Begun(_through.Value);
        }
    }

    private void Tell(List<Commit> commits, long through)
    {
        lock (_lock)
        {
            foreach (var commit in commits)
            {
                foreach (var change in commit.Changes)
                {
                    if (!_byCollection.TryGetValue(change.Key.Collection, out var listeners)) continue;

                    foreach (var listener in listeners) listener.Changed(change, commit.Revision);
                }
            }

            if (through <= _through) return;

            _through = through;
            foreach (var listener in _listeners) listener.Seen(through);
        }
    }

    private sealed class Subscription(ChangeFollower follower, ChangeListener listener) : IDisposable
    {
        public void Dispose()
        {
            lock (follower._lock)
            {
                if (!follower._listeners.Remove(listener)) return;

                foreach (string collection in listener.Collections)
                {
                    var listeners = follower._byCollection[collection];
                    listeners.Remove(listener);
                    if (listeners.Count == 0) follower._byCollection.Remove(collection);
                }
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "The store is not available ({Reason}); what is served stays as it is until the store is back.")]
        public static partial void Unavailable(ILogger logger, string reason);

        [LoggerMessage(4002, LogLevel.Information, "The store is followed again; controllers list everything.")]
        public static partial void Recovered(ILogger logger);

        [LoggerMessage(4003, LogLevel.Warning, "The store's log no longer holds revision {Revision}, only from {Compacted}; controllers list everything.")]
        public static partial void Gone(ILogger logger, long revision, long compacted);

        [LoggerMessage(4004, LogLevel.Error, "Following the store failed; controllers list everything, and it is tried again.")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(4005, LogLevel.Information, "More than {Commits} changes have gathered; controllers list everything.")]
        public static partial void TooMany(ILogger logger, int commits);
    }
}

using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>
/// Brings paths to a controller's queue: all of them whenever the following begins anew, when paths had to be left out, and every so
/// often; and between those each that the log names.
/// </summary>
internal sealed partial class Listing
{
    private const int PageEntries = 500;
    private const int PageBytes = 4 << 20;

    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BackOffMax = TimeSpan.FromSeconds(5);

    /// <summary>Before a listing of what had to be left out, because the queue was full or a path could not be told.</summary>
    private static readonly TimeSpan IncompletePause = TimeSpan.FromSeconds(10);

    private readonly Ground _ground;
    private readonly IReconciler _reconciler;
    private readonly ControllerOptions _options;
    private readonly WorkQueue _queue;
    private readonly Random _random = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isIncomplete;
    private bool _isMappingFailing; // the follower's

    public Listing(Ground ground, IReconciler reconciler, ControllerOptions options, WorkQueue queue)
    {
        (_ground, _reconciler, _options, _queue) = (ground, reconciler, options, queue);
        Listener = new([reconciler.Kind, .. reconciler.Watched.Except([reconciler.Kind])])
        {
            Changed = OnChanged,
            Seen = queue.Seen,
            Begun = revision =>
            {
                queue.Restart(revision);
                Want();
            },
        };
    }

    public ChangeListener Listener { get; }

    /// <summary>Completes when everything was listed once.</summary>
    public Task First => _first.Task;

    /// <summary>Lists whenever it is time to, until it is cancelled; first when the follower has begun.</summary>
    public async Task KeepAsync(CancellationToken ct)
    {
        var wait = Timeout.InfiniteTimeSpan;
        while (true)
        {
            await WaitAsync(wait, ct);
            if (_isIncomplete) await Task.Delay(IncompletePause, _ground.Time, ct);
            _isIncomplete = false;

            // Before it begins: what is wanted meanwhile may be behind what has been read.
            Volatile.Write(ref _wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
            await ListAsync(ct);
            _first.TrySetResult();
            wait = _isIncomplete ? TimeSpan.Zero : _options.Resync * (0.9 + (_random.NextDouble() * 0.2)); // so that controllers don't list all at once
        }
    }

    /// <summary>Something has changed that is in no log.</summary>
    public void Add(string path)
    {
        if (_queue.Add(path) != AddResult.Added) WantWhatWasLeftOut();
    }

    private void Want() => Volatile.Read(ref _wanted).TrySetResult();

    /// <summary>Until a listing is wanted, or the time is up.</summary>
    private async Task WaitAsync(TimeSpan wait, CancellationToken ct)
    {
        try
        {
            await Volatile.Read(ref _wanted).Task.WaitAsync(wait, _ground.Time, ct);
        }
        catch (TimeoutException)
        {
            // as good as wanted
        }
    }

    private async Task ListAsync(CancellationToken ct)
    {
        Cursor? after = null;
        var backOff = BackOffMin;
        while (true)
        {
            string why;
            Exception? bug = null;
            try
            {
                switch (await _ground.Store.QueryAsync(new(_reconciler.Kind) { Limit = PageEntries, BytesMax = PageBytes, After = after }, ct))
                {
                    case QueryResult.Page page:
                        foreach (var entry in page.Entries) await AddListedAsync(_reconciler.PathsFor(entry.Key), ct);
                        if (page.Next is null)
                        {
                            await AddListedAsync(_reconciler.Held, ct);
                            return;
                        }

                        await _queue.RoomAsync(ct);
                        (after, backOff) = (page.Next, BackOffMin);
                        continue;

                    case QueryResult.Unavailable unavailable:
                        why = unavailable.Reason;
                        break;

                    case var other:
                        throw new UnreachableException($"Listing {_reconciler.Kind} gave {other}.");
                }
            }
            catch (StoreUnavailableException e)
            {
                why = e.Message;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                (why, bug) = (e.Message, e);
            }

            if (backOff == BackOffMin) Log.Unlisted(_ground.Logger, bug, _options.Name, _reconciler.Kind, why);
            await Task.Delay(backOff, _ground.Time, ct);
            backOff = backOff * 2 < BackOffMax ? backOff * 2 : BackOffMax;
        }
    }

    private async ValueTask AddListedAsync(IEnumerable<string> paths, CancellationToken ct)
    {
        foreach (string path in paths)
        {
            AddResult result;
            while ((result = _queue.AddListed(path)) == AddResult.Full) await _queue.RoomAsync(ct);
            if (result == AddResult.Displaced) _isIncomplete = true;
        }
    }

    private void OnChanged(Change change, long revision)
    {
        try
        {
            if (!_reconciler.Concerns(change)) return;

            foreach (string path in _reconciler.PathsFor(change.Key))
            {
                bool isOwn = path == change.Key.Path && change.Key.Collection == _reconciler.Kind;
                var result = isOwn ? _queue.AddChanged(path, revision) : _queue.Add(path);
                if (result != AddResult.Added) WantWhatWasLeftOut();
            }

            _isMappingFailing = false;
        }
        catch (Exception e)
        {
            // Nobody knows which paths are meant: all of them, then. The other controllers of the follower go on.
            if (!_isMappingFailing) Log.Unmapped(_ground.Logger, e, _options.Name, change.Key);
            _isMappingFailing = true;
            WantWhatWasLeftOut();
        }
    }

    private void WantWhatWasLeftOut()
    {
        _isIncomplete = true;
        Want();
    }

    private static partial class Log
    {
        [LoggerMessage(4111, LogLevel.Warning, "The controller {Name} can't list {Kind} now; it is tried again until it can: {Reason}")]
        public static partial void Unlisted(ILogger logger, Exception? e, string name, string kind, string reason);

        [LoggerMessage(4112, LogLevel.Error, "The controller {Name} failed to tell which paths {Key} concerns; it lists everything.")]
        public static partial void Unmapped(ILogger logger, Exception e, string name, Key key);
    }
}

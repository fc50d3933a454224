using Microsoft.Extensions.Logging;
using Stateway.Store;
using Stateway.Store.Leases;

namespace Stateway.Controllers;

/// <summary>
/// Runs one reconciler: takes its lease, lists its kind, follows the log, and reconciles what both name. When the lease is lost
/// everything stops, and begins with the first step when it can be had again. A restart, a take-over and a hole in the log are all the
/// same: list everything, and go on following.
/// </summary>
internal sealed partial class ControllerHost : IAsyncDisposable
{
    /// <summary>Reconciles that did not end when they were told to, and were left behind; more of them keep their workers.</summary>
    public const int LeftMax = 16;

    private static readonly TimeSpan AgainAfterBug = TimeSpan.FromSeconds(5);

    /// <summary>The same error, of another path, is not logged again within it: an outage is one line, not thousands.</summary>
    private static readonly TimeSpan SameErrorPause = TimeSpan.FromSeconds(10);

    private readonly Ground _ground;
    private readonly IReconciler _reconciler;
    private readonly ControllerOptions _options;
    private readonly WorkQueue _queue; // of all the times that the lease was held: who was left behind then still has its path
    private readonly Listing _listing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _errors = new();
    private Task _running = Task.CompletedTask;
    private string? _lastError;
    private long _lastErrorAt;
    private int _left;
    private volatile bool _isActive;
    private volatile string? _holder;

    public ControllerHost(Ground ground, IReconciler reconciler, ControllerOptions options)
    {
        options.Validate();
        (_ground, _reconciler, _options) = (ground, reconciler, options);
        _queue = new(options.PathsMax, ground.Time, new Random());
        _listing = new(ground, reconciler, options, _queue);
    }

    public string Name => _options.Name;

    public IReconciler Reconciler => _reconciler;

    /// <summary>Whether this node runs the controller now.</summary>
    public bool IsActive => _isActive;

    /// <summary>The node that runs it as far as this one knows; null when it does not know, or each node runs it for itself.</summary>
    public string? Holder => _isActive && !_options.OnEveryNode ? _ground.Node : _holder;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>
    /// Completes when everything was listed, and each path was reconciled once, or has failed. On a node that does not hold the
    /// lease it waits for that, too.
    /// </summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        await _listing.First.WaitAsync(ct);
        await _queue.IdleAsync(ct);
    }

    /// <summary>Something that it works from has changed, and is not in the store. Nothing where this node does not run the controller.</summary>
    public void Wake(string path)
    {
        if (_isActive) _listing.Add(path);
    }

    /// <summary>What a path fails of, for those who ask why.</summary>
    /// <returns>Null when it doesn't, or this node does not run the controller.</returns>
    public Failing? FailureOf(string path) => _queue.Find(path);

    /// <summary>Waits for the work under way, then gives the lease to the other nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _queue.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
            }
            catch (StoreUnavailableException)
            {
                // The follower has told of that. One who waits for a lease waits on.
                await Task.Delay(AgainAfterBug, _ground.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                Log.Failed(_ground.Logger, e, _options.Name, AgainAfterBug.TotalSeconds);
                await Task.Delay(AgainAfterBug, _ground.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>From taking the lease to losing it.</summary>
    private async Task RunOnceAsync(CancellationToken ct)
    {
        if (_options.OnEveryNode)
        {
            await WorkAsync(null, ct);
            return;
        }

        await using var lease = await Lease.TakeAsync(
            _ground.Store, _options.LeaseName, _ground.Node, _options.LeaseDuration, _ground.Time, ct, other => _holder = other);
        _holder = null;
        using var held = CancellationTokenSource.CreateLinkedTokenSource(ct, lease.Lost);
        Log.Taken(_ground.Logger, _options.Name, lease.Epoch);
        try
        {
            await WorkAsync(lease.Fence, held.Token);
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            Log.Lost(_ground.Logger, _options.Name);
        }
    }

    /// <summary>Lists, follows and reconciles until it is cancelled.</summary>
    private async Task WorkAsync(Precondition.Leased? fence, CancellationToken ct)
    {
        _queue.Clear();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using var following = _ground.Follower.Subscribe(_listing.Listener);
        _isActive = true;
        try
        {
            List<Task> work = [Task.Run(() => _listing.KeepAsync(ending.Token), CancellationToken.None)];
            for (int i = 0; i < _options.WorkersMax; i++) work.Add(Task.Run(() => KeepReconcilingAsync(fence, ending.Token), CancellationToken.None));

            // None of them ends by itself; should one do so, it is a bug, and the others can't go on without it.
            await Task.WhenAny(work);
            await ending.CancelAsync();
            await Task.WhenAll(work);
        }
        finally
        {
            _isActive = false;
        }
    }

    private async Task KeepReconcilingAsync(Precondition.Leased? fence, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested(); // a name that is ready would be given all the same
            var name = await _queue.TakeAsync(ct);

            // On a thread of its own: one that blocks it keeps no worker for ever.
            var reconcile = Task.Run(() => ReconcileAsync(name, fence, ct), CancellationToken.None);
            if (!await EndsAsync(reconcile, ct)) LeaveBehind(name, reconcile);
        }
    }

    /// <summary>Never throws. The name is given back at its end.</summary>
    private async Task ReconcileAsync(QueuedName name, Precondition.Leased? fence, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_options.TimeLimit, _ground.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            var next = await _reconciler.ReconcileAsync(new Turn(_queue, name, fence), both.Token);
            if (next.Failure is { } reason) Fail(name, reason, null);
            else Succeed(name, next.Delay);
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            _queue.Finish(name, null); // whoever goes on lists everything
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            Fail(name, $"It took longer than {_options.TimeLimit.TotalSeconds} s.", null);
        }
        catch (StoreUnavailableException e)
        {
            Fail(name, e.Message, null);
        }
        catch (Exception e)
        {
            Fail(name, e.Message, e);
        }
    }

    private void Succeed(QueuedName name, TimeSpan? again)
    {
        int failures = _queue.Finish(name, again);
        if (failures > 0) Log.Succeeded(_ground.Logger, _options.Name, name.Name, failures);
    }

    private void Fail(QueuedName name, string error, Exception? bug)
    {
        var failing = _queue.Fail(name, error, out bool isNews);
        if (!isNews || IsSaid(error)) return;

        if (bug is null) Log.ReconcileFailed(_ground.Logger, _options.Name, name.Name, error, failing.RetryIn.TotalSeconds);
        else Log.ReconcileThrew(_ground.Logger, bug, _options.Name, name.Name, error, failing.RetryIn.TotalSeconds);
    }

    private bool IsSaid(string error)
    {
        lock (_errors)
        {
            if (error == _lastError && _ground.Time.GetElapsedTime(_lastErrorAt) < SameErrorPause) return true;

            (_lastError, _lastErrorAt) = (error, _ground.Time.GetTimestamp());
            return false;
        }
    }

    /// <summary>Waits for a reconcile: a little longer than its limit, or than it takes to stop when the work is over.</summary>
    private async Task<bool> EndsAsync(Task reconcile, CancellationToken ct)
    {
        if (reconcile.IsCompleted) return true;

        bool mayBeLeft = Volatile.Read(ref _left) < LeftMax;
        using var patience = new CancellationTokenSource(mayBeLeft ? _options.TimeLimit + _options.EndLimit : Timeout.InfiniteTimeSpan, _ground.Time);
        using var over = ct.UnsafeRegister(static (state, _) =>
        {
            var (patience, limit) = ((CancellationTokenSource, TimeSpan))state!;
            patience.CancelAfter(limit);
        }, (patience, _options.EndLimit));
        await reconcile.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return reconcile.IsCompleted;
    }

    /// <summary>
    /// The worker goes on without it; its path is not reconciled again before it has ended. What it still writes to the store is
    /// refused when its fence is no longer true.
    /// </summary>
    private void LeaveBehind(QueuedName name, Task reconcile)
    {
        Interlocked.Increment(ref _left);
        Log.LeftBehind(_ground.Logger, _options.Name, name.Name, _options.EndLimit.TotalSeconds);
        _ = reconcile.ContinueWith(_ => Interlocked.Decrement(ref _left), TaskScheduler.Default);
    }

    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Debug, "The controller {Name} runs on this node now (epoch {Epoch}).")]
        public static partial void Taken(ILogger logger, string name, long epoch);

        [LoggerMessage(4102, LogLevel.Information, "The controller {Name} has lost its lease; this node waits for it.")]
        public static partial void Lost(ILogger logger, string name);

        [LoggerMessage(4103, LogLevel.Error, "The controller {Name} failed; it begins anew in {Seconds} s.")]
        public static partial void Failed(ILogger logger, Exception e, string name, double seconds);

        [LoggerMessage(4104, LogLevel.Warning, "The controller {Name} can't reconcile {Path}: {Reason} Next try in {Seconds} s, then less often; logged again when the reason changes.")]
        public static partial void ReconcileFailed(ILogger logger, string name, string path, string reason, double seconds);

        [LoggerMessage(4105, LogLevel.Error, "The controller {Name} failed to reconcile {Path}: {Reason} Next try in {Seconds} s, then less often; logged again when the reason changes.")]
        public static partial void ReconcileThrew(ILogger logger, Exception e, string name, string path, string reason, double seconds);

        [LoggerMessage(4106, LogLevel.Information, "The controller {Name} has reconciled {Path} after {Failures} failures.")]
        public static partial void Succeeded(ILogger logger, string name, string path, int failures);

        [LoggerMessage(4107, LogLevel.Error, "The controller {Name} still reconciles {Path}, {Seconds} s after it was told to end; the path waits for that.")]
        public static partial void LeftBehind(ILogger logger, string name, string path, double seconds);
    }
}

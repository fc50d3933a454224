using Microsoft.Extensions.Logging;
using Stateway.Store;
using Stateway.Store.Leases;

namespace Stateway.Hosting.Canaries;

/// <summary>
/// While a canary is on, each node writes down once a second what it has counted, and the one that holds the lease judges.
/// While there is none, nothing is written or asked.
/// </summary>
internal sealed partial class CanaryLoop(IStore store, Traffic traffic, CanaryJudging judging, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    public const string LeaseName = "stateway/canaries";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(2);

    private readonly string _node = Guid.NewGuid().ToString("n");
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<string> _written = []; // stages
    private readonly Dictionary<string, (RunningCanary Canary, long At)> _due = []; // by stage: not before
    private Lease? _lease;
    private bool _isFailing;
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = LoopAsync();

    private async Task LoopAsync()
    {
        var ct = _stopping.Token;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Interval, time, ct);
                await RunRoundAsync(ct);
                _isFailing = false;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException)
            {
                // Who follows the store says so; a canary goes on as it is until it is back.
            }
            catch (Exception e)
            {
                if (!_isFailing) Log.Failed(logger, e);
                _isFailing = true;
            }
        }
    }

    private async Task RunRoundAsync(CancellationToken ct)
    {
        var canaries = traffic.Canaries;
        await TellAsync(canaries, ct);
        if (canaries.IsEmpty)
        {
            if (_lease is not null) await _lease.DisposeAsync();
            _lease = null;
            _due.Clear();
            return;
        }

        if (_lease is not { IsHeld: true })
        {
            if (_lease is not null) await _lease.DisposeAsync();
            _lease = await Lease.TryTakeAsync(store, LeaseName, _node, LeaseDuration, time, ct);
        }

        if (_lease is not { IsHeld: true } lease) return;

        foreach (var canary in canaries)
        {
            if (_due.TryGetValue(canary.Stage, out var due) && due.Canary == canary && time.GetTimestamp() < due.At) continue;

            // No more often than the rules say: every look is one more that noise might decide.
            var again = await judging.JudgeAsync(canary.Stage, lease.Fence, ct);
            _due[canary.Stage] = (canary, time.GetTimestamp() + (long)(((again ?? Interval) - (Interval / 2)).TotalSeconds * time.TimestampFrequency));
        }
    }

    /// <summary>Writes this node's counts, and takes away those of canaries that have ended.</summary>
    private async Task TellAsync(IReadOnlyCollection<RunningCanary> canaries, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var gone = _written.Where(stage => canaries.All(canary => canary.Stage != stage)).ToList();
        Write[] writes =
        [
            .. canaries.Select(canary => new Write.Put(
                CanaryRecords.Counts(canary.Stage, _node), now, CanaryRecords.Write(CanaryRecords.MarkOf(canary.Base, canary.Setting), canary.Window.Read()))),
            .. gone.Select(stage => new Write.Delete(CanaryRecords.Counts(stage, _node))),
        ];
        if (writes.Length == 0) return;

        if (await store.CommitAsync(new([], [.. writes]), ct) is not CommitResult.Committed) return; // again in a second

        _written.ExceptWith(gone);
        _written.UnionWith(canaries.Select(canary => canary.Stage));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        try
        {
            using var limit = new CancellationTokenSource(FarewellTimeout, time);
            await TellAsync([], limit.Token);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            // They are soon too old to count.
        }

        if (_lease is not null) await _lease.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(2303, LogLevel.Error, "The canaries could not be judged; it is tried again every second.")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}

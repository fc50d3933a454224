using Microsoft.Extensions.Logging;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// Keeps a store tidy while it is served: a round a minute, on whichever of its nodes holds the lease. The lease is taken or
/// renewed by the round itself and outlasts several of them, so that it stays with one node and moves on when that one ends.
/// </summary>
internal sealed partial class Housekeeping(IStore store, HistoryPolicy policy, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    public const string LeaseName = "stateway/housekeeping";

    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Between rounds when one was not enough.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    private readonly string _holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():n}";
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private long? _epoch;
    private bool _isFailing;

    /// <summary>The first round is an interval from now: a start has enough to do.</summary>
    public void Start() => _loop = LoopAsync();

    private async Task LoopAsync()
    {
        try
        {
            bool more = false;
            while (true)
            {
                await Task.Delay(more ? Breath : Interval, time, _stopping.Token);
                more = await RunRoundAsync(_stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
    }

    /// <summary>One round, if the lease is this node's. Never throws for a store that fails: it is logged once, until a round succeeds.</summary>
    /// <returns>True when there is more to do at once.</returns>
    public async Task<bool> RunRoundAsync(CancellationToken ct)
    {
        try
        {
            bool more = false;
            var lease = await store.TakeLeaseAsync(LeaseName, _holder, LeaseDuration, ct);
            _epoch = lease is LeaseResult.Held held ? held.Epoch : null;
            if (lease is LeaseResult.Unavailable unavailable) throw new StoreUnavailableException(unavailable.Reason);
            if (_epoch is { } epoch) more = await new HousekeepingRound(store, policy, time, new(LeaseName, epoch)).RunAsync(ct);

            if (_isFailing) Log.Recovered(logger);
            _isFailing = false;
            return more;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            if (!_isFailing && e is StoreUnavailableException) Log.Unavailable(logger, e.Message);
            else if (!_isFailing) Log.Failed(logger, e);
            _isFailing = true;
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        if (_epoch is not { } epoch) return;

        try
        {
            // So that another node needn't wait until it runs out.
            using var limit = new CancellationTokenSource(ReleaseTimeout, time);
            await store.ReleaseLeaseAsync(LeaseName, epoch, limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It runs out.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2201, LogLevel.Warning, "Housekeeping is put off, because the store is not available: {Reason}")]
        public static partial void Unavailable(ILogger logger, string reason);

        [LoggerMessage(2202, LogLevel.Error, "Housekeeping failed; it is tried again every minute.")]
        public static partial void Failed(ILogger logger, Exception e);

        [LoggerMessage(2203, LogLevel.Information, "Housekeeping goes on.")]
        public static partial void Recovered(ILogger logger);
    }
}

using System.Diagnostics;

namespace Stateway.Store.Leases;

/// <summary>
/// One named lease, held: it renews itself until it is disposed, or lost. A lease alone excludes nobody, as a process may
/// stop for a while and go on; so what the holder writes carries the <see cref="Fence"/>, which a stale holder does not pass.
/// <code>
/// 0 ------- 1/3 ------- 2/3 ------- 1   of the duration, from before the request was sent
/// taken     renewed     lost here   run out, at the earliest, for the store
/// </code>
/// The holder judges itself by a clock that nobody sets, and gives up a third early, so that it has stopped when another begins.
/// </summary>
public sealed class Lease : IAsyncDisposable
{
    public static readonly TimeSpan DurationMin = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan DurationMax = TimeSpan.FromHours(1);

    private readonly IStore _store;
    private readonly string _holder;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _lost;
    private readonly CancellationToken _lostToken; // outlives its source
    private Task _keeping = Task.CompletedTask;
    private bool _isDisposed;
    private long _renewed; // timestamp of before the last request that was granted; 64 bits, read and written whole

    private Lease(IStore store, string name, string holder, TimeSpan duration, TimeProvider time, long epoch, long sent)
    {
        (_store, Name, _holder, _duration, _time, Epoch, _renewed) = (store, name, holder, duration, time, epoch, sent);
        _lost = new(Positive(Remaining), time);
        _lostToken = _lost.Token;
    }

    public string Name { get; }

    /// <summary>Higher at every change of holder. It never changes while the lease is held.</summary>
    public long Epoch { get; }

    /// <summary>Belongs into every transaction that only the holder may commit.</summary>
    public Precondition.Leased Fence => new(Name, Epoch);

    /// <summary>Whether the holder may go on, by the clock of just now.</summary>
    public bool IsHeld => !_lostToken.IsCancellationRequested && Remaining > TimeSpan.Zero;

    /// <summary>
    /// Cancelled when the lease is lost or disposed. In a process that was stopped it comes late: what can't be undone asks
    /// <see cref="IsHeld"/> just before.
    /// </summary>
    public CancellationToken Lost => _lostToken;

    /// <summary>How long it is held without another renewal; zero or less when it is lost.</summary>
    public TimeSpan Remaining => (_duration * 2 / 3) - _time.GetElapsedTime(Volatile.Read(ref _renewed));

    /// <summary>Takes the lease if nobody holds it.</summary>
    /// <param name="holder">Names one holder uniquely, a restart of it included. Who takes one name twice as one holder, holds it twice.</param>
    /// <param name="duration">Whole seconds, 2 to 3,600: how long others wait for a holder that has died.</param>
    /// <param name="time">For its timestamps and timers.</param>
    /// <returns>Null when somebody else holds it, or the store can't be asked.</returns>
    public static async ValueTask<Lease?> TryTakeAsync(
        IStore store, string name, string holder, TimeSpan duration, TimeProvider time, CancellationToken ct) =>
        await TryTakeAsync(store, name, holder, duration, time, taken: null, ct);

    private static async ValueTask<Lease?> TryTakeAsync(
        IStore store, string name, string holder, TimeSpan duration, TimeProvider time, Action<string>? taken, CancellationToken ct)
    {
        if (duration < DurationMin || duration > DurationMax || duration.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "Whole seconds, 2 to 3,600.");

        long sent = time.GetTimestamp();
        var result = await store.TakeLeaseAsync(name, holder, duration, ct);
        if (result is LeaseResult.Taken { Holder: var other }) taken?.Invoke(other);
        if (result is not LeaseResult.Held held) return null;

        var lease = new Lease(store, name, holder, duration, time, held.Epoch, sent);
        if (lease.IsHeld)
        {
            lease._keeping = lease.KeepAsync();
            return lease;
        }

        await lease.DisposeAsync(); // the answer took too long
        return null;
    }

    /// <summary>Takes the lease as soon as it can be had: asks three times in a duration.</summary>
    /// <param name="taken">Told who holds it, each time that somebody else does.</param>
    /// <inheritdoc cref="TryTakeAsync(IStore, string, string, TimeSpan, TimeProvider, CancellationToken)"/>
    public static async ValueTask<Lease> TakeAsync(
        IStore store, string name, string holder, TimeSpan duration, TimeProvider time, CancellationToken ct, Action<string>? taken = null)
    {
        while (true)
        {
            if (await TryTakeAsync(store, name, holder, duration, time, taken, ct) is { } lease) return lease;

            await Task.Delay(duration / 3, time, ct);
        }
    }

    /// <summary>Gives the lease up, so that others need not wait for its end. The holder's work has to be over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true)) return;

        await LoseAsync();
        await _keeping;
        await ReleaseAsync(Epoch);
        _lost.Dispose();
    }

    /// <summary>Gives up without a release yet: what the holder does is told to end.</summary>
    internal Task LoseAsync() => _lost.CancelAsync();

    /// <summary>Renews until the lease is lost.</summary>
    private async Task KeepAsync()
    {
        try
        {
            while (await WaitUntilDueAsync() && await RenewAsync()) { }
        }
        catch (OperationCanceledException) when (_lostToken.IsCancellationRequested)
        {
        }
        finally
        {
            await LoseAsync();
        }
    }

    private async Task<bool> WaitUntilDueAsync()
    {
        await Task.Delay(Positive(Remaining - (_duration / 3)), _time, _lostToken);
        return IsHeld;
    }

    /// <returns>False when it is lost.</returns>
    private async Task<bool> RenewAsync()
    {
        while (true)
        {
            long sent = _time.GetTimestamp();

            // An engine may take longer to hear of the loss than the holder can wait.
            var result = await _store.TakeLeaseAsync(Name, _holder, _duration, _lostToken).AsTask().WaitAsync(_lostToken);
            switch (result)
            {
                case LeaseResult.Held held when held.Epoch == Epoch:
                    Volatile.Write(ref _renewed, sent);
                    var remaining = Remaining;
                    if (remaining <= TimeSpan.Zero) return false;

                    _lost.CancelAfter(remaining);
                    return IsHeld;

                case LeaseResult.Held held: // it had run out, and was taken anew just now: another epoch is another lease
                    await ReleaseAsync(held.Epoch);
                    return false;

                case LeaseResult.Taken:
                    return false;

                case LeaseResult.Unavailable: // asked again until it is lost
                    await Task.Delay(_duration / 24, _time, _lostToken);
                    break;

                default: throw new UnreachableException();
            }
        }
    }

    /// <summary>Waits a third of the duration at most: after that, who waits for the lease has not long to wait anyway.</summary>
    private async Task ReleaseAsync(long epoch)
    {
        using var patience = new CancellationTokenSource(_duration / 3, _time);
        try
        {
            await _store.ReleaseLeaseAsync(Name, epoch, patience.Token).AsTask().WaitAsync(patience.Token);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            // It runs out by itself.
        }
    }

    /// <summary>For timers, to which less than zero means never.</summary>
    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}

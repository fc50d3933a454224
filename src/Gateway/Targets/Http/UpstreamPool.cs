using System.Diagnostics;
using System.Globalization;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// The connections to one service. The last one that became idle is used first, so that what a quiet
/// hour does not need grows old and is closed. Never more than <see cref="UpstreamPoolOptions.ConnectionsMax"/>:
/// then requests wait in line, and a connection that is given back goes to the first of them.
/// </summary>
internal sealed class UpstreamPool(Origin origin, UpstreamPoolOptions options, HttpTargetOptions limits, TimeProvider time)
{
    private readonly UpstreamDialer _dialer = new(origin, options, time);
    private readonly Lock _lock = new();
    private readonly Stack<UpstreamConnection> _idle = new();

    // A waiter gets a connection, or null: leave to dial one of its own.
    private readonly LinkedList<TaskCompletionSource<UpstreamConnection?>> _waiters = new();

    private int _open; // idle, in use, and being dialled
    private volatile bool _isRetired;
    private long _usedAt = time.GetTimestamp();

    public int Open
    {
        get { lock (_lock) return _open; }
    }

    /// <summary>
    /// A connection for one request, which gives it back with <see cref="Return"/>.
    /// </summary>
    /// <param name="fresh">Dial one: what was idle has just disappointed.</param>
    /// <param name="since">Timestamp that <paramref name="timeout"/> counts from.</param>
    public ValueTask<Rental> RentAsync(bool fresh, long since, TimeSpan timeout, CancellationToken ct)
    {
        List<UpstreamConnection>? closed = null;
        LinkedListNode<TaskCompletionSource<UpstreamConnection?>>? turn = null;
        var rental = default(Rental);
        bool mustOpen = false;
        lock (_lock)
        {
            if (_isRetired) return new(Rental.Retired);

            if (TakeIdle_NeedsLock(fresh, ref closed) is { } idle)
            {
                rental = new(idle, null);
            }
            else if (_open < options.ConnectionsMax)
            {
                _open++;
                mustOpen = true;
            }
            else if (_waiters.Count < options.WaitersMax)
            {
                turn = _waiters.AddLast(new TaskCompletionSource<UpstreamConnection?>(TaskCreationOptions.RunContinuationsAsynchronously));
                mustOpen = true;
            }
            else
            {
                rental = new(null, new(FaultKind.Busy,
                    $"{origin}: {options.ConnectionsMax} connections in use and {options.WaitersMax} requests waiting"));
            }
        }

        if (closed is not null)
        {
            foreach (var connection in closed) connection.Dispose();
        }

        // Nearly every call ends here, without a task and without a state machine.
        return mustOpen ? OpenAsync(turn, since, timeout, ct) : new(rental);
    }

    /// <param name="reusable">The answer was read to its end and the service keeps the connection open.</param>
    public void Return(UpstreamConnection connection, bool reusable)
    {
        if (!reusable || IsOld(connection))
        {
            connection.Dispose();
            Release();
            return;
        }

        connection.IsReused = true;
        lock (_lock)
        {
            if (TakeWaiter_NeedsLock() is { } waiter)
            {
                waiter.SetResult(connection);
                return;
            }
        }

        // Outside the lock: it is a system call.
        connection.ReadAhead();
        connection.IdleSince = time.GetTimestamp();
        lock (_lock)
        {
            if (TakeWaiter_NeedsLock() is { } waiter)
            {
                waiter.SetResult(connection);
                return;
            }

            if (!_isRetired)
            {
                _idle.Push(connection);
                return;
            }
        }

        connection.Dispose();
        Release();
    }

    /// <summary>Closes what has been idle for too long.</summary>
    public void Sweep()
    {
        var closed = new List<UpstreamConnection>();
        lock (_lock)
        {
            var kept = _idle.Where(c => c.IsUsable && time.GetElapsedTime(c.IdleSince) < options.IdleTimeout && !IsOld(c)).Reverse().ToArray();
            closed.AddRange(_idle.Except(kept));
            _idle.Clear();
            foreach (var connection in kept) _idle.Push(connection);
            _open -= closed.Count;
        }

        foreach (var connection in closed) connection.Dispose();
    }

    /// <returns>True when nobody uses it and it may be forgotten.</returns>
    public bool TryRetire(TimeSpan unusedFor)
    {
        lock (_lock)
        {
            if (_open == 0 && _waiters.Count == 0 && time.GetElapsedTime(_usedAt) >= unusedFor) _isRetired = true;
            return _isRetired;
        }
    }

    /// <summary>Closes what is idle; connections in use close when they are given back.</summary>
    public void Close()
    {
        UpstreamConnection[] closed;
        lock (_lock)
        {
            _isRetired = true;
            closed = [.. _idle];
            _open -= closed.Length;
            _idle.Clear();
        }

        foreach (var connection in closed) connection.Dispose();
    }

    private UpstreamConnection? TakeIdle_NeedsLock(bool fresh, ref List<UpstreamConnection>? closed)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        while ((!fresh || _open >= options.ConnectionsMax) && _idle.TryPop(out var connection))
        {
            if (!fresh && connection.IsUsable && time.GetElapsedTime(connection.IdleSince) < options.IdleTimeout) return connection;

            // Useless, or the place of the fresh one.
            (closed ??= []).Add(connection);
            _open--;
        }

        return null;
    }

    private async ValueTask<Rental> OpenAsync(
        LinkedListNode<TaskCompletionSource<UpstreamConnection?>>? turn, long since, TimeSpan timeout, CancellationToken ct)
    {
        var remaining = timeout - time.GetElapsedTime(since);
        if (remaining <= TimeSpan.Zero) remaining = TimeSpan.FromMilliseconds(1);
        using var timer = new CancellationTokenSource(remaining, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, ct);
        bool isCounted = turn is null;
        try
        {
            if (turn is not null)
            {
                if (!await WaitAsync(turn, both.Token))
                    return new(null, new(FaultKind.Busy, $"{origin}: none of {options.ConnectionsMax} connections became free in time"));
                isCounted = true;
                if (await turn.Value.Task is { } handed) return new(handed, null);
            }

            var (socket, stream, failure) = await _dialer.DialAsync(both.Token);
            if (failure is not null)
            {
                Release();
                return new(null, new(FaultKind.Unreachable, failure));
            }

            // The connection outlives this request: its timer must not hold on to what the request's context holds.
            using var noFlow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
            return new(new(this, socket!, stream!, time, limits), null);
        }
        catch (OperationCanceledException)
        {
            if (isCounted) Release();
            return new(null, ct.IsCancellationRequested
                ? new(FaultKind.ClientGone, "the client went away")
                : new(FaultKind.Timeout, string.Create(CultureInfo.InvariantCulture, $"{origin}: no connection within {timeout.TotalSeconds} s")));
        }
    }

    /// <returns>False when it took too long.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    private async Task<bool> WaitAsync(LinkedListNode<TaskCompletionSource<UpstreamConnection?>> turn, CancellationToken ct)
    {
        try
        {
            await turn.Value.Task.WaitAsync(options.WaitTimeout, time, ct);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            bool wasWaiting;
            lock (_lock)
            {
                wasWaiting = turn.List is not null;
                if (wasWaiting) _waiters.Remove(turn);
            }

            // Its turn came in the same moment: what it got goes to the next.
            if (!wasWaiting)
            {
                if (await turn.Value.Task is { } connection) Return(connection, reusable: true);
                else Release();
            }

            if (e is OperationCanceledException) throw;
            return false;
        }
    }

    /// <summary>A place is free: the first waiter gets it, or nobody.</summary>
    private void Release()
    {
        lock (_lock)
        {
            if (TakeWaiter_NeedsLock() is { } waiter) waiter.SetResult(null);
            else _open--;
        }
    }

    private TaskCompletionSource<UpstreamConnection?>? TakeWaiter_NeedsLock()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        _usedAt = time.GetTimestamp();
        if (_waiters.First is not { } first) return null;

        _waiters.RemoveFirst();
        return first.Value;
    }

    private bool IsOld(UpstreamConnection connection) => _isRetired || time.GetElapsedTime(connection.CreatedAt) >= options.LifetimeMax;

    /// <summary>One of the two is there; or none when the pool has been retired, and <see cref="UpstreamPools"/> knows its successor.</summary>
    public readonly record struct Rental(UpstreamConnection? Connection, UpstreamFault? Fault)
    {
        public static Rental Retired => default;
    }
}

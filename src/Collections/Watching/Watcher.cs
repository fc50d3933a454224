using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Stateway.Gateway;
using Stateway.Model.Problems;

namespace Stateway.Collections.Watching;

/// <summary>
/// One open watch: copies the frames of its topic to its response. There may be thousands, so an idle one is this object and
/// nothing else: no task, no timer, no buffer. At any time at most one thread works for it, which holds the state
/// <see cref="Busy"/>; who wakes it meanwhile leaves <see cref="Again"/>.
/// </summary>
internal sealed class Watcher : IValueTaskSource<Problem?>
{
    private const int Idle = 0, Busy = 1, Again = 2;

    /// <summary>Bytes written between two flushes, so that a large frame is never copied whole for a client that doesn't read.</summary>
    private const int SliceBytes = 16 * 1024;

    private readonly Watches _node;
    private readonly Exchange _exchange;
    private readonly PipeWriter _output;
    private ManualResetValueTaskSourceCore<Problem?> _ended = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _whenAborted;
    private WatchEnd? _end;
    private Frame _at = Frame.Dropped;
    private ReadOnlyMemory<byte> _rest; // of what is being written
    private int _state = Busy;          // until it has begun
    private long _flushingSince;        // timestamp; 0: nothing waits to go out

    public Watcher(Watches node, Topic topic, Exchange exchange)
    {
        _node = node;
        Topic = topic;
        _exchange = exchange;
        _output = exchange.Response.BodyWriter;
    }

    public Topic Topic { get; }

    /// <summary>Everything up to this revision has been written.</summary>
    public long Position { get; private set; }

    private bool IsEnding => Volatile.Read(ref _end) is not null;

    /// <summary>Completes, with null, when the response has been written or cut. To be awaited once.</summary>
    public ValueTask<Problem?> Ended => new(this, _ended.Version);

    /// <summary>Begins to write: the current state if there is one, then all that came behind <paramref name="position"/>.</summary>
    public void Begin(long position, InitialState? state)
    {
        Position = position;
        _whenAborted = _exchange.Http.RequestAborted.UnsafeRegister(static watcher => ((Watcher)watcher!).End(WatchEnd.Cut), this);
        _ = RunAsync(state);
    }

    /// <summary>There may be something to write.</summary>
    public void Wake()
    {
        while (true)
        {
            int state = Volatile.Read(ref _state);
            if (state == Again) return;
            if (Interlocked.CompareExchange(ref _state, state == Idle ? Busy : Again, state) != state) continue;

            if (state == Idle) Write();
            return;
        }
    }

    /// <summary>The first reason counts, but for a cut, which comes before all others.</summary>
    public void End(WatchEnd end)
    {
        if (end.IsCut) Volatile.Write(ref _end, end);
        else Interlocked.CompareExchange(ref _end, end, null);
        Wake();
    }

    public void CutIfSlow(TimeSpan flushMax)
    {
        long since = Volatile.Read(ref _flushingSince);
        if (since != 0 && _node.Time.GetElapsedTime(since) > flushMax) Cut();
    }

    /// <summary>Closes the connection without an end of the answer, so that it does not look complete.</summary>
    public void Cut()
    {
        _exchange.Http.Abort();
        End(WatchEnd.Cut);
    }

    /// <summary>Writes whatever there is and becomes idle. The caller holds <see cref="Busy"/>.</summary>
    private void Write()
    {
        try
        {
            while (true)
            {
                if (Volatile.Read(ref _end) is { } end && (end.IsCut || _rest.IsEmpty))
                {
                    Finish(end);
                    return;
                }

                if (TryCopy())
                {
                    var flushing = _output.FlushAsync();
                    if (!flushing.IsCompleted)
                    {
                        _ = FlushAsync(flushing);
                        return;
                    }

                    if (IsOver(flushing.Result)) End(WatchEnd.Cut);
                }
                else if (_at == Frame.Dropped)
                {
                    _ = RunAsync(state: null);
                    return;
                }
                else
                {
                    if (Interlocked.CompareExchange(ref _state, Idle, Busy) == Busy) return;
                    Volatile.Write(ref _state, Busy);
                }
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <returns>False when there is nothing to write.</returns>
    private bool TryCopy()
    {
        int room = SliceBytes;
        while (room > 0 && (!_rest.IsEmpty || TryTake()))
        {
            int count = Math.Min(_rest.Length, room);
            Copy(_rest.Span[..count]);
            _rest = _rest[count..];
            room -= count;
        }

        return room < SliceBytes;
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            // The server gives nothing when nothing in particular is asked for and a chunk is full.
            var span = _output.GetSpan(Math.Min(bytes.Length, 1024));
            int count = Math.Min(bytes.Length, span.Length);
            bytes[..count].CopyTo(span);
            _output.Advance(count);
            bytes = bytes[count..];
        }
    }

    private bool TryTake()
    {
        while (!IsEnding && _at.Next is { } next)
        {
            var bytes = next.Bytes;
            if (bytes is null)
            {
                _at = Frame.Dropped;
                return false;
            }

            _at = next;
            // It may have begun ahead of the feed. A bookmark for where it is tells it that the connection lives.
            if (next.Revision < Position || (next.Revision == Position && !next.IsBookmark)) continue;

            Position = next.Revision;
            _rest = bytes;
            return true;
        }

        return false;
    }

    private async Task FlushAsync(ValueTask<FlushResult> flushing)
    {
        try
        {
            if (!await FinishesAsync(flushing)) End(WatchEnd.Cut);
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        Write();
    }

    /// <summary>Writes what is in no ring: the initial state, and the log until the ring is reached. The caller holds <see cref="Busy"/>.</summary>
    private async Task RunAsync(InitialState? state)
    {
        try
        {
            // The client learns at once that it watches.
            if (!_exchange.Response.HasStarted && !await FinishesAsync(_output.FlushAsync())) End(WatchEnd.Cut);

            if (state is not null)
            {
                if (!await WriteStateAsync(state)) End(WatchEnd.Cut);
                if (!state.IsComplete && Volatile.Read(ref _end) is { Problem: null }) Cut(); // a bookmark would say that it is
            }

            if (!IsEnding && !await CatchUpAsync()) End(WatchEnd.Cut);
        }
        catch (Exception e)
        {
            Fail(e);
            return;
        }

        Write();
    }

    private async ValueTask<bool> WriteStateAsync(InitialState state)
    {
        while (!IsEnding && !state.IsComplete)
        {
            var (bytes, end) = await state.NextAsync(_exchange.Http.RequestAborted);
            if (end is not null) End(end);
            else if (!await WriteAsync(bytes)) return false;
        }

        return true;
    }

    private async ValueTask<bool> CatchUpAsync()
    {
        long? unavailableSince = null;
        while (!IsEnding)
        {
            if (Topic.Enter(Position) is { } frame)
            {
                _at = frame;
                return true;
            }

            var reading = await _node.ReadLogAsync(Topic, Position, _exchange.Http.RequestAborted);
            if (reading.End is { } end)
            {
                End(end);
            }
            else if (reading.Through == Position) // the store can't be read now
            {
                unavailableSince ??= _node.Time.GetTimestamp();
                if (_node.Time.GetElapsedTime(unavailableSince.Value) > _node.Options.FlushMax)
                {
                    Cut();
                    return true;
                }

                await Task.Delay(TimeSpan.FromSeconds(1), _node.Time, _exchange.Http.RequestAborted);
            }
            else
            {
                unavailableSince = null;
                if (!await WriteAsync(reading.Bytes)) return false;
                Position = reading.Through;
            }
        }

        return true;
    }

    /// <returns>False when the client has gone.</returns>
    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Volatile.Read(ref _end) is { IsCut: true }) return false;

            int count = Math.Min(bytes.Length, SliceBytes);
            Copy(bytes.Span[..count]);
            bytes = bytes[count..];
            if (!await FinishesAsync(_output.FlushAsync())) return false;
        }

        return true;
    }

    /// <returns>False when the client has gone.</returns>
    private async ValueTask<bool> FinishesAsync(ValueTask<FlushResult> flushing)
    {
        if (!flushing.IsCompleted) Volatile.Write(ref _flushingSince, _node.Time.GetTimestamp());
        var result = await flushing;
        Volatile.Write(ref _flushingSince, 0);
        return !IsOver(result);
    }

    private static bool IsOver(FlushResult result) => result.IsCompleted || result.IsCanceled;

    /// <summary>The caller holds <see cref="Busy"/> and never gives it back: nobody writes after this.</summary>
    private void Finish(WatchEnd end)
    {
        if (!end.IsCut)
        {
            // The server sends what is in its buffer when the request ends.
            var form = Topic.View.Form;
            Copy(end.Problem is { } problem ? EventText.Error(form, problem, _exchange.RequestId) : EventText.Bookmark(form, Position));
        }

        _whenAborted.Unregister();
        _node.Leave(this);
        _ended.SetResult(null);
    }

    private void Fail(Exception e)
    {
        if (!_exchange.Http.RequestAborted.IsCancellationRequested) _node.LogFailure(e);
        _exchange.Http.Abort();
        Finish(WatchEnd.Cut);
    }

    Problem? IValueTaskSource<Problem?>.GetResult(short token) => _ended.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Problem?>.GetStatus(short token) => _ended.GetStatus(token);

    void IValueTaskSource<Problem?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ended.OnCompleted(continuation, state, token, flags);
}

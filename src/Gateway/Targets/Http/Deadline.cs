namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// When a connection's time is up. Set and cleared several times in each request, so it does not touch
/// the timer's queue for that: a timer that fires early looks at the time that counts now and goes on waiting.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private const long Never = long.MaxValue;
    private const long Paused = long.MaxValue - 1;

    private readonly TimeProvider _time;
    private readonly Action _expire;
    private readonly ITimer _timer;
    private long _due = Never;
    private long _armed = Never;

    /// <param name="expire">Called on a thread of the pool, at most once for each <see cref="Set(TimeSpan)"/>.</param>
    public Deadline(TimeProvider time, Action expire)
    {
        _time = time;
        _expire = expire;
        _timer = time.CreateTimer(static state => ((Deadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Set(TimeSpan after) => Set(_time.GetTimestamp(), after);

    /// <param name="since">A timestamp of the same clock.</param>
    public void Set(long since, TimeSpan after)
    {
        long due = since + Ticks(after);
        Interlocked.Exchange(ref _due, due); // before _armed is read: OnTimer does it the other way round
        if (due < Volatile.Read(ref _armed)) Arm(due);
    }

    /// <summary>Counts from now, if it counts at all.</summary>
    public void Extend(TimeSpan after)
    {
        long seen = Volatile.Read(ref _due);
        if (seen >= Paused) return;

        // A later due needs no earlier timer, and loses to whoever sets, pauses or clears in the same moment.
        Interlocked.CompareExchange(ref _due, _time.GetTimestamp() + Ticks(after), seen);
    }

    /// <summary>Nothing is waited for: time does not count until it is set again.</summary>
    public void Pause() => Interlocked.Exchange(ref _due, Paused);

    /// <returns>False when the time was up before.</returns>
    public bool TryClear() => Interlocked.Exchange(ref _due, Never) != Never;

    public void Dispose() => _timer.Dispose();

    private void OnTimer()
    {
        Interlocked.Exchange(ref _armed, Never);
        long due = Volatile.Read(ref _due);
        if (due >= Paused) return;

        if (_time.GetTimestamp() < due) Arm(due);
        else if (Interlocked.CompareExchange(ref _due, Never, due) == due) _expire();
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * _time.TimestampFrequency);

    private void Arm(long due)
    {
        Volatile.Write(ref _armed, due);
        double seconds = Math.Max(0, (double)(due - _time.GetTimestamp()) / _time.TimestampFrequency);
        // A timer counts whole milliseconds and would fire just too early, again and again.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(seconds * 1000)), Timeout.InfiniteTimeSpan);
    }
}

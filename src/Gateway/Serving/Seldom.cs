namespace Stateway.Gateway.Serving;

/// <summary>Lets one of many through, so that a line in the log tells what a thousand would: strangers can cause as many as they like.</summary>
internal sealed class Seldom(TimeProvider time, TimeSpan pause)
{
    private long _quietUntil = long.MinValue; // the clock's timestamp

    public bool IsDue()
    {
        long now = time.GetTimestamp(), until = Interlocked.Read(ref _quietUntil);
        if (now < until) return false;

        long next = now + (long)(pause.TotalSeconds * time.TimestampFrequency);
        return Interlocked.CompareExchange(ref _quietUntil, next, until) == until;
    }
}

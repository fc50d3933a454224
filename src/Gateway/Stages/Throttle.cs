using System.Globalization;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Stages;

/// <summary>
/// Lets so many requests a second through, and so many at once after a rest: a token bucket, kept as the one moment at which it
/// will be full again (the generic cell rate algorithm). Takes no lock and allocates nothing for what it lets through.
/// </summary>
public sealed class Throttle
{
    public const double RateMax = 1_000_000;
    public const int BurstMax = 1_000_000;

    private readonly TimeProvider _time;
    private readonly double _ticksEach;
    private readonly long _ticksAll;
    private readonly string _policy;
    private long _full; // a timestamp

    /// <param name="rate">Requests a second; above 0, at most <see cref="RateMax"/>.</param>
    /// <param name="burst">What the full bucket holds; 1 to <see cref="BurstMax"/>.</param>
    public Throttle(double rate, int burst, TimeProvider time)
    {
        if (rate is not (> 0 and <= RateMax)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "Above 0, at most a million.");
        if (burst is < 1 or > BurstMax) throw new ArgumentOutOfRangeException(nameof(burst), burst, "1 to a million.");

        _time = time;
        _ticksEach = time.TimestampFrequency / rate;
        _ticksAll = (long)Math.Min(_ticksEach * burst, long.MaxValue / 4);
        _full = time.GetTimestamp();
        _policy = string.Create(CultureInfo.InvariantCulture, $"\"stage\";q={burst};w={Math.Ceiling(Math.Max(1, burst / rate)):0}");
    }

    /// <returns>Null when the request may go on; it is counted then.</returns>
    public Problem? Refuse()
    {
        while (true)
        {
            long now = _time.GetTimestamp();
            long full = Volatile.Read(ref _full);
            long next = Math.Max(full, now) + (long)_ticksEach;
            if (next - now > _ticksAll) return Refused(next - now - _ticksAll);
            if (Interlocked.CompareExchange(ref _full, next, full) == full) return null;
        }
    }

    /// <summary>The fields of draft-ietf-httpapi-ratelimit-headers; they tell of the stage, not of the caller.</summary>
    private Problem Refused(long ticks)
    {
        string seconds = Math.Ceiling(Math.Max(1, (double)ticks / _time.TimestampFrequency)).ToString("0", CultureInfo.InvariantCulture);
        return new Problem(ProblemTypes.Throttled, $"Try again in {seconds} s.")
            .With("Retry-After", seconds).With("RateLimit-Policy", _policy).With("RateLimit", $"\"stage\";r=0;t={seconds}");
    }
}

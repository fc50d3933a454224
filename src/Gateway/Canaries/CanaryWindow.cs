namespace Stateway.Gateway.Canaries;

/// <summary>
/// What a node has seen of a canary and its base lately. Recording takes no lock and waits for nobody: two atomic additions at
/// most, and one allocation for each slot of time. A canary begins with a window of its own, so that both sides are seen over the same while.
/// <example><code>
/// a window of 60 s, now at 133 s:   slots of 5 s, by number    15 16 17 … 25 26      15 is given up when 27 begins
/// </code></example>
/// </summary>
public sealed class CanaryWindow
{
    // About 45 KB for a canary; what leaves the window leaves it in steps of a twelfth.
    private const int SlotsCount = 12;

    private readonly Slot[] _slots;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly long _slotTicks;

    /// <param name="length">How far back it sees; at least a second. Counts cover eleven to twelve twelfths of it.</param>
    public CanaryWindow(TimeSpan length, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.FromSeconds(1));
        _time = time;
        _started = time.GetTimestamp();
        _slotTicks = length.Ticks / SlotsCount;
        _slots = new Slot[SlotsCount];
        Array.Fill(_slots, new Slot(-1));
    }

    /// <summary>Counts an answer. On the request path; never throws.</summary>
    /// <param name="isError">The answer's fault is the API's: 5xx, or none at all. What clients do wrong, they do on both sides.</param>
    /// <param name="latency">From the request to the answer's first byte.</param>
    public void Record(bool isCanary, bool isError, TimeSpan latency)
    {
        var slot = SlotOf(Now());
        var arm = isCanary ? slot.Canary : slot.Base;
        Interlocked.Increment(ref arm.Latencies[LatencyBuckets.Of(latency)]);
        if (isError) Interlocked.Increment(ref arm.Errors);
    }

    public CanaryCounts Read()
    {
        long now = Now();
        Sum left = new(), right = new();
        for (int i = 0; i < _slots.Length; i++)
        {
            var slot = Volatile.Read(ref _slots[i]);
            if (slot.Number < 0 || slot.Number <= now - SlotsCount || slot.Number > now) continue;

            left.Add(slot.Base);
            right.Add(slot.Canary);
        }

        return new(left.ToCounts(), right.ToCounts());
    }

    private long Now() => _time.GetElapsedTime(_started).Ticks / _slotTicks;

    private Slot SlotOf(long number)
    {
        ref var place = ref _slots[number % SlotsCount];
        var slot = Volatile.Read(ref place);
        if (slot.Number >= number) return slot; // the next round's, for a thread that was held up on its way here

        // Whoever is first puts the new slot there; the others count in that one.
        var fresh = new Slot(number);
        var found = Interlocked.CompareExchange(ref place, fresh, slot);
        return found == slot ? fresh : found;
    }

    private sealed class Slot(long number)
    {
        public long Number => number;
        public Arm Base { get; } = new();
        public Arm Canary { get; } = new();
    }

    private sealed class Arm
    {
        public readonly int[] Latencies = new int[LatencyBuckets.Count];
        public long Errors;
    }

    private sealed class Sum
    {
        private readonly long[] _latencies = new long[LatencyBuckets.Count];
        private long _errors;

        public void Add(Arm arm)
        {
            // Errors first: an error is recorded after its request, so that there are never more errors than requests.
            _errors += Interlocked.Read(ref arm.Errors);
            for (int i = 0; i < _latencies.Length; i++) _latencies[i] += (uint)Volatile.Read(ref arm.Latencies[i]);
        }

        public ArmCounts ToCounts() => new(_errors, _latencies);
    }
}

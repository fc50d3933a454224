namespace Stateway.Store.Tests;

internal sealed class MemoryLeases(TimeProvider time)
{
    private readonly Dictionary<string, (string Holder, long Epoch, DateTimeOffset End)> _held = [];
    private long _epoch;

    public LeaseResult Take(string name, string holder, TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(2) || duration.Ticks % TimeSpan.TicksPerSecond != 0)
            throw new ArgumentOutOfRangeException(nameof(duration), duration, "Whole seconds, at least 2.");

        var now = time.GetUtcNow();
        bool isHeld = _held.TryGetValue(name, out var lease) && now < lease.End;
        if (isHeld && lease.Holder != holder) return new LeaseResult.Taken(lease.Holder);

        long epoch = isHeld ? lease.Epoch : ++_epoch;
        _held[name] = (holder, epoch, now + duration);
        return new LeaseResult.Held(epoch);
    }

    public void Release(string name, long epoch)
    {
        if (_held.TryGetValue(name, out var lease) && lease.Epoch == epoch) _held.Remove(name);
    }

    /// <returns>0 when nobody holds it.</returns>
    public long EpochOf(string name) => _held.TryGetValue(name, out var lease) && time.GetUtcNow() < lease.End ? lease.Epoch : 0;
}

using System.Buffers.Binary;

namespace Stateway.Store.Etcd;

/// <summary>An entry as etcd holds it: 8 bytes of update time, then the JSON.</summary>
internal static class StoredValue
{
    private const int TimeBytes = 8;

    public static byte[] Encode(DateTimeOffset updateTime, ReadOnlySpan<byte> json)
    {
        byte[] stored = GC.AllocateUninitializedArray<byte>(TimeBytes + json.Length);
        BinaryPrimitives.WriteInt64BigEndian(stored, updateTime.UtcTicks);
        json.CopyTo(stored.AsSpan(TimeBytes));
        return stored;
    }

    /// <returns>Its value is a part of <paramref name="stored"/>.</returns>
    public static Entry Decode(Key key, long revision, byte[] stored)
    {
        if (!TryReadTime(stored, out var time))
            throw new EtcdException(EtcdFailure.Refused, $"What is stored for {key} does not begin with a time: another program wrote it.");
        return new(key, revision, time, stored.AsMemory(TimeBytes));
    }

    public static bool TryReadTime(ReadOnlySpan<byte> stored, out DateTimeOffset time)
    {
        time = default;
        if (stored.Length < TimeBytes) return false;

        long ticks = BinaryPrimitives.ReadInt64BigEndian(stored);
        if (ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks) return false;
        time = new(ticks, TimeSpan.Zero);
        return true;
    }
}

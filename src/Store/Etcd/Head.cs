using System.Buffers.Binary;

namespace Stateway.Store.Etcd;

/// <summary>What a commit puts to the head.</summary>
/// <param name="Revision">The head's modification: the store's revision. 0: nothing was ever committed.</param>
/// <param name="Id">Tells a committer whose connection broke whether its commit came through.</param>
/// <param name="Commits">How many there have been.</param>
internal readonly record struct Head(long Revision, Guid Id, DateTimeOffset Time, long Commits)
{
    private const int Bytes = 24;

    public static Head Of(in KeyValue pair)
    {
        if (pair.Value.Length != Bytes)
            throw new EtcdException(EtcdFailure.Refused, $"The head of the store has {pair.Value.Length} bytes, not {Bytes}: another program wrote it.");

        return new(
            pair.ModRevision,
            new(pair.Value.AsSpan(0, 16)),
            new(BinaryPrimitives.ReadInt64BigEndian(pair.Value.AsSpan(16)), TimeSpan.Zero),
            pair.Version);
    }

    /// <param name="pairs">What a range over the head gave: one, or none.</param>
    public static Head Of(List<KeyValue> pairs) => pairs.Count == 0 ? default : Of(pairs[0]);

    public static byte[] Encode(Guid id, DateTimeOffset time)
    {
        byte[] value = new byte[Bytes];
        id.TryWriteBytes(value);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(16), time.UtcTicks);
        return value;
    }
}

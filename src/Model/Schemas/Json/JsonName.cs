using System.Buffers.Binary;
using System.Numerics;

namespace Stateway.Model.Schemas.Json;

internal static class JsonName
{
    /// <summary>
    /// Names of up to 7 bytes have equal keys only when they are equal; longer ones must be compared as well.
    /// The top byte is the length, or 0x80 and more for long names.
    /// </summary>
    public static ulong KeyOf(ReadOnlySpan<byte> name)
    {
        int length = name.Length;
        if (length >= 8)
        {
            ulong first = BinaryPrimitives.ReadUInt64LittleEndian(name);
            ulong last = BinaryPrimitives.ReadUInt64LittleEndian(name[(length - 8)..]);
            ulong mixed = (first ^ BitOperations.RotateLeft(last, 29)) * 0x9E37_79B9_7F4A_7C15;
            return mixed >> 8 | (0x80 | (ulong)Math.Min(length, 0x7F)) << 56;
        }

        ulong key = (ulong)length << 56;
        if (length >= 4)
        {
            // The two reads overlap for fewer than 8 bytes; both put the same bytes in the same place.
            return key | BinaryPrimitives.ReadUInt32LittleEndian(name)
                | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(name[(length - 4)..]) << (length - 4) * 8;
        }

        for (int i = 0; i < length; i++) key |= (ulong)name[i] << i * 8;
        return key;
    }

    public static bool IsExact(ulong key) => key >> 56 < 8;
}

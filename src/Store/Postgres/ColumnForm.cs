using System.Buffers.Binary;
using System.Security.Cryptography;
using Stateway.Model.Expressions;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>
/// A column value as bytes whose order (memcmp, the shorter first) is the order of values:
/// <code>
/// missing 10   null 40   false 50   true 60   other 70
/// number  20, the double at or below it (8 bytes, order-preserving), what the integer has beyond it (2 bytes)
/// text    30, UTF-8; longer than 1,000 bytes: the first 1,000, FF, 16 bytes of SHA-256
/// </code>
/// 9007199254740993 is 20 C340000000000000 0001, and 9007199254740992.0 is 20 C340000000000000 0000. A long text is cut because
/// an index entry has at most 2,704 bytes; texts that begin with the same 1,000 bytes have one place each, in an order of their own.
/// </summary>
internal static class ColumnForm
{
    /// <summary>Of a text that is kept whole. A longer literal can't be compared with a column.</summary>
    public const int TextBytesMax = 1_000;

    /// <summary>Of the column of a field that nothing has filled yet.</summary>
    public const string MissingLiteral = @"'\x10'";

    private const int HashBytes = 16;
    private const int CutBytes = TextBytesMax + 1 + HashBytes;
    private const byte CutMark = 0xFF; // no byte of UTF-8
    private const char CursorMark = '\uFFFF';

    private const byte MissingByte = 0x10, NumberByte = 0x20, TextByte = 0x30, NullByte = 0x40, FalseByte = 0x50, TrueByte = 0x60, OtherByte = 0x70;

    private static readonly byte[] _missing = [MissingByte], _null = [NullByte], _false = [FalseByte], _true = [TrueByte], _other = [OtherByte];

    public static byte[] Encode(in ColumnValue value) => value.Kind switch
    {
        ColumnKind.Missing => _missing,
        ColumnKind.Integer => Encode(value.AsInteger),
        ColumnKind.Real => Number(value.AsReal, 0),
        ColumnKind.Text => Encode(value.AsText.Span),
        ColumnKind.Null => _null,
        ColumnKind.False => _false,
        ColumnKind.True => _true,
        _ => _other,
    };

    /// <summary>A value of a cursor: as <see cref="Encode(in ColumnValue)"/>, and what <see cref="ToCursor"/> made of a cut text is that text's place again.</summary>
    public static byte[] EncodeCursor(in Value value, bool isTimestamp)
    {
        if (value.Kind == ValueKind.String && value.AsString is [CursorMark, .. var base64] && base64.Length > TextBytesMax)
        {
            var bytes = new byte[1 + CutBytes];
            if (Convert.TryFromBase64String(base64, bytes.AsSpan(1), out int written) && written == CutBytes)
            {
                bytes[0] = TextByte;
                return bytes;
            }
        }

        return Encode(ColumnValue.Of(value, isTimestamp));
    }

    /// <summary>
    /// A value that leads back to the same place. Of a text that was cut it is a mark and the column's bytes in base 64, which can't be
    /// taken for a text: one of this length would have been cut itself.
    /// </summary>
    public static Value ToCursor(ReadOnlySpan<byte> column, bool isTimestamp)
    {
        if (column[0] == TextByte && column.Length == 1 + CutBytes)
            return Value.Of(CursorMark + Convert.ToBase64String(column[1..]));

        return Decode(column).ToValue(isTimestamp);
    }

    /// <summary>A value with the same place; of a text that was cut what is left of it.</summary>
    private static ColumnValue Decode(ReadOnlySpan<byte> column)
    {
        switch (column[0])
        {
            case MissingByte: return ColumnValue.Missing;
            case NullByte: return ColumnValue.Null;
            case FalseByte: return ColumnValue.False;
            case TrueByte: return ColumnValue.True;
            case TextByte: return ColumnValue.Of(column[1..].ToArray());
            case NumberByte: return DecodeNumber(column);
            default: return ColumnValue.Other;
        }
    }

    private static ColumnValue DecodeNumber(ReadOnlySpan<byte> column)
    {
        long bits = BinaryPrimitives.ReadInt64BigEndian(column[1..]);
        bits = bits < 0 ? bits ^ long.MinValue : ~bits;
        double below = BitConverter.Int64BitsToDouble(bits);
        int beyond = BinaryPrimitives.ReadUInt16BigEndian(column[9..]);

        // An integer wherever one has this place, so that a time stays one.
        return below >= long.MinValue && below < long.MaxValue && below == Math.Floor(below)
            ? ColumnValue.Of((long)below + beyond)
            : ColumnValue.Of(below);
    }

    private static byte[] Encode(long value)
    {
        // 2^63 and more never come out of the rounding down: the double below long.MaxValue is 2^63 - 1024.
        double below = value;
        if ((Int128)below > value) below = Math.BitDecrement(below);
        return Number(below, (ushort)(value - (long)below));
    }

    private static byte[] Number(double below, ushort beyond)
    {
        long bits = BitConverter.DoubleToInt64Bits(below + 0.0); // -0 is 0
        bits = bits < 0 ? ~bits : bits ^ long.MinValue;
        var bytes = new byte[11];
        bytes[0] = NumberByte;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), bits);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(9), beyond);
        return bytes;
    }

    private static byte[] Encode(ReadOnlySpan<byte> utf8)
    {
        bool isCut = utf8.Length > TextBytesMax;
        var bytes = new byte[1 + (isCut ? CutBytes : utf8.Length)];
        bytes[0] = TextByte;
        if (!isCut)
        {
            utf8.CopyTo(bytes.AsSpan(1));
            return bytes;
        }

        utf8[..TextBytesMax].CopyTo(bytes.AsSpan(1));
        bytes[1 + TextBytesMax] = CutMark;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        hash[..HashBytes].CopyTo(bytes.AsSpan(2 + TextBytesMax));
        return bytes;
    }
}

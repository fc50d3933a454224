using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;

namespace Stateway.Gateway.Serving.Proxies;

/// <summary>How far the reading of a header has come.</summary>
internal enum ProxyHeaderState { Incomplete, Complete, Malformed }

/// <summary>
/// What a proxy says before the first byte of its client: version 1 (a line of text) or 2 (binary) of the PROXY protocol.
/// </summary>
/// <param name="Length">Bytes of the header; the client's own begin behind it.</param>
/// <param name="Client">Null when the connection is the proxy's own (a health check), or is no TCP connection.</param>
internal readonly record struct ProxyHeader(int Length, IPEndPoint? Client)
{
    /// <summary>A sender keeps within one packet; more than this is no header but an attack.</summary>
    public const int LengthMax = 4096;

    private const int TextLengthMax = 107; // of version 1, with its line end
    private const int FixedLength = 16;    // of version 2: signature, command, family, length
    private const byte ChecksumType = 0x03;

    private static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    private static ReadOnlySpan<byte> TextStart => "PROXY "u8;

    /// <param name="bytes">What has come so far: all of it, or at least <see cref="LengthMax"/> bytes of it.</param>
    public static ProxyHeaderState Read(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (IsPrefix(bytes, Signature)) return bytes.Length < FixedLength ? ProxyHeaderState.Incomplete : ReadBinary(bytes, out header);
        if (IsPrefix(bytes, TextStart)) return ReadText(bytes, out header);
        return ProxyHeaderState.Malformed;

        static bool IsPrefix(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> start)
        {
            int length = Math.Min(bytes.Length, start.Length);
            return bytes[..length].SequenceEqual(start[..length]);
        }
    }

    private static ProxyHeaderState ReadText(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        int end = bytes[..Math.Min(bytes.Length, TextLengthMax)].IndexOf("\r\n"u8);
        if (end < 0) return bytes.Length >= TextLengthMax ? ProxyHeaderState.Malformed : ProxyHeaderState.Incomplete;

        // PROXY TCP4 203.0.113.7 192.0.2.1 56324 443
        if (end < TextStart.Length) return ProxyHeaderState.Malformed;
        string text = Encoding.Latin1.GetString(bytes[TextStart.Length..end]);
        if (text == "UNKNOWN" || text.StartsWith("UNKNOWN ", StringComparison.Ordinal))
        {
            header = new(end + 2, null);
            return ProxyHeaderState.Complete;
        }

        string[] parts = text.Split(' ');
        if (parts.Length != 5 || parts[0] is not ("TCP4" or "TCP6")) return ProxyHeaderState.Malformed;

        bool isV6 = parts[0] == "TCP6";
        if (parts[1].Contains(':') != isV6 || parts[2].Contains(':') != isV6
            || !NodeName.TryParseAddress(parts[1], out var source) || !NodeName.TryParseAddress(parts[2], out _)
            || !NodeName.TryParseDecimal(parts[3], ushort.MaxValue, out int port) || !NodeName.TryParseDecimal(parts[4], ushort.MaxValue, out _))
            return ProxyHeaderState.Malformed;

        header = new(end + 2, new(source, port));
        return ProxyHeaderState.Complete;
    }

    private static ProxyHeaderState ReadBinary(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        int length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bytes[12] is not (0x20 or 0x21) || length > LengthMax) return ProxyHeaderState.Malformed;
        if (bytes.Length < length) return ProxyHeaderState.Incomplete;

        var block = bytes[FixedLength..length];
        bool isLocal = bytes[12] == 0x20; // whatever else such a header says is to be ignored
        int addressLength = isLocal ? block.Length : bytes[13] switch
        {
            0x00 => block.Length,    // unspecified: the addresses, if any, are not to be read
            0x11 or 0x12 => 12,      // IPv4: two addresses, two ports
            0x21 or 0x22 => 36,      // IPv6
            0x31 or 0x32 => 216,     // two names of Unix sockets
            _ => -1,
        };
        if (addressLength < 0 || addressLength > block.Length || !AreFieldsGood(bytes[..length], FixedLength + addressLength)) return ProxyHeaderState.Malformed;

        header = new(length, isLocal ? null : bytes[13] switch
        {
            0x11 => new(new IPAddress(block[..4]), BinaryPrimitives.ReadUInt16BigEndian(block[8..])),
            0x21 => new(new IPAddress(block[..16]), BinaryPrimitives.ReadUInt16BigEndian(block[32..])),
            _ => null,
        });
        return ProxyHeaderState.Complete;
    }

    /// <summary>The fields behind the addresses (type, length, value) fill the header exactly, and a checksum among them is right.</summary>
    private static bool AreFieldsGood(ReadOnlySpan<byte> bytes, int start)
    {
        while (start < bytes.Length)
        {
            if (bytes.Length - start < 3) return false;

            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(start + 1)..]);
            int valueStart = start + 3;
            if (bytes.Length - valueStart < length) return false;
            if (bytes[start] == ChecksumType && (length != 4 || !IsChecksum(bytes, valueStart))) return false;

            start = valueStart + length;
        }

        return true;
    }

    /// <summary>CRC32c over the whole header, in which the four bytes of the checksum itself are zero.</summary>
    private static bool IsChecksum(ReadOnlySpan<byte> bytes, int start)
    {
        uint sum = uint.MaxValue;
        for (int i = 0; i < bytes.Length; i++) sum = BitOperations.Crc32C(sum, i >= start && i < start + 4 ? (byte)0 : bytes[i]);
        return ~sum == BinaryPrimitives.ReadUInt32BigEndian(bytes[start..]);
    }
}

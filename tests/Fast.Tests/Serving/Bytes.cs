using System.Net;

namespace Stateway.Fast.Tests.Serving;

/// <summary>Headers of the PROXY protocol, made from its text and not from the code that reads them.</summary>
internal static class Bytes
{
    public static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    /// <param name="isSealed">Ends in a checksum.</param>
    public static byte[] ProxyV2(IPEndPoint source, IPEndPoint destination, (byte Type, byte[] Value)[] fields, bool isSealed = false)
    {
        bool isV6 = source.Address.GetAddressBytes().Length == 16;
        var rest = new List<byte>();
        rest.AddRange(source.Address.GetAddressBytes());
        rest.AddRange(destination.Address.GetAddressBytes());
        AddNumber(rest, source.Port);
        AddNumber(rest, destination.Port);
        foreach (var (type, value) in fields)
        {
            rest.Add(type);
            AddNumber(rest, value.Length);
            rest.AddRange(value);
        }

        if (isSealed) rest.AddRange([0x03, 0, 4, 0, 0, 0, 0]);
        byte[] header = ProxyV2(0x21, isV6 ? (byte)0x21 : (byte)0x11, [.. rest]);
        if (isSealed)
        {
            uint sum = Crc32C(header);
            for (int i = 0; i < 4; i++) header[^(4 - i)] = (byte)(sum >> (24 - 8 * i));
        }

        return header;
    }

    public static byte[] ProxyV2(byte command, byte family, byte[] rest)
    {
        List<byte> header = [.. Signature, command, family];
        AddNumber(header, rest.Length);
        return [.. header, .. rest];
    }

    private static void AddNumber(List<byte> bytes, int number) => bytes.AddRange([(byte)(number >> 8), (byte)number]);

    /// <summary>Bit by bit, as its definition is (RFC 3720, appendix B.4).</summary>
    private static uint Crc32C(byte[] bytes)
    {
        uint sum = uint.MaxValue;
        foreach (byte b in bytes)
        {
            sum ^= b;
            for (int bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? (sum >> 1) ^ 0x82F63B78 : sum >> 1;
        }

        return ~sum;
    }
}

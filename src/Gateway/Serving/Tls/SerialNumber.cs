using System.Diagnostics.CodeAnalysis;

namespace Stateway.Gateway.Serving.Tls;

/// <summary>A certificate's serial number: at most 20 bytes (RFC 5280, section 4.1.2.2). Small, because a list may hold a million.</summary>
[SuppressMessage("Design", "CA1036", Justification = "An order for searching, not one that means anything.")]
internal readonly record struct SerialNumber : IComparable<SerialNumber>
{
    private const int BytesMax = 20;

    private readonly UInt128 _low;
    private readonly uint _high;

    private SerialNumber(uint high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    /// <param name="bytes">The number's bytes, the most significant first; zeros before it do not count.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out SerialNumber serial)
    {
        serial = default;
        bytes = bytes.TrimStart((byte)0);
        if (bytes.Length > BytesMax) return false;

        uint high = 0;
        UInt128 low = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes.Length - i > 16) high = high << 8 | bytes[i];
            else low = low << 8 | bytes[i];
        }

        serial = new(high, low);
        return true;
    }

    public int CompareTo(SerialNumber other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);
}

using System.Buffers.Binary;

namespace Stateway.Model.Names;

/// <summary>
/// The id of a resource: 1 to 128 of <c>A-Z a-z 0-9 . _ ~ -</c> (the unreserved characters of RFC 3986, so that it
/// never needs percent-encoding), never starting with a dot.
/// </summary>
public static class ResourceId
{
    public const int LengthMax = 128;
    public const string Rule = "1 to 128 of A-Z a-z 0-9 . _ ~ -, not starting with a dot";

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford's base 32, sorts as it counts

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > LengthMax || text[0] == '.') return false;

        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '~' or '-')) return false;
        }

        return true;
    }

    /// <summary>
    /// A new id of 26 characters: 48 bits of Unix time in milliseconds, then 80 random bits, so that ids made later
    /// sort later and new rows are stored side by side.
    /// </summary>
    public static string New(TimeProvider time)
    {
        Span<byte> bytes = stackalloc byte[18];
        bytes[0] = bytes[1] = 0; // 128 bits make 25.6 characters: two zero bytes in front let whole groups be read
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeMilliseconds());

        // A version 4 GUID comes from the system's random source without loading a cryptography library; bytes 7 and 8
        // have fixed bits.
        Span<byte> random = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(random);
        random[..7].CopyTo(bytes[8..]);
        random[13..].CopyTo(bytes[15..]);

        // Bytes 2 to 7 hold the time, 8 to 17 the random part.
        var high = BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]);
        var low = BinaryPrimitives.ReadUInt64BigEndian(bytes[10..]);
        return string.Create(26, new UInt128(high, low), static (chars, number) =>
        {
            for (int i = chars.Length - 1; i >= 0; i--)
            {
                chars[i] = Alphabet[(int)((ulong)number & 31)];
                number >>= 5;
            }
        });
    }
}

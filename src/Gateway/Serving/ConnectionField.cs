using System.Text;

namespace Stateway.Gateway.Serving;

/// <summary>
/// Reads the <c>Connection</c> field so that the server keeps all of it. When exactly one of the options that it knows is
/// named, it puts that option alone in the field's place, and other names, which a proxy must take out of the message
/// (RFC 9110, section 7.6.1), are lost. So beside other names there are none of its options, or two: <c>keep-alive</c> is
/// what HTTP/1.1 does anyway.
/// </summary>
internal sealed class ConnectionField : Encoding
{
    public static ConnectionField Latin1Text { get; } = new();

    private static string Read(ReadOnlySpan<byte> bytes)
    {
        string text = Latin1.GetString(bytes);
        if (!text.Contains(',', StringComparison.Ordinal)) return text;

        string[] options = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bool isKept = options.Any(o => Is(o, "keep-alive"));
        bool isChanged = options.Any(o => Is(o, "close") || Is(o, "upgrade"));
        if (isChanged) return isKept ? text : text + ",keep-alive";
        return isKept && options.Length > 1 ? string.Join(',', options.Where(o => !Is(o, "keep-alive"))) : text;
    }

    private static bool Is(string option, string name) => option.Equals(name, StringComparison.OrdinalIgnoreCase);

    public override int GetCharCount(byte[] bytes, int index, int count) => Read(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        string text = Read(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(0, chars, charIndex, text.Length);
        return text.Length;
    }

    public override int GetMaxCharCount(int byteCount) => byteCount + ",keep-alive".Length;

    public override int GetByteCount(char[] chars, int index, int count) => Latin1.GetByteCount(chars, index, count);

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetMaxByteCount(int charCount) => Latin1.GetMaxByteCount(charCount);
}

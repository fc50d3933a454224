using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stateway.Gateway.Content;

/// <summary>
/// JSON strings and numbers as text (RFC 8259, sections 6 and 7). A lone surrogate, which the grammar allows
/// as an escape (<c>"\ud800"</c>), is never lost: it stays an escape.
/// </summary>
public static class JsonText
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(c => (char)c), '"', '\\']);

    /// <summary>Undoes the escapes of a valid JSON string without its quotes; the result is never longer.</summary>
    /// <param name="wellFormed">False when a lone surrogate was escaped; it is then written as three bytes that are not UTF-8.</param>
    /// <returns>How many bytes were written.</returns>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination, out bool wellFormed)
    {
        wellFormed = true;
        int written = 0;
        while (true)
        {
            int next = raw.IndexOf((byte)'\\');
            if (next < 0)
            {
                raw.CopyTo(destination[written..]);
                return written + raw.Length;
            }

            raw[..next].CopyTo(destination[written..]);
            written += next;
            byte escape = raw[next + 1];
            raw = raw[(next + 2)..];
            if (escape != (byte)'u')
            {
                destination[written++] = (byte)Simple((char)escape);
                continue;
            }

            int unit = Hex(raw);
            raw = raw[4..];
            if (char.IsHighSurrogate((char)unit) && raw.Length >= 6 && raw[0] == '\\' && raw[1] == 'u'
                && Hex(raw[2..]) is var low && char.IsLowSurrogate((char)low))
            {
                raw = raw[6..];
                written += new Rune((char)unit, (char)low).EncodeToUtf8(destination[written..]);
            }
            else if (char.IsSurrogate((char)unit))
            {
                wellFormed = false;
                destination[written++] = (byte)(0xE0 | unit >> 12);
                destination[written++] = (byte)(0x80 | unit >> 6 & 0x3F);
                destination[written++] = (byte)(0x80 | unit & 0x3F);
            }
            else
            {
                written += new Rune(unit).EncodeToUtf8(destination[written..]);
            }
        }
    }

    /// <summary>Undoes escapes in place.</summary>
    /// <returns>False when something behind a backslash is no escape.</returns>
    public static bool TryUnescape(Span<char> text, out int length)
    {
        int read = text.IndexOf('\\');
        length = read < 0 ? text.Length : read;
        if (read < 0) return true;

        while (read < text.Length)
        {
            char c = text[read++];
            if (c == '\\')
            {
                if (read == text.Length) return false;
                char escape = text[read++];
                if (escape == 'u')
                {
                    if (text.Length - read < 4 || !ushort.TryParse(text.Slice(read, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit)) return false;
                    read += 4;
                    c = (char)unit;
                }
                else
                {
                    c = Simple(escape);
                    if (c == 0) return false;
                }
            }

            text[length++] = c;
        }

        return true;
    }

    /// <summary>Writes a JSON string with its quotes, escaping only what must be escaped.</summary>
    public static void WriteString(ByteBuffer json, ReadOnlySpan<char> text)
    {
        json.Append((byte)'"');
        while (true)
        {
            int next = text.IndexOfAny(Escaped);
            var plain = next < 0 ? text : text[..next];
            WritePlain(json, plain);
            if (next < 0) break;

            WriteEscape(json, text[next]);
            text = text[(next + 1)..];
        }

        json.Append((byte)'"');
    }

    /// <summary>The <c>number</c> of RFC 8259, section 6, and nothing around it.</summary>
    public static bool IsNumber(ReadOnlySpan<char> text)
    {
        int i = text is ['-', ..] ? 1 : 0;
        int whole = Digits(text, ref i);
        if (whole == 0 || (whole > 1 && text[i - whole] == '0')) return false;

        if (i < text.Length && text[i] == '.')
        {
            i++;
            if (Digits(text, ref i) == 0) return false;
        }

        if (i < text.Length && text[i] is 'e' or 'E')
        {
            i++;
            if (i < text.Length && text[i] is '+' or '-') i++;
            if (Digits(text, ref i) == 0) return false;
        }

        return i == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text, ref int i)
    {
        int start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i])) i++;
        return i - start;
    }

    private static void WritePlain(ByteBuffer json, ReadOnlySpan<char> text)
    {
        while (text.Length > 0)
        {
            var status = System.Text.Unicode.Utf8.FromUtf16(
                text, json.GetSpan(Math.Min(text.Length, 1 << 20) * 3), out int read, out int written, replaceInvalidSequences: false);
            json.Advance(written);
            text = text[read..];
            if (status is OperationStatus.InvalidData or OperationStatus.NeedMoreData)
            {
                WriteEscape(json, text[0]); // a lone surrogate
                text = text[1..];
            }
        }
    }

    private static void WriteEscape(ByteBuffer json, char c)
    {
        json.Append((byte)'\\');
        switch (c)
        {
            case '"' or '\\': json.Append((byte)c); break;
            case '\b': json.Append((byte)'b'); break;
            case '\f': json.Append((byte)'f'); break;
            case '\n': json.Append((byte)'n'); break;
            case '\r': json.Append((byte)'r'); break;
            case '\t': json.Append((byte)'t'); break;
            default:
                var span = json.GetSpan(5);
                span[0] = (byte)'u';
                ((int)c).TryFormat(span[1..], out _, "x4", CultureInfo.InvariantCulture);
                json.Advance(5);
                break;
        }
    }

    private static char Simple(char escape) => escape switch
    {
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' or '\\' or '/' => escape,
        _ => '\0',
    };

    private static int Hex(ReadOnlySpan<byte> digits) =>
        int.Parse(digits[..4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}

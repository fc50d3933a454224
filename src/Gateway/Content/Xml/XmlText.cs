using System.Buffers;

namespace Stateway.Gateway.Content.Xml;

/// <summary>Character data of XML 1.0 (section 2.2), in UTF-8.</summary>
internal static class XmlText
{
    private static readonly byte[] Controls =
        [.. Enumerable.Range(0, 0x20).Where(c => c is not ('\t' or '\n' or '\r')).Select(c => (byte)c)];

    // U+FFFE and U+FFFF begin with EF in UTF-8; they are the only others that XML leaves out.
    private static readonly SearchValues<byte> Suspects = SearchValues.Create([.. Controls, 0xEF]);
    private static readonly SearchValues<byte> InContent = SearchValues.Create("&<>\r"u8);
    private static readonly SearchValues<byte> InAttribute = SearchValues.Create("&<>\"\r\n\t"u8);

    /// <summary>Whether XML 1.0 has every character of this UTF-8 text.</summary>
    public static bool CanHold(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int next = text.IndexOfAny(Suspects);
            if (next < 0) return true;
            if (text[next] != 0xEF || IsNonCharacter(text[next..])) return false;
            text = text[(next + 1)..];
        }
    }

    /// <summary>Writes text between tags; a carriage return as a reference, because a parser would turn it into a line feed.</summary>
    public static void WriteContent(ByteBuffer xml, ReadOnlySpan<byte> text) => Write(xml, text, InContent);

    /// <summary>Writes text between double quotes; white space as references, because a parser would turn it into spaces.</summary>
    public static void WriteAttribute(ByteBuffer xml, ReadOnlySpan<byte> text) => Write(xml, text, InAttribute);

    /// <summary>Writes the inside of a JSON string with its escapes, so that any character survives.</summary>
    public static void WriteEscaped(ByteBuffer xml, ReadOnlySpan<byte> raw, bool attribute)
    {
        while (true)
        {
            int next = 0;
            while (next < raw.Length && !(raw[next] == 0xEF && IsNonCharacter(raw[next..]))) next++;

            Write(xml, raw[..next], attribute ? InAttribute : InContent);
            if (next == raw.Length) return;

            xml.Append(raw[next + 2] == 0xBE ? "\\ufffe"u8 : "\\uffff"u8);
            raw = raw[(next + 3)..];
        }
    }

    private static bool IsNonCharacter(ReadOnlySpan<byte> text) => text is [0xEF, 0xBF, 0xBE or 0xBF, ..];

    private static void Write(ByteBuffer xml, ReadOnlySpan<byte> text, SearchValues<byte> special)
    {
        while (true)
        {
            int next = text.IndexOfAny(special);
            if (next < 0)
            {
                xml.Append(text);
                return;
            }

            xml.Append(text[..next]);
            xml.Append(text[next] switch
            {
                (byte)'&' => "&amp;"u8,
                (byte)'<' => "&lt;"u8,
                (byte)'>' => "&gt;"u8,
                (byte)'"' => "&quot;"u8,
                (byte)'\r' => "&#13;"u8,
                (byte)'\n' => "&#10;"u8,
                _ => "&#9;"u8,
            });
            text = text[(next + 1)..];
        }
    }
}

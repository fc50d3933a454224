using System.Text;

namespace Stateway.Model.Apis.Text;

/// <summary>Either the root of a text, or what is wrong with it. A text of nothing has neither.</summary>
public sealed record TextReading(Node? Root, IReadOnlyList<DocumentError> Errors)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static TextReading Refused(Place place, string pointer, string message) =>
        new(null, [new(place.File, place.Line, place.Column, pointer, message)]);

    /// <summary>JSON when the file's name ends in <c>.json</c>, else YAML.</summary>
    public static TextReading Read(string file, byte[] utf8)
    {
        if (utf8.Length > TextLimits.BytesMax)
        {
            return Refused(new(file, 1, 1), "",
                $"The file has {utf8.Length:N0} bytes; the limit is {TextLimits.BytesMax:N0}.");
        }

        ReadOnlySpan<byte> bytes = utf8;
        if (bytes.StartsWith("\uFEFF"u8)) bytes = bytes[3..];
        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            return Refused(new(file, 1, 1), "", "The file is UTF-16; save it as UTF-8.");
        }

        if (!TryDecode(bytes, out string? text, out int wrong))
        {
            return Refused(PlaceOf(file, bytes, wrong), "", "The text is not valid UTF-8 here; save the file as UTF-8.");
        }

        return file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? JsonText.Read(file, bytes)
            : YamlText.Read(file, text!);
    }

    /// <summary>Line and column of a byte.</summary>
    internal static Place PlaceOf(string file, ReadOnlySpan<byte> utf8, int offset)
    {
        var before = utf8[..Math.Min(offset, utf8.Length)];
        int lineStart = before.LastIndexOf((byte)'\n') + 1;
        return new(file, before.Count((byte)'\n') + 1, CharactersIn(before[lineStart..]) + 1);
    }

    internal static int CharactersIn(ReadOnlySpan<byte> utf8)
    {
        int count = 0;
        foreach (byte b in utf8)
        {
            if ((b & 0xC0) != 0x80) count++; // every byte but a continuation begins a character
        }

        return count;
    }

    private static bool TryDecode(ReadOnlySpan<byte> utf8, out string? text, out int wrong)
    {
        try
        {
            (text, wrong) = (StrictUtf8.GetString(utf8), -1);
            return true;
        }
        catch (DecoderFallbackException e)
        {
            (text, wrong) = (null, Math.Max(e.Index, 0));
            return false;
        }
    }
}

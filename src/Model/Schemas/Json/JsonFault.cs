using System.Text;

namespace Stateway.Model.Schemas.Json;

/// <summary>Why a text is not JSON.</summary>
/// <param name="Position">Byte at which reading stopped.</param>
/// <param name="Reason">What is wrong there, as a sentence without its beginning: <c>a value was expected</c>.</param>
internal readonly record struct JsonFault(int Position, string Reason)
{
    /// <summary>Line and column, both from 1 and the column in code points, then what was wrong.</summary>
    public string Describe(ReadOnlySpan<byte> utf8)
    {
        int position = Math.Min(Position, utf8.Length);
        var before = utf8[..position];
        int line = 1 + before.Count((byte)'\n');
        int column = 1 + Utf8Text.CodePoints(before[(before.LastIndexOf((byte)'\n') + 1)..]);
        return $"Line {line}, column {column}: {Reason}, but {Found(utf8, position)}.";
    }

    private static string Found(ReadOnlySpan<byte> utf8, int position)
    {
        if (position >= utf8.Length) return "the text ends";

        if (Rune.DecodeFromUtf8(utf8[position..], out Rune rune, out _) != System.Buffers.OperationStatus.Done)
        {
            return $"byte 0x{utf8[position]:X2} was found";
        }

        return Rune.IsControl(rune) || rune.Value is 0xFEFF or 0x7F
            ? $"U+{rune.Value:X4} was found"
            : $"'{rune}' was found";
    }
}

using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>
/// Text inside JSON elements, read without a copy where that is possible. Half of a surrogate pair as an escape
/// (<c>"\ud800"</c>), which RFC 8259 allows, makes JsonElement's own methods throw; here it is U+FFFD.
/// </summary>
internal static class JsonText
{
    /// <summary>For people: only what JSON itself needs is escaped.</summary>
    public static JsonWriterOptions Readable { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The UTF-8 between the quotes; false when it has escapes, so that it is not the text itself.</summary>
    public static bool TryGetUtf8(JsonElement text, out ReadOnlySpan<byte> utf8)
    {
        utf8 = JsonMarshal.GetRawUtf8Value(text)[1..^1];
        return !utf8.Contains((byte)'\\');
    }

    /// <summary>Bytes of the element as it is written: the measure of the work that a copy of it is.</summary>
    public static int Length(JsonElement text) => JsonMarshal.GetRawUtf8Value(text).Length;

    public static bool TryGetTimestamp(JsonElement element, out long ticks)
    {
        ticks = 0;
        if (element.ValueKind != JsonValueKind.String) return false;

        return TryGetUtf8(element, out var utf8)
            ? TimestampText.TryParse(utf8, out ticks)
            : TimestampText.TryParse(Unescape(element), out ticks);
    }

    public static string Unescape(JsonElement text) => Unescape(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    public static string Name(JsonProperty property) => Unescape(JsonMarshal.GetRawUtf8PropertyName(property));

    public static bool Equal(JsonElement text, string other) =>
        TryGetUtf8(text, out _) ? text.ValueEquals(other) : Unescape(text) == other;

    public static bool TryGetProperty(JsonElement map, string name, out JsonElement value)
    {
        try
        {
            return map.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            return TryFindProperty(map, name, out value);
        }
    }

    private static bool TryFindProperty(JsonElement map, string name, out JsonElement value)
    {
        value = default;
        foreach (var property in map.EnumerateObject())
        {
            if (Name(property) == name) value = property.Value;
        }

        return value.ValueKind != JsonValueKind.Undefined;
    }

    private static string Unescape(ReadOnlySpan<byte> utf8)
    {
        if (!utf8.Contains((byte)'\\')) return Encoding.UTF8.GetString(utf8);

        var result = new StringBuilder(utf8.Length);
        int from = 0;
        while (from < utf8.Length)
        {
            int length = utf8[from..].IndexOf((byte)'\\');
            if (length < 0) length = utf8.Length - from;
            result.Append(Encoding.UTF8.GetString(utf8.Slice(from, length)));
            from += length;
            if (from < utf8.Length) from += AppendEscape(utf8[from..], result);
        }

        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(result.ToString()));
    }

    /// <returns>Bytes of the escape. The document was read before, so that every escape is well formed.</returns>
    private static int AppendEscape(ReadOnlySpan<byte> escape, StringBuilder result)
    {
        if (escape[1] == 'u')
        {
            int code = 0;
            foreach (byte digit in escape.Slice(2, 4)) code = (code << 4) | Convert.ToInt32(((char)digit).ToString(), 16);
            result.Append((char)code);
            return 6;
        }

        result.Append((char)escape[1] switch
        {
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            var itself => itself,
        });
        return 2;
    }
}

using System.Globalization;
using System.Text;

namespace Stateway.Model.Expressions;

/// <summary>
/// The parts of a text or bytes literal: <c>r"""…"""</c>. <see cref="ContentEnd"/> is only known once the lexer
/// has found the closing quotes; measuring gives the place where the content begins.
/// </summary>
internal readonly record struct TextLiteral(bool IsBytes, bool IsRaw, string Quotes, int ContentEnd)
{
    public bool IsTriple => Quotes.Length == 3;

    public static TextLiteral Measure(string text, int start)
    {
        int position = start;
        bool isBytes = text[position] is 'b' or 'B';
        if (isBytes) position++;
        bool isRaw = text[position] is 'r' or 'R';
        if (isRaw) position++;

        string quote = text[position].ToString();
        string triple = quote + quote + quote;
        string quotes = string.CompareOrdinal(text, position, triple, 0, 3) == 0 ? triple : quote;
        return new(isBytes, isRaw, quotes, position + quotes.Length);
    }

    /// <summary>What a whole literal means.</summary>
    /// <returns>Text or bytes; null with an error.</returns>
    public static Value? Read(string text, Token token, out ExpressionError? error)
    {
        var literal = Measure(text, token.Start);
        int from = literal.ContentEnd;
        int to = token.End - literal.Quotes.Length;
        error = FindLoneSurrogate(text, from, to);
        if (error is not null) return null;

        if (literal.IsBytes)
        {
            var bytes = new List<byte>(to - from);
            error = Unescape(text, from, to, literal, (code, isByte) => AppendBytes(bytes, code, isByte));
            return error is null ? Value.Of(bytes.ToArray()) : null;
        }

        var content = new StringBuilder(to - from);
        error = Unescape(text, from, to, literal, (code, _) => content.Append(char.ConvertFromUtf32(code)));
        return error is null ? Value.Of(content.ToString()) : null;
    }

    private static void AppendBytes(List<byte> bytes, int code, bool isByte)
    {
        if (isByte)
        {
            bytes.Add((byte)code);
            return;
        }

        foreach (byte b in Encoding.UTF8.GetBytes(char.ConvertFromUtf32(code))) bytes.Add(b);
    }

    private static ExpressionError? FindLoneSurrogate(string text, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < to && char.IsLowSurrogate(text[i + 1])) i++;
            else if (char.IsSurrogate(text[i])) return new(i, "Half of a surrogate pair is no character.");
        }

        return null;
    }

    /// <param name="append">Takes a code point, or a byte as it is.</param>
    private static ExpressionError? Unescape(string text, int from, int to, TextLiteral literal, Action<int, bool> append)
    {
        int position = from;
        while (position < to)
        {
            if (text[position] != '\\' || literal.IsRaw)
            {
                int code = char.ConvertToUtf32(text, position);
                append(code, false);
                position += code > 0xFFFF ? 2 : 1;
                continue;
            }

            char escape = text[position + 1];
            if (Simple(escape) is { } simple)
            {
                append(simple, false);
                position += 2;
                continue;
            }

            var (first, digits, style) = escape switch
            {
                'x' or 'X' => (position + 2, 2, NumberStyles.AllowHexSpecifier),
                'u' when !literal.IsBytes => (position + 2, 4, NumberStyles.AllowHexSpecifier),
                'U' when !literal.IsBytes => (position + 2, 8, NumberStyles.AllowHexSpecifier),
                >= '0' and <= '3' => (position + 1, 3, NumberStyles.None),
                _ => (0, 0, NumberStyles.None),
            };
            if (digits == 0) return UnknownEscape(text, position, literal);

            int value = first + digits <= to ? Number(text.AsSpan(first, digits), style) : -1;
            if (value < 0) return new(position, $"'\\{escape}' needs {digits} {(style == NumberStyles.None ? "octal" : "hexadecimal")} digits.");
            if (value is > 0x10FFFF or >= 0xD800 and <= 0xDFFF)
            {
                return new(position, $"'{text[position..(first + digits)]}' is no Unicode character.");
            }

            // In bytes, \xFF and \377 are one byte; in text they are the character U+00FF.
            append(value, literal.IsBytes);
            position = first + digits;
        }

        return null;
    }

    private static int? Simple(char escape) => escape switch
    {
        'a' => '\a',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\v',
        '\\' or '?' or '"' or '\'' or '`' => escape,
        _ => null,
    };

    private static ExpressionError UnknownEscape(string text, int position, TextLiteral literal) =>
        literal.IsBytes && text[position + 1] is 'u' or 'U'
            ? new(position, "Bytes have no '\\u'; write the bytes as '\\x' with 2 digits each.")
            : new(position, $"'\\{Shown(text, position + 1)}' is no escape; a backslash itself is written '\\\\', or the text begins with r.");

    private static string Shown(string text, int position) =>
        char.IsHighSurrogate(text[position]) ? text.Substring(position, 2) : text[position].ToString();

    /// <returns>-1 when the digits are none, or mean more than any character.</returns>
    private static int Number(ReadOnlySpan<char> digits, NumberStyles style)
    {
        if (style == NumberStyles.AllowHexSpecifier)
        {
            // Eight digits may not fit an int; what is too large is told as no character.
            return uint.TryParse(digits, style, CultureInfo.InvariantCulture, out uint hex) ? (int)Math.Min(hex, int.MaxValue) : -1;
        }

        int value = 0;
        foreach (char c in digits)
        {
            if (c is < '0' or > '7') return -1;
            value = value * 8 + (c - '0');
        }

        return value;
    }
}

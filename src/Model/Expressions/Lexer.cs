namespace Stateway.Model.Expressions;

/// <summary>Cuts the text into tokens, by CEL's lexis: whitespace and <c>// comments</c> are left out.</summary>
internal sealed class Lexer(string text)
{
    private int _position;

    /// <summary>What the last token broke, when the text can't be read further.</summary>
    public ExpressionError? Error { get; private set; }

    /// <summary>The next token; End for ever once there is none, or none that can be read.</summary>
    public Token Next()
    {
        SkipSpace();
        if (Error is not null || _position >= text.Length) return new(TokenKind.End, text.Length, text.Length);

        int start = _position;
        char c = text[start];
        if (IsNameStart(c)) return IsQuoteAhead() ? TakeText() : TakeName();
        if (c is '"' or '\'') return TakeText();
        if (char.IsAsciiDigit(c) || c == '.' && char.IsAsciiDigit(At(start + 1))) return TakeNumber();

        var (kind, length) = Symbol(c, At(start + 1));
        return Take(kind, length);
    }

    public static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    public static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static (TokenKind, int) Symbol(char c, char next) => (c, next) switch
    {
        ('|', '|') => (TokenKind.Or, 2),
        ('&', '&') => (TokenKind.And, 2),
        ('=', '=') => (TokenKind.Equal, 2),
        ('!', '=') => (TokenKind.NotEqual, 2),
        ('<', '=') => (TokenKind.LessOrEqual, 2),
        ('<', _) => (TokenKind.Less, 1),
        ('>', '=') => (TokenKind.GreaterOrEqual, 2),
        ('>', _) => (TokenKind.Greater, 1),
        ('!', _) => (TokenKind.Not, 1),
        ('-', _) => (TokenKind.Minus, 1),
        ('.', _) => (TokenKind.Dot, 1),
        (',', _) => (TokenKind.Comma, 1),
        ('(', _) => (TokenKind.OpenParenthesis, 1),
        (')', _) => (TokenKind.CloseParenthesis, 1),
        ('[', _) => (TokenKind.OpenBracket, 1),
        (']', _) => (TokenKind.CloseBracket, 1),
        _ => (TokenKind.Other, char.IsHighSurrogate(c) && char.IsLowSurrogate(next) ? 2 : 1),
    };

    private void SkipSpace()
    {
        while (_position < text.Length)
        {
            if (text[_position] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                _position++;
            }
            else if (text[_position] == '/' && At(_position + 1) == '/')
            {
                int end = text.IndexOf('\n', _position);
                _position = end < 0 ? text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private Token TakeName()
    {
        int length = 1;
        while (IsNamePart(At(_position + length))) length++;
        return Take(TokenKind.Identifier, length);
    }

    private Token TakeNumber()
    {
        int start = _position;
        int end = start;
        var kind = TokenKind.Int;
        if (text[start] == '0' && At(start + 1) is 'x' or 'X')
        {
            end += 2;
            while (char.IsAsciiHexDigit(At(end))) end++;
        }
        else
        {
            while (char.IsAsciiDigit(At(end))) end++;

            // "1.size()" is the integer 1 and a call.
            if (At(end) == '.' && char.IsAsciiDigit(At(end + 1)))
            {
                kind = TokenKind.Double;
                end++;
                while (char.IsAsciiDigit(At(end))) end++;
            }

            if (At(end) is 'e' or 'E')
            {
                int digits = At(end + 1) is '+' or '-' ? end + 2 : end + 1;
                if (char.IsAsciiDigit(At(digits)))
                {
                    kind = TokenKind.Double;
                    end = digits;
                    while (char.IsAsciiDigit(At(end))) end++;
                }
            }
        }

        if (kind == TokenKind.Int && At(end) is 'u' or 'U')
        {
            kind = TokenKind.Uint;
            end++;
        }

        if (IsNamePart(At(end)))
        {
            while (IsNamePart(At(end))) end++;
            return Fail(start, $"'{text[start..end]}' is no number; text is written in quotes: \"{text[start..end]}\".");
        }

        return Take(kind, end - start);
    }

    /// <summary>Whether what begins like a name is the prefix of a text literal: r, b or br, in either case.</summary>
    private bool IsQuoteAhead()
    {
        int quote = _position;
        if (At(quote) is 'b' or 'B') quote++;
        if (At(quote) is 'r' or 'R') quote++;
        return At(quote) is '"' or '\'';
    }

    private Token TakeText()
    {
        int start = _position;
        var literal = TextLiteral.Measure(text, start);
        int end = literal.ContentEnd;
        while (true)
        {
            if (end >= text.Length || !literal.IsTriple && text[end] is '\n' or '\r')
            {
                return Fail(start, $"The text that begins here has no closing {literal.Quotes}.");
            }

            if (text[end] == '\\' && !literal.IsRaw) end += 2;
            else if (string.CompareOrdinal(text, end, literal.Quotes, 0, literal.Quotes.Length) == 0) break;
            else end++;
        }

        return Take(literal.IsBytes ? TokenKind.Bytes : TokenKind.String, end + literal.Quotes.Length - start);
    }

    private Token Take(TokenKind kind, int length)
    {
        var token = new Token(kind, _position, _position + length);
        _position += length;
        return token;
    }

    private Token Fail(int position, string message)
    {
        Error ??= new(position, message);
        return new(TokenKind.End, position, position);
    }

    private char At(int index) => index < text.Length ? text[index] : '\0';
}

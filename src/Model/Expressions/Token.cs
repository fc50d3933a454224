namespace Stateway.Model.Expressions;

internal enum TokenKind : byte
{
    End, Identifier, Int, Uint, Double, String, Bytes,
    Or, And, Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual,
    Not, Minus, Dot, Comma, OpenParenthesis, CloseParenthesis, OpenBracket, CloseBracket,

    /// <summary>A character that begins nothing in the language, such as <c>+</c>.</summary>
    Other,
}

/// <summary>A piece of the text; what a literal means is read when the parser takes it.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int End)
{
    public int Length => End - Start;
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace Stateway.Model.Expressions;

/// <summary>
/// Reads the text of an expression: CEL's grammar, by recursive descent, without what the language leaves out
/// (arithmetic, the conditional, maps, messages). The first error of grammar ends the reading; errors that leave
/// the grammar intact, such as an unknown function, are all told.
/// </summary>
public sealed class ExpressionParser
{
    /// <summary>In UTF-16 units.</summary>
    public const int LengthMax = 3500;

    public const int NodesMax = 200;

    /// <summary>How many parentheses, brackets, calls, <c>!</c> and <c>-</c> may stand inside one another.</summary>
    public const int DepthMax = 20;

    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
        "namespace", "return", "var", "void", "while");

    private readonly string _text;
    private readonly Lexer _lexer;
    private readonly ImmutableArray<ExpressionError>.Builder _errors = ImmutableArray.CreateBuilder<ExpressionError>();
    private Token _token;
    private int _previousEnd;
    private int _nodes;
    private int _depth;

    private ExpressionParser(string text)
    {
        _text = text;
        _lexer = new(text);
    }

    /// <summary>Never throws, whatever the text is.</summary>
    public static ExpressionParsing Parse(string text)
    {
        if (text.Length > LengthMax)
        {
            return new(null, [new(LengthMax, $"An expression has at most {LengthMax} characters; this one has {text.Length}.")]);
        }

        return new ExpressionParser(text).Run();
    }

    private ExpressionParsing Run()
    {
        _token = _lexer.Next();
        var expression = Or();
        if (expression is not null && _token.Kind != TokenKind.End) Unexpected("The expression should end here");

        // What the lexer could not read looks like the end; its own words are better than those about the end.
        if (_lexer.Error is { } error)
        {
            if (expression is null) _errors.RemoveAt(_errors.Count - 1);
            _errors.Add(error);
        }

        return new(_errors.Count == 0 ? expression : null, _errors.ToImmutable());
    }

    private Expression? Or()
    {
        var left = And();
        while (left is not null && _token.Kind == TokenKind.Or)
        {
            Advance();
            left = And() is { } right ? Binary(BinaryOperator.Or, left, right) : null;
        }

        return left;
    }

    private Expression? And()
    {
        var left = Relation();
        while (left is not null && _token.Kind == TokenKind.And)
        {
            Advance();
            left = Relation() is { } right ? Binary(BinaryOperator.And, left, right) : null;
        }

        return left;
    }

    private Expression? Relation()
    {
        var left = Unary();
        while (left is not null && RelationOperator() is { } relation)
        {
            Advance();
            left = Unary() is { } right ? Binary(relation, left, right) : null;
        }

        return left;
    }

    private BinaryOperator? RelationOperator() => _token.Kind switch
    {
        TokenKind.Equal => BinaryOperator.Equal,
        TokenKind.NotEqual => BinaryOperator.NotEqual,
        TokenKind.Less => BinaryOperator.Less,
        TokenKind.LessOrEqual => BinaryOperator.LessOrEqual,
        TokenKind.Greater => BinaryOperator.Greater,
        TokenKind.GreaterOrEqual => BinaryOperator.GreaterOrEqual,
        TokenKind.Identifier when Is("in") => BinaryOperator.In,
        _ => null,
    };

    private Expression? Unary()
    {
        if (_token.Kind is not (TokenKind.Not or TokenKind.Minus)) return Postfix();
        if (!Enter()) return null;

        int start = _token.Start;
        var kind = _token.Kind;
        Advance();
        Expression? result;
        if (kind == TokenKind.Minus && _token.Kind is TokenKind.Int or TokenKind.Double)
        {
            // A sign belongs to its number, or the smallest integer could not be written.
            result = Number(start) is { } number ? PostfixOf(number) : null;
        }
        else
        {
            var operand = Unary();
            result = operand is null ? null
                : Count(kind == TokenKind.Not ? new Expression.Not(start, operand) : new Expression.Negate(start, operand));
        }

        _depth--;
        return result;
    }

    private Expression? Postfix() => Primary() is { } operand ? PostfixOf(operand) : null;

    private Expression? PostfixOf(Expression operand)
    {
        var result = operand;
        while (result is not null)
        {
            if (_token.Kind == TokenKind.Dot) result = Member(result);
            else if (_token.Kind == TokenKind.OpenBracket) result = Index(result);
            else break;
        }

        return result;
    }

    private Expression? Member(Expression operand)
    {
        Advance();
        if (_token.Kind != TokenKind.Identifier || Is("in") || Is("true") || Is("false") || Is("null"))
        {
            Unexpected("The name of a field or a function should follow the dot");
            return null;
        }

        var name = _token;
        Advance();
        return _token.Kind == TokenKind.OpenParenthesis
            ? MemberCall(operand, name)
            : Count(new Expression.Select(operand.Position, operand, Text(name)));
    }

    private Expression? Index(Expression operand)
    {
        if (!Enter()) return null;

        Advance();
        var key = Or();
        if (key is null || !Expect(TokenKind.CloseBracket, "']'")) return null;

        _depth--;
        return Count(new Expression.Index(operand.Position, operand, key));
    }

    private Expression? Primary()
    {
        var token = _token;
        switch (token.Kind)
        {
            case TokenKind.Int or TokenKind.Uint or TokenKind.Double:
                return Number(token.Start);

            case TokenKind.String or TokenKind.Bytes:
                Advance();
                var value = TextLiteral.Read(_text, token, out var error);
                if (error is not null) _errors.Add(error);
                return Count(new Expression.Literal(token.Start, value ?? Value.Null));

            case TokenKind.OpenParenthesis:
                if (!Enter()) return null;
                Advance();
                var inner = Or();
                if (inner is null || !Expect(TokenKind.CloseParenthesis, "')'")) return null;
                _depth--;
                return inner;

            case TokenKind.OpenBracket:
                return List();

            case TokenKind.Identifier when !Is("in"):
                Advance();
                return _token.Kind == TokenKind.OpenParenthesis ? GlobalCall(token) : Name(token);

            default:
                Unexpected("A name, a value or '(' should stand here");
                return null;
        }
    }

    private Expression? Name(Token token)
    {
        string name = Text(token);
        switch (name)
        {
            case "true": return Count(new Expression.Literal(token.Start, Value.Of(true)));
            case "false": return Count(new Expression.Literal(token.Start, Value.Of(false)));
            case "null": return Count(new Expression.Literal(token.Start, Value.Null));
        }

        RefuseReserved(token);
        return Count(new Expression.Variable(token.Start, name));
    }

    /// <param name="start">Of the literal: of its sign where it has one.</param>
    private Expression? Number(int start)
    {
        var token = _token;
        Advance();
        bool isNegative = start < token.Start;
        string digits = (isNegative ? "-" : "") + Text(token);
        if (NumberValue(token.Kind, digits) is not { } value)
        {
            _errors.Add(new(start, token.Kind switch
            {
                TokenKind.Int => $"{digits} does not fit 64 bits; write it with a fraction, as {digits}.0, to compare roughly.",
                TokenKind.Uint => $"{digits} does not fit 64 bits.",
                _ => $"{digits} is beyond the range of a double, about 1.8e308.",
            }));
            value = Value.Of(0);
        }

        return Count(new Expression.Literal(start, value));
    }

    private static Value? NumberValue(TokenKind kind, string digits)
    {
        if (kind == TokenKind.Double)
        {
            double number = double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
            return double.IsFinite(number) ? Value.Of(number) : null;
        }

        bool isNegative = digits.StartsWith('-');
        string rest = digits[(isNegative ? 1 : 0)..].TrimEnd('u', 'U');
        bool isHex = rest.Length > 1 && rest[1] is 'x' or 'X';
        if (isHex) rest = rest[2..];

        if (!ulong.TryParse(rest, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong size))
        {
            return null;
        }

        if (kind == TokenKind.Uint) return Value.Of(size);
        if (isNegative) return size <= 1UL << 63 ? Value.Of(unchecked(-(long)size)) : null;

        return size <= long.MaxValue ? Value.Of((long)size) : null;
    }

    private Expression? List()
    {
        if (!Enter()) return null;

        int start = _token.Start;
        Advance();
        if (Items(TokenKind.CloseBracket, "']'") is not { } items) return null;

        _depth--;
        return Count(new Expression.List(start, items));
    }

    /// <summary>Expressions with commas, up to and with the closing token; one comma may stand behind the last.</summary>
    private ImmutableArray<Expression>? Items(TokenKind close, string closeText)
    {
        var items = ImmutableArray.CreateBuilder<Expression>();
        while (_token.Kind != close)
        {
            if (Or() is not { } item) return null;

            items.Add(item);
            if (_token.Kind != TokenKind.Comma) break;

            Advance();
            if (_token.Kind == close && close == TokenKind.CloseParenthesis)
            {
                Unexpected("Another argument should follow the comma");
                return null;
            }
        }

        return Expect(close, $"',' or {closeText}") ? items.ToImmutable() : null;
    }

    private ImmutableArray<Expression>? Arguments()
    {
        if (!Enter()) return null;

        Advance();
        var items = Items(TokenKind.CloseParenthesis, "')'");
        _depth--;
        return items;
    }

    private Expression? GlobalCall(Token token)
    {
        string name = Text(token);
        if (Arguments() is not { } arguments) return null;

        switch (name)
        {
            case "has":
                return Has(token, arguments);

            case "exists" or "all":
                return Wrong(token, $"{name} is written list.{name}(item, condition).");
        }

        if (Functions.Find(name) is not { } form)
        {
            if (!RefuseReserved(token)) _errors.Add(new(token.Start, Functions.Unknown(name)));
            return Wrong(token);
        }

        return form.IsGlobal
            ? Call(form, token, token.Start, arguments, written: arguments.Length)
            : Wrong(token, $"{name} is written {form.Example}.");
    }

    private Expression? MemberCall(Expression operand, Token token)
    {
        string name = Text(token);
        if (Arguments() is not { } arguments) return null;

        switch (name)
        {
            case "has":
                return Wrong(token, "has is written has(a.b).");

            case "exists" or "all":
                return Quantifier(operand, name == "all", token, arguments);
        }

        if (Functions.Find(name) is not { } form) return Wrong(token, Functions.Unknown(name));

        return form.IsMember
            ? Call(form, token, operand.Position, arguments.Insert(0, operand), written: arguments.Length)
            : Wrong(token, $"{name} is written {form.Example}.");
    }

    private Expression? Call(FunctionForm form, Token token, int start, ImmutableArray<Expression> arguments, int written)
    {
        if (arguments.Length != form.Arguments)
        {
            int right = form.Arguments - (arguments.Length - written);
            return Wrong(token, $"{form.Name} takes {right} {(right == 1 ? "argument" : "arguments")} here, not {written}: {form.Example}.");
        }

        if (form.Function == Function.Matches
            && arguments[1] is Expression.Literal { Value: { Kind: ValueKind.String } pattern } literal
            && TextPattern.Find(pattern.AsString) is { Error: { } wrong })
        {
            _errors.Add(new(literal.Position, wrong));
        }

        return Count(new Expression.Call(start, form.Function, arguments));
    }

    private Expression? Has(Token token, ImmutableArray<Expression> arguments) => arguments switch
    {
        // In a filter a field of the resource is a plain name; binding refuses other plain names.
        [Expression.Select or Expression.Variable] => Count(new Expression.Has(token.Start, arguments[0])),

        // The way to write a name such as "content-type".
        [Expression.Index { Key: Expression.Literal { Value: { Kind: ValueKind.String } name } } index] =>
            Count(new Expression.Has(token.Start, new Expression.Select(index.Position, index.Operand, name.AsString))),

        _ => Wrong(token, "has takes one field, as in has(a.b) or has(a[\"b\"])."),
    };

    private Expression? Quantifier(Expression range, bool isAll, Token token, ImmutableArray<Expression> arguments)
    {
        if (arguments is not [Expression.Variable item, var body])
        {
            string name = Text(token);
            return Wrong(token, $"{name} takes a name and a condition, as in list.{name}(item, item > 0).");
        }

        return Count(new Expression.Quantifier(range.Position, isAll, range, item.Name, body));
    }

    private Expression? Binary(BinaryOperator binary, Expression left, Expression right) =>
        Count(new Expression.Binary(left.Position, binary, left, right));

    /// <summary>Notes an error that leaves the grammar intact; reading goes on with something in its place.</summary>
    private Expression.Literal Wrong(Token token, string? message = null)
    {
        if (message is not null) _errors.Add(new(token.Start, message));
        return new(token.Start, Value.Null);
    }

    private bool RefuseReserved(Token token)
    {
        if (!Reserved.Contains(Text(token))) return false;

        _errors.Add(new(token.Start, $"'{Text(token)}' is reserved by CEL and names nothing; after a dot it is allowed."));
        return true;
    }

    /// <summary>One node more, or the error that there are too many.</summary>
    private Expression? Count(Expression expression)
    {
        if (++_nodes <= NodesMax) return expression;

        _errors.Add(new(expression.Position, $"An expression has at most {NodesMax} parts; write a shorter one."));
        return null;
    }

    /// <summary>One level deeper; this is what keeps the parser's own stack small. The caller leaves the level again.</summary>
    private bool Enter()
    {
        if (++_depth <= DepthMax) return true;

        _errors.Add(new(_token.Start, $"Parentheses, brackets, calls, '!' and '-' stand at most {DepthMax} deep inside one another."));
        return false;
    }

    private bool Expect(TokenKind kind, string what)
    {
        if (_token.Kind == kind)
        {
            Advance();
            return true;
        }

        Unexpected($"{what} should stand here");
        return false;
    }

    /// <summary>Tells what is there, and what it would be right to write.</summary>
    /// <param name="expectation">Without a full stop.</param>
    private void Unexpected(string expectation)
    {
        string found = Text(_token);
        string message = found switch
        {
            "" => $"{expectation}, but the text ends.",
            "+" or "-" or "*" or "/" or "%" => $"'{found}' is not part of the language; there is no arithmetic: compute before, and compare with the result.",
            "?" => "'?' is not part of the language; write a condition with && and ||.",
            "{" => "'{' is not part of the language; there are no maps or messages: compare field by field, as in a.b == 1 && a.c == 2.",
            "=" => "'=' is no operator; equality is '=='.",
            "&" => "'&' is no operator; and is '&&'.",
            "|" => "'|' is no operator; or is '||'.",
            "`" => "'`' is not part of the language; write such a name as an index: a[\"b-c\"].",
            ">" when _token.Start > 0 && _text[_token.Start - 1] == '<' => "'<>' is no operator; inequality is '!='.",
            _ when found.Equals("and", StringComparison.OrdinalIgnoreCase) => $"'{found}' is no operator; and is '&&'.",
            _ when found.Equals("or", StringComparison.OrdinalIgnoreCase) => $"'{found}' is no operator; or is '||'.",
            _ when _previousEnd > 0 && IsNotBefore() => "'not' is no operator; not is '!'.",
            _ => $"{expectation}, not '{Shorten(found)}'.",
        };
        _errors.Add(new(_token.Start, message));

        bool IsNotBefore() => _text.AsSpan(0, _previousEnd).EndsWith("not", StringComparison.OrdinalIgnoreCase)
            && (_previousEnd == 3 || !Lexer.IsNamePart(_text[_previousEnd - 4]));
    }

    private static string Shorten(string found) =>
        found.Length <= 40 ? found : found[..(char.IsHighSurrogate(found[38]) ? 38 : 39)] + "…";

    private void Advance()
    {
        _previousEnd = _token.End;
        _token = _lexer.Next();
    }

    private bool Is(string word) => _token.Length == word.Length && string.CompareOrdinal(_text, _token.Start, word, 0, word.Length) == 0;

    private string Text(Token token) => _text[token.Start..token.End];
}

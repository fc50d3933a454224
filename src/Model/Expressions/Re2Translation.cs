using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stateway.Model.Expressions;

/// <summary>
/// Reads RE2's syntax and writes the same pattern in .NET's, which matches UTF-16 units where RE2 matches code
/// points, and takes <c>\d</c>, <c>\w</c> and <c>$</c> for more than RE2 does. Groups only group: nothing is captured.
/// </summary>
/// <remarks>Not there: <c>\C</c>, scripts such as <c>\p{Greek}</c>; <c>\b</c> and categories know the letters up to U+FFFF.</remarks>
internal sealed class Re2Translation
{
    /// <summary>In UTF-16 units.</summary>
    public const int LengthMax = 1000;

    /// <summary>Characters and classes after counted repetitions are written out: what a match costs per character at worst.</summary>
    public const int SizeMax = 1000;

    private const int DepthMax = 50;
    private const int RepeatMax = 1000; // as in RE2

    private readonly string _pattern;
    private readonly StringBuilder _output = new();
    private int _position;
    private int _depth;
    private string? _error;

    /// <summary>Up to here characters are literal; what lies behind is not in <c>\Q…\E</c>.</summary>
    private int _quotationEnd;

    /// <summary>Flags in force: i ignores case, m lets ^ and $ stand at lines, s lets the dot match a line's end.</summary>
    private (bool I, bool M, bool S) _flags;

    private Re2Translation(string pattern) => _pattern = pattern;

    /// <returns>Null with what is wrong.</returns>
    public static string? Translate(string pattern, out string? error)
    {
        if (pattern.Length > LengthMax)
        {
            error = $"A pattern has at most {LengthMax} characters.";
            return null;
        }

        var translation = new Re2Translation(pattern);
        int size = translation.Alternatives();
        if (translation._error is null && translation._position < pattern.Length) translation.Fail("')' closes nothing; write '\\)'");
        if (translation._error is null && size > SizeMax) translation.Fail($"its repetitions come to {size} characters, and {SizeMax} are allowed");

        error = translation._error is { } wrong ? $"The pattern is wrong: {wrong}." : null;
        return error is null ? translation._output.ToString() : null;
    }

    private bool IsQuoted => _position < _quotationEnd;

    private bool IsAtEnd => _error is not null || _position >= _pattern.Length;

    /// <returns>The size, of all alternatives together; capped, so that it never overflows.</returns>
    private int Alternatives()
    {
        int size = Sequence();
        while (!IsAtEnd && _pattern[_position] == '|')
        {
            _position++;
            _output.Append('|');
            size += Sequence();
        }

        return Math.Min(size, 1_000_000);
    }

    private int Sequence()
    {
        int size = 0;
        while (!IsAtEnd && (IsQuoted || _pattern[_position] is not ('|' or ')'))) size += Repetition();
        return size;
    }

    private int Repetition()
    {
        int start = _output.Length;
        int size = Atom(out bool isRepeatable);
        if (!TryTakeCount(out int min, out int max)) return size;

        if (!isRepeatable) return Fail("there is nothing in front of the repetition that could be repeated");

        // Laziness changes what is captured, never whether there is a match.
        if (!IsAtEnd && _pattern[_position] == '?') _position++;
        if (TryTakeCount(out _, out _)) return Fail("a repetition follows a repetition; put the first in parentheses");

        _output.Insert(start, "(?:").Append(')').Append(CultureInfo.InvariantCulture, $"{{{min},{(max < 0 ? "" : max)}}}");
        return (int)Math.Min((long)size * Math.Max(1, Math.Max(min, max)), 1_000_000);
    }

    /// <param name="max">-1 for any number.</param>
    private bool TryTakeCount(out int min, out int max)
    {
        (min, max) = (0, -1);
        if (IsAtEnd || IsQuoted) return false;

        switch (_pattern[_position])
        {
            case '*': _position++; return true;
            case '+': _position++; min = 1; return true;
            case '?': _position++; max = 1; return true;
            case '{': return TryTakeBraces(out min, out max);
            default: return false;
        }
    }

    /// <summary>What is no count, such as <c>{,3}</c>, is literal text in RE2.</summary>
    private bool TryTakeBraces(out int min, out int max)
    {
        (min, max) = (0, -1);
        int close = _pattern.IndexOf('}', _position);
        if (close < 0) return false;

        var inside = _pattern.AsSpan(_position + 1, close - _position - 1);
        int comma = inside.IndexOf(',');
        var first = comma < 0 ? inside : inside[..comma];
        var second = comma < 0 ? first : inside[(comma + 1)..];
        if (!IsNumber(first) || !second.IsEmpty && !IsNumber(second)) return false;

        min = Number(first);
        max = second.IsEmpty ? -1 : Number(second);
        if (min > RepeatMax || max > RepeatMax) Fail($"a repetition counts to {RepeatMax} at most");
        else if (max >= 0 && max < min) Fail($"'{{{inside}}}' counts backwards");
        _position = close + 1;
        return true;

        static bool IsNumber(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');
        static int Number(ReadOnlySpan<char> text) => int.TryParse(text, CultureInfo.InvariantCulture, out int n) ? n : int.MaxValue;
    }

    /// <returns>The size of what was read.</returns>
    private int Atom(out bool isRepeatable)
    {
        isRepeatable = true;
        if (IsQuoted) return QuotedCharacter();

        char c = _pattern[_position];
        switch (c)
        {
            case '(':
                return Group(out isRepeatable);

            case '[':
                _position++;
                return Emit(ReadClass());

            case '.':
                _position++;
                return Emit(_flags.S ? CodePointSet.All : CodePointSet.Of('\n').Complement());

            case '^':
                _position++;
                _output.Append(_flags.M ? "(?m:^)" : "\\A");
                return 1;

            case '$':
                _position++;
                _output.Append(_flags.M ? "(?m:$)" : "\\z");
                return 1;

            case '*' or '+' or '?':
                isRepeatable = false;
                return Fail($"'{c}' repeats nothing; write '\\{c}' for the character");

            case '\\':
                return Escape(out isRepeatable);

            default:
                return EmitLiteral(TakeCodePoint());
        }
    }

    private int Group(out bool isRepeatable)
    {
        isRepeatable = true;
        if (++_depth > DepthMax) return Fail($"groups stand at most {DepthMax} deep inside one another");

        var outer = _flags;
        _position++;
        if (At(0) == '?' && !TryTakeName())
        {
            if (!TryTakeFlags()) return 0;

            if (At(0) == ')')
            {
                // (?i) holds up to the end of the group around it.
                _position++;
                _depth--;
                isRepeatable = false;
                return 0;
            }

            _position++; // the colon
        }

        _output.Append("(?:");
        int size = Alternatives();
        if (At(0) != ')') return Fail("'(' is not closed");

        _position++;
        _output.Append(')');
        _flags = outer;
        _depth--;
        return size + 1;
    }

    /// <summary><c>?P&lt;name&gt;</c> and <c>?&lt;name&gt;</c>; the name is dropped.</summary>
    private bool TryTakeName()
    {
        int open = At(1) == 'P' ? 2 : 1;
        if (At(open) != '<' || At(open + 1) is '=' or '!') return false;

        int close = _pattern.IndexOf('>', _position);
        var name = close < 0 ? [] : _pattern.AsSpan((_position + open + 1)..close);
        if (name.IsEmpty || name.ContainsAnyExcept(NameCharacters)) Fail("the name of a group is letters, digits and '_' in '<' and '>'");
        else _position = close + 1;
        return true;
    }

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    /// <summary>Up to, not with, the colon or the closing parenthesis.</summary>
    private bool TryTakeFlags()
    {
        _position++;
        bool value = true;
        while (true)
        {
            switch (At(0))
            {
                case 'i': _flags.I = value; break;
                case 'm': _flags.M = value; break;
                case 's': _flags.S = value; break;
                case 'U': break; // which repetitions are lazy makes no difference to a match
                case '-' when value: value = false; break;
                case ':' or ')': return true;
                default:
                    Fail("'(?' begins a group with the flags i, m, s, U or a name; there is no looking ahead or behind");
                    return false;
            }

            _position++;
        }
    }

    private int Escape(out bool isRepeatable)
    {
        isRepeatable = true;
        char c = At(1);
        switch (c)
        {
            case 'A' or 'z' or 'b' or 'B':
                _position += 2;
                _output.Append('\\').Append(c);
                return 1;

            case 'Q':
                isRepeatable = false;
                BeginQuotation();
                return 0;
        }

        if (TryTakeClassEscape(out var set)) return Emit(set);

        return TakeEscapedCodePoint() is { } code ? EmitLiteral(code) : 0;
    }

    /// <summary><c>\Q…\E</c>: everything between is literal; a repetition behind it is about the last character.</summary>
    private void BeginQuotation()
    {
        _position += 2;
        int end = _pattern.IndexOf("\\E", _position, StringComparison.Ordinal);
        _quotationEnd = end < 0 ? _pattern.Length : end;
        EndQuotation();
    }

    private int QuotedCharacter()
    {
        int size = EmitLiteral(TakeCodePoint());
        EndQuotation();
        return size;
    }

    private void EndQuotation()
    {
        if (!IsQuoted && _position < _pattern.Length) _position += 2;
    }

    /// <summary><c>\d \w \s \p{L}</c> and their opposites.</summary>
    private bool TryTakeClassEscape(out CodePointSet set)
    {
        char c = At(1);
        CodePointSet? perl = char.ToLowerInvariant(c) switch
        {
            'd' => CodePointSet.Digits,
            'w' => CodePointSet.Word,
            's' => CodePointSet.Of('\t', '\n', '\f', '\r', ' '),
            _ => null,
        };
        if (perl is not null)
        {
            set = char.IsAsciiLetterUpper(c) ? perl.Complement() : perl;
            _position += 2;
            return true;
        }

        set = CodePointSet.All;
        if (c is not ('p' or 'P')) return false;

        int close = At(2) == '{' ? _pattern.IndexOf('}', _position) : _position + 2;
        string name = close < 0 || close >= _pattern.Length ? ""
            : At(2) == '{' ? _pattern[(_position + 3)..close]
            : _pattern[close].ToString();
        bool isNegated = c == 'P' ^ name.StartsWith('^');
        if (CodePointSet.OfCategory(name.TrimStart('^'), isNegated) is not { } category)
        {
            Fail($"'\\{c}' takes a category such as \\pL, \\p{{Lu}} or \\p{{Nd}}");
            return true;
        }

        set = category;
        _position = close + 1;
        return true;
    }

    /// <returns>Null with an error.</returns>
    private int? TakeEscapedCodePoint()
    {
        char c = At(1);
        _position += 2;
        switch (c)
        {
            case 'a': return '\a';
            case 'f': return '\f';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'v': return '\v';
            case 'x': return TakeHexadecimal();
            case '0' or >= '1' and <= '7' when c == '0' || char.IsBetween(At(0), '0', '7'):
                int octal = c - '0';
                for (int i = 0; i < 2 && char.IsBetween(At(0), '0', '7'); i++) octal = octal * 8 + (_pattern[_position++] - '0');
                return octal;
            case '\0':
                Fail("a '\\' stands at the end; write '\\\\' for the character");
                return null;
            case < '\x80' when !char.IsAsciiLetterOrDigit(c):
                return c;
            default:
                Fail(char.IsAsciiDigit(c) ? "there are no references back" : $"'\\{c}' is no escape");
                return null;
        }
    }

    /// <summary><c>\x7F</c> and <c>\x{10FFFF}</c>.</summary>
    private int? TakeHexadecimal()
    {
        int close = At(0) == '{' ? _pattern.IndexOf('}', _position) : _position + 1;
        string digits = close < 0 || close >= _pattern.Length ? ""
            : At(0) == '{' ? _pattern[(_position + 1)..close]
            : _pattern.Substring(_position, 2);
        if (digits.Length is < 1 or > 6
            || !int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
            || code is > 0x10FFFF or >= 0xD800 and <= 0xDFFF)
        {
            Fail("'\\x' takes 2 hexadecimal digits, or a code point in braces");
            return null;
        }

        _position = close + 1;
        return code;
    }

    /// <summary>Behind the opening bracket.</summary>
    private CodePointSet ReadClass()
    {
        bool isNegated = At(0) == '^';
        if (isNegated) _position++;

        var set = CodePointSet.None;
        bool isFirst = true;
        while (_error is null && (At(0) != ']' || isFirst))
        {
            if (_position >= _pattern.Length)
            {
                Fail("'[' is not closed");
                break;
            }

            isFirst = false;
            set = set.Union(ReadClassItem());
        }

        _position++;
        if (_flags.I) set = set.Folded();
        return isNegated ? set.Complement() : set;
    }

    private CodePointSet ReadClassItem()
    {
        if (At(0) == '[' && At(1) == ':') return ReadNamedClass();
        if (At(0) == '\\' && TryTakeClassEscape(out var set)) return set;
        if (TakeClassCodePoint() is not { } first) return CodePointSet.None;
        if (At(0) != '-' || At(1) is ']' or '\0') return CodePointSet.OfRange(first, first);

        _position++;
        if (TakeClassCodePoint() is not { } last) return CodePointSet.None;
        if (last >= first) return CodePointSet.OfRange(first, last);

        Fail("a range in brackets runs backwards");
        return CodePointSet.None;
    }

    private int? TakeClassCodePoint() => At(0) == '\\' ? TakeEscapedCodePoint() : TakeCodePoint();

    /// <summary><c>[:alpha:]</c> and <c>[:^alpha:]</c>.</summary>
    private CodePointSet ReadNamedClass()
    {
        int close = _pattern.IndexOf(":]", _position + 2, StringComparison.Ordinal);
        string name = close < 0 ? "" : _pattern[(_position + 2)..close];
        if (CodePointSet.OfName(name.TrimStart('^')) is not { } set)
        {
            Fail($"'[:{name}:]' is no class; there are alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, space, upper, word and xdigit");
            return CodePointSet.None;
        }

        _position = close + 2;
        return name.StartsWith('^') ? set.Complement() : set;
    }

    private int EmitLiteral(int code)
    {
        var set = CodePointSet.OfRange(code, code);
        return Emit(_flags.I ? set.Folded() : set);
    }

    private int Emit(CodePointSet set)
    {
        set.WriteTo(_output);
        return 1;
    }

    private int TakeCodePoint()
    {
        // Literals of the language hold whole characters; text from elsewhere may not.
        bool isPair = char.IsHighSurrogate(At(0)) && char.IsLowSurrogate(At(1));
        int code = isPair ? char.ConvertToUtf32(_pattern, _position) : _pattern[_position];
        _position += isPair ? 2 : 1;
        return code;
    }

    private int Fail(string error)
    {
        _error ??= error;
        return 0;
    }

    private char At(int offset) => _position + offset < _pattern.Length ? _pattern[_position + offset] : '\0';
}

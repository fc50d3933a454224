using System.Globalization;
using System.Text;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>
/// Reads a regular expression of ECMA-262 (in Unicode mode, but as lenient as engines are about <c>{</c>, <c>}</c>,
/// <c>]</c> and needless escapes of punctuation), and writes it as a .NET pattern that means the same for
/// well-formed text and a mere yes or no. Only <c>\b</c> differs: .NET's words have all of Unicode's letters.
/// </summary>
internal sealed class EcmaPattern
{
    private const int DepthMax = 200;
    private const int SizeMax = 100_000;
    private const int CharactersMax = 10_000;

    private static readonly CodePointSet s_digit = CodePointSet.Of(('0', '9'));
    private static readonly CodePointSet s_word = CodePointSet.Of(('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z'));
    private static readonly CodePointSet s_lineEnd = CodePointSet.Of(('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029));
    private static readonly CodePointSet s_space = CodePointSet.Of(
        (9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
        (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));

    private readonly string _source;
    private readonly StringBuilder _output = new();
    private readonly List<CodePointSet> _sets = [];
    private readonly HashSet<string> _groupNames = [];
    private readonly List<string> _groupReferences = [];
    private int _groups;
    private int _referenceMax;
    private int _at;
    private int _depth;
    private string? _error;

    // Read twice: first to collect the sets, then, when their classes are known, to translate.
    private EcmaPattern(string source, SupplementaryClasses? classes) => (_source, Classes) = (source, classes);

    /// <summary>The .NET pattern.</summary>
    public string Translation => _output.ToString();

    /// <summary>What the text must be transcoded by.</summary>
    public SupplementaryClasses? Classes { get; }

    /// <summary>What it needs that takes more than linear time; null when nothing.</summary>
    public string? NotLinear { get; private set; }

    /// <summary>Whether it is a regular expression at all, in linear time or not.</summary>
    public static bool IsValid(string source)
    {
        var pattern = new EcmaPattern(source, classes: null);
        pattern.ReadWhole();
        return pattern._error is null;
    }

    /// <param name="why">Why the source is no regular expression, as a sentence.</param>
    public static EcmaPattern? TryRead(string source, out string? why)
    {
        var first = new EcmaPattern(source, classes: null);
        first.ReadWhole();
        var classes = new SupplementaryClasses(first._error is null ? first._sets : []);
        if (classes.IsTooMany) first.Fail("it has too many sets of characters beyond U+FFFF");
        why = first._error;
        if (why is not null) return null;

        var pattern = new EcmaPattern(source, classes);
        pattern.ReadWhole();
        return pattern;
    }

    private bool AtEnd => _at >= _source.Length || _error is not null;
    private char Next => _source[_at];
    private bool IsNext(char c) => !AtEnd && Next == c;
    private bool IsNext(string text) => _error is null && string.CompareOrdinal(_source, _at, text, 0, text.Length) == 0;

    private bool Skip(string text)
    {
        if (!IsNext(text)) return false;
        _at += text.Length;
        return true;
    }

    private void Fail(string what)
    {
        _error ??= $"At character {_at + 1}: {what}.";
    }

    private void ReadWhole()
    {
        if (_source.Length > CharactersMax) Fail($"it is longer than {CharactersMax} characters");
        ReadAlternatives();
        if (!AtEnd) Fail("')' has no '('");
        if (_error is not null) return;

        if (_referenceMax > _groups) Fail($"there is no group {_referenceMax}");
        foreach (string name in _groupReferences)
        {
            if (!_groupNames.Contains(name)) Fail($"there is no group named {name}");
        }
    }

    /// <returns>The size: how many atoms there are, counted as often as they are repeated by number.</returns>
    private long ReadAlternatives()
    {
        long size = 0;
        if (++_depth > DepthMax) Fail($"groups are nested deeper than {DepthMax}");
        while (!AtEnd && Next != ')')
        {
            if (Skip("|")) _output.Append('|');
            else size += ReadTerm();
            if (size > SizeMax) Fail($"with its repetitions it has more than {SizeMax} parts");
        }

        _depth--;
        return size;
    }

    private long ReadTerm()
    {
        if (ReadAssertion())
        {
            if (!AtEnd && Next is '*' or '+' or '?') Fail("an assertion can't be repeated");
            return 1;
        }

        int start = _output.Length;
        long size = ReadAtom();
        if (AtEnd) return size;

        long times = ReadQuantifier(out string? quantifier);
        if (quantifier is null) return size;

        if (Classes is not null) _output.Insert(start, "(?:").Append(')').Append(quantifier);
        Skip("?"); // whether it prefers more or less does not change whether it matches
        if (!AtEnd && Next is '*' or '+' or '?') Fail("there is nothing to repeat");
        return size * Math.Max(times, 1);
    }

    private bool ReadAssertion()
    {
        if (Skip("^")) _output.Append('^');
        else if (Skip("$")) _output.Append(@"\z");
        else if (Skip(@"\b")) _output.Append(@"\b");
        else if (Skip(@"\B")) _output.Append(@"\B");
        else if (Skip("(?=") || Skip("(?!")) ReadLook("a look-ahead, (?=…) or (?!…)");
        else if (Skip("(?<=") || Skip("(?<!")) ReadLook("a look-behind, (?<=…) or (?<!…)");
        else return false;

        return true;
    }

    private void ReadLook(string what)
    {
        NotLinear ??= what;
        ReadAlternatives();
        if (!Skip(")")) Fail("')' is missing");
    }

    /// <returns>Its size.</returns>
    private long ReadAtom()
    {
        switch (Next)
        {
            case '.':
                _at++;
                Write(s_lineEnd.Complement());
                break;
            case '(':
                return ReadGroup();
            case '[':
                _at++;
                Write(ReadClass());
                break;
            case '\\':
                ReadEscapedAtom();
                break;
            case '*' or '+' or '?':
                Fail("there is nothing to repeat");
                break;
            case '{' when ReadBraces(out _, out _):
                Fail("there is nothing to repeat");
                break;
            default:
                WriteCodePoint(ReadCodePoint());
                break;
        }

        return 1;
    }

    private long ReadGroup()
    {
        int open = _at++;
        if (Skip("?<"))
        {
            string name = ReadGroupName();
            if (!_groupNames.Add(name)) Fail($"there are two groups named {name}");
            _groups++;
        }
        else if (!Skip("?:"))
        {
            if (IsNext('?')) Fail("after '(?' one of : = ! < must follow");
            _groups++;
        }

        _output.Append("(?:");
        long size = ReadAlternatives();
        _output.Append(')');
        if (Skip(")") || _error is not null) return size;

        _at = open;
        Fail("'(' has no ')'");
        return size;
    }

    private string ReadGroupName()
    {
        int end = _source.IndexOf('>', _at);
        string name = end < 0 ? "" : _source[_at..end];
        bool valid = name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '$');
        if (!valid) Fail("a group's name is missing or wrong");
        else _at = end + 1;
        return name;
    }

    /// <returns>How often at most, where that is a count; else 1.</returns>
    private long ReadQuantifier(out string? quantifier)
    {
        quantifier = null;
        if (Skip("*")) quantifier = "*";
        else if (Skip("+")) quantifier = "+";
        else if (Skip("?")) quantifier = "?";
        if (quantifier is not null) return 1;

        int open = _at;
        if (!IsNext('{') || !ReadBraces(out long min, out long? max)) return 1;

        if (max < min)
        {
            _at = open;
            Fail("the numbers in the braces are out of order");
        }

        quantifier = max == min ? $"{{{min}}}" : $"{{{min},{max}}}";
        return Math.Max(min, max ?? 1);
    }

    /// <summary>
    /// Reads <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c>; anything else is left, as braces that stand for themselves.
    /// </summary>
    private bool ReadBraces(out long min, out long? max)
    {
        max = null;
        int open = _at++;
        bool read = ReadCount(out min);
        if (read && Skip(","))
        {
            if (ReadCount(out long upper)) max = upper;
        }
        else
        {
            max = min;
        }

        if (read && Skip("}")) return true;
        _at = open;
        return false;
    }

    private bool ReadCount(out long count)
    {
        int start = _at;
        count = 0;
        while (!AtEnd && char.IsAsciiDigit(Next)) count = Math.Min(count * 10 + (_source[_at++] - '0'), int.MaxValue);
        return _at > start;
    }

    private int ReadCodePoint()
    {
        int point = char.IsSurrogatePair(_source, _at) ? char.ConvertToUtf32(_source, _at) : _source[_at];
        _at += point > 0xFFFF ? 2 : 1;
        return point;
    }

    private void Write(CodePointSet set)
    {
        if (Classes is null) _sets.Add(set);
        else set.WriteTo(_output, Classes);
    }

    private void WriteCodePoint(int point)
    {
        if (point > 0xFFFF) Write(CodePointSet.Of((point, point)));
        else if (char.IsAsciiLetterOrDigit((char)point)) _output.Append((char)point);
        else CodePointSet.AppendUnit(_output, point);
    }

    private void ReadEscapedAtom()
    {
        _at++;
        if (AtEnd)
        {
            Fail("'\\' is the last character");
        }
        else if (ReadClassEscape() is { } set)
        {
            Write(set);
        }
        else if (Next is >= '1' and <= '9')
        {
            ReadCount(out long group);
            _referenceMax = (int)Math.Max(_referenceMax, group);
            NotLinear ??= $"a back-reference, \\{group}";
        }
        else if (Skip("k<"))
        {
            _groupReferences.Add(ReadGroupName());
            NotLinear ??= "a back-reference, \\k<…>";
        }
        else
        {
            WriteCodePoint(ReadCharacterEscape());
        }
    }

    /// <summary><c>\d</c> and its like; null, with nothing read, for any other escape.</summary>
    private CodePointSet? ReadClassEscape()
    {
        switch (Next)
        {
            case 'd' or 'D' or 'w' or 'W' or 's' or 'S':
                char c = _source[_at++];
                var set = char.ToLowerInvariant(c) switch { 'd' => s_digit, 'w' => s_word, _ => s_space };
                return char.IsAsciiLetterUpper(c) ? set.Complement() : set;
            case 'p' or 'P':
                return ReadProperty();
            default:
                return null;
        }
    }

    private CodePointSet ReadProperty()
    {
        bool negated = _source[_at++] == 'P';
        int end = IsNext('{') ? _source.IndexOf('}', _at) : -1;
        if (end < 0)
        {
            Fail("a property such as \\p{L} was expected");
            return s_digit;
        }

        string name = _source[(_at + 1)..end];
        if (UnicodeProperties.Find(name) is not { } set)
        {
            Fail($"\\p{{{name}}} is not known here; general categories such as \\p{{L}}, \\p{{Lu}}, \\p{{Letter}} are");
            return s_digit;
        }

        _at = end + 1;
        return negated ? set.Complement() : set;
    }

    /// <summary>An escape that is one character, after its backslash.</summary>
    private int ReadCharacterEscape()
    {
        char c = Next;
        switch (c)
        {
            case 't' or 'n' or 'v' or 'f' or 'r':
                _at++;
                return c switch { 't' => '\t', 'n' => '\n', 'v' => '\v', 'f' => '\f', _ => '\r' };
            case 'c' when _at + 1 < _source.Length && char.IsAsciiLetter(_source[_at + 1]):
                _at += 2;
                return _source[_at - 1] & 0x1F;
            case '0' when _at + 1 >= _source.Length || !char.IsAsciiDigit(_source[_at + 1]):
                _at++;
                return 0;
            case 'x':
                _at++;
                return ReadHex(2);
            case 'u':
                _at++;
                return ReadUnicodeEscape();
            default:
                if (!char.IsAsciiLetterOrDigit(c)) return ReadCodePoint();
                Fail($"\\{c} is no escape of ECMA-262");
                return c;
        }
    }

    private int ReadUnicodeEscape()
    {
        if (Skip("{"))
        {
            int end = _source.IndexOf('}', _at);
            bool read = TryParseHex(end < 0 ? "" : _source.AsSpan(_at, end - _at), out int point);
            if (!read || point is < 0 or > 0x10FFFF) Fail("a code point such as \\u{1F600} was expected");
            else _at = end + 1;
            return read ? point : 0;
        }

        int first = ReadHex(4);
        if (!char.IsHighSurrogate((char)first) || !IsNext(@"\u")) return first;

        int before = _at;
        _at += 2;
        int second = ReadHex(4);
        if (char.IsLowSurrogate((char)second)) return char.ConvertToUtf32((char)first, (char)second);

        _at = before;
        return first;
    }

    private int ReadHex(int digits)
    {
        int value = 0;
        bool read = _at + digits <= _source.Length && TryParseHex(_source.AsSpan(_at, digits), out value);
        if (!read) Fail($"{digits} hexadecimal digits were expected");
        else _at += digits;
        return value;
    }

    private static bool TryParseHex(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    /// <summary>A class, after its opening bracket.</summary>
    private CodePointSet ReadClass()
    {
        int open = _at - 1;
        bool negated = Skip("^");
        var ranges = new List<(int, int)>();
        while (!AtEnd && Next != ']')
        {
            int from = ReadClassMember(ranges);
            if (!IsNext('-') || _at + 1 >= _source.Length || _source[_at + 1] == ']')
            {
                if (from >= 0) ranges.Add((from, from));
                continue;
            }

            _at++;
            int to = ReadClassMember(ranges);
            if (from < 0 || to < 0)
            {
                // Beside \d and its like, the dash stands for itself.
                ranges.Add(('-', '-'));
                if (from >= 0) ranges.Add((from, from));
                if (to >= 0) ranges.Add((to, to));
            }
            else if (from > to)
            {
                Fail("a range is out of order");
            }
            else
            {
                ranges.Add((from, to));
            }
        }

        if (!Skip("]") && _error is null)
        {
            _at = open;
            Fail("'[' has no ']'");
        }

        var set = new CodePointSet(ranges);
        return negated ? set.Complement() : set;
    }

    /// <returns>The character; or -1 for a class such as <c>\d</c>, which is added to the ranges.</returns>
    private int ReadClassMember(List<(int, int)> ranges)
    {
        if (!Skip("\\")) return ReadCodePoint();
        if (AtEnd)
        {
            Fail("'\\' is the last character");
            return -1;
        }

        if (ReadClassEscape() is { } set)
        {
            ranges.AddRange(set.Ranges);
            return -1;
        }

        return Skip("b") ? '\b' : ReadCharacterEscape();
    }
}

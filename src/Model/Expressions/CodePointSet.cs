using System.Globalization;
using System.Text;

namespace Stateway.Model.Expressions;

/// <summary>
/// Characters that a pattern's class allows: ranges of code points, and general categories, which .NET only knows
/// for UTF-16 units. Written as a .NET pattern, a range above U+FFFF becomes pairs of surrogates.
/// </summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;
    private static readonly string[] Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
    ];

    /// <summary>In order, not touching one another.</summary>
    private readonly List<(int From, int To)> _ranges;

    /// <summary>Parts of a .NET class, such as <c>\p{L}</c>.</summary>
    private readonly string _categories;

    /// <summary>The set is everything but what the two say. Ranges alone are complemented at once.</summary>
    private readonly bool _isNegated;

    private CodePointSet(List<(int, int)> ranges, string categories = "", bool isNegated = false) =>
        (_ranges, _categories, _isNegated) = (ranges, categories, isNegated);

    public static CodePointSet None { get; } = new([]);

    public static CodePointSet All { get; } = OfRange(0, Last);

    public static CodePointSet Digits { get; } = OfRange('0', '9');

    public static CodePointSet Word { get; } = OfRanges("09AZaz__");

    public static CodePointSet Of(params ReadOnlySpan<char> characters)
    {
        var set = None;
        foreach (char c in characters) set = set.Union(OfRange(c, c));
        return set;
    }

    public static CodePointSet OfRange(int from, int to) => new([(from, to)]);

    /// <returns>Null when there is no such general category.</returns>
    public static CodePointSet? OfCategory(string name, bool isNegated) =>
        Array.IndexOf(Categories, name) < 0 ? null : new([], $"\\{(isNegated ? 'P' : 'p')}{{{name}}}");

    /// <returns>Null when POSIX has no such class.</returns>
    public static CodePointSet? OfName(string name) => name switch
    {
        "alnum" => OfRanges("09AZaz"),
        "alpha" => OfRanges("AZaz"),
        "ascii" => OfRange(0, 0x7F),
        "blank" => OfRanges("\t\t  "),
        "cntrl" => OfRanges("\0\x1F\x7F\x7F"),
        "digit" => Digits,
        "graph" => OfRanges("!~"),
        "lower" => OfRanges("az"),
        "print" => OfRanges(" ~"),
        "punct" => OfRanges("!/:@[`{~"),
        "space" => OfRanges("\t\r  "),
        "upper" => OfRanges("AZ"),
        "word" => Word,
        "xdigit" => OfRanges("09AFaf"),
        _ => null,
    };

    /// <summary>
    /// With the other case of each letter, before the set is negated. Of ranges, Latin, Greek, Cyrillic and Armenian;
    /// single characters above U+FFFF have no case here.
    /// </summary>
    public CodePointSet Folded()
    {
        const int lastOfRanges = 0x58F;

        var folded = new List<(int, int)>(_ranges);
        foreach (var (from, to) in _ranges)
        {
            for (int code = from; code <= (from == to ? Math.Min(to, 0xFFFF) : Math.Min(to, lastOfRanges)); code++)
            {
                char upper = char.ToUpperInvariant((char)code), lower = char.ToLowerInvariant((char)code);
                folded.Add((upper, upper));
                folded.Add((lower, lower));
            }
        }

        return new CodePointSet(Merge(folded), _categories, _isNegated);
    }

    public CodePointSet Union(CodePointSet other)
    {
        // A negated category inside brackets ("[\Pa]") is a category of its own, so that only whole classes are negated.
        return new(Merge([.. _ranges, .. other._ranges]), _categories + other._categories);
    }

    public CodePointSet Complement()
    {
        if (_categories.Length > 0) return new(_ranges, _categories, !_isNegated);

        var rest = new List<(int, int)>(_ranges.Count + 1);
        int from = 0;
        foreach (var range in _ranges)
        {
            if (range.From > from) rest.Add((from, range.From - 1));
            from = range.To + 1;
        }

        if (from <= Last) rest.Add((from, Last));
        return new(rest);
    }

    private static List<(int From, int To)> Merge(List<(int From, int To)> ranges)
    {
        ranges.Sort();
        var merged = new List<(int From, int To)>(ranges.Count);
        foreach (var range in ranges)
        {
            if (merged.Count > 0 && range.From <= merged[^1].To + 1) merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, range.To));
            else merged.Add(range);
        }

        return merged;
    }

    /// <summary>Writes a group or a class, so that a repetition behind it is about all of it.</summary>
    public void WriteTo(StringBuilder output)
    {
        var units = new StringBuilder(_categories);
        var pairs = new StringBuilder();
        foreach (var (from, to) in _ranges)
        {
            AppendUnits(units, from, Math.Min(to, 0xFFFF));
            if (to > 0xFFFF && !_isNegated) AppendPairs(pairs, Math.Max(from, 0x10000), to);
        }

        if (_isNegated)
        {
            units.Insert(0, "^\\ud800-\\udfff");
            foreach (var (from, to) in new CodePointSet(_ranges).Complement()._ranges)
            {
                if (to > 0xFFFF) AppendPairs(pairs, Math.Max(from, 0x10000), to);
            }
        }

        output.Append("(?:");
        if (units.Length > 0) output.Append('[').Append(units).Append(']');
        if (units.Length > 0 && pairs.Length > 0) output.Append('|');
        output.Append(pairs.Length > 0 ? pairs.ToString(1, pairs.Length - 1) : "");
        if (units.Length == 0 && pairs.Length == 0) output.Append("[^\\s\\S]"); // nothing at all
        output.Append(')');
    }

    /// <summary>The range without the surrogates in its midst, which are no characters.</summary>
    private static void AppendUnits(StringBuilder output, int from, int to)
    {
        if (from < 0xD800) AppendRange(output, from, Math.Min(to, 0xD7FF));
        if (to > 0xDFFF) AppendRange(output, Math.Max(from, 0xE000), to);
    }

    /// <summary>Up to three alternatives: the rest of the first high surrogate, whole ones, the beginning of the last.</summary>
    private static void AppendPairs(StringBuilder output, int from, int to)
    {
        var (high, low) = Split(from);
        var (highLast, lowLast) = Split(to);
        if (high == highLast)
        {
            AppendPair(output, high, high, low, lowLast);
            return;
        }

        if (low > 0xDC00) AppendPair(output, high, high++, low, 0xDFFF);
        bool isLastWhole = lowLast == 0xDFFF;
        int highWhole = isLastWhole ? highLast : highLast - 1;
        if (high <= highWhole) AppendPair(output, high, highWhole, 0xDC00, 0xDFFF);
        if (!isLastWhole) AppendPair(output, highLast, highLast, 0xDC00, lowLast);

        static (int High, int Low) Split(int code) => (0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF));
    }

    private static void AppendPair(StringBuilder output, int high, int highLast, int low, int lowLast)
    {
        output.Append("|[");
        AppendRange(output, high, highLast);
        output.Append("][");
        AppendRange(output, low, lowLast);
        output.Append(']');
    }

    private static void AppendRange(StringBuilder output, int from, int to)
    {
        if (from > to) return;

        output.Append(CultureInfo.InvariantCulture, $"\\u{from:x4}");
        if (to > from) output.Append(CultureInfo.InvariantCulture, $"-\\u{to:x4}");
    }

    /// <param name="pairs">First and last character of each range.</param>
    private static CodePointSet OfRanges(string pairs)
    {
        var set = None;
        for (int i = 0; i < pairs.Length; i += 2) set = set.Union(OfRange(pairs[i], pairs[i + 1]));
        return set;
    }
}

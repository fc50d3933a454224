using System.Globalization;
using System.Text;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>A set of Unicode code points, as ranges in order that neither overlap nor touch.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;
    private const int FirstSupplementary = 0x10000;

    private readonly (int From, int To)[] _ranges;

    public CodePointSet(IEnumerable<(int From, int To)> ranges)
    {
        var merged = new List<(int From, int To)>();
        foreach (var (from, to) in ranges.OrderBy(r => r.From))
        {
            if (merged.Count > 0 && from <= merged[^1].To + 1) merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else merged.Add((from, to));
        }

        _ranges = [.. merged];
    }

    public IReadOnlyList<(int From, int To)> Ranges => _ranges;

    public static CodePointSet Of(params (int From, int To)[] ranges) => new(ranges);

    public CodePointSet Complement()
    {
        var gaps = new List<(int, int)>();
        int next = 0;
        foreach (var (from, to) in _ranges)
        {
            if (from > next) gaps.Add((next, from - 1));
            next = to + 1;
        }

        if (next <= Last) gaps.Add((next, Last));
        return new(gaps);
    }

    /// <summary>
    /// As an atom of a .NET pattern, which matches UTF-16 units: what is beyond U+FFFF is pairs of surrogates,
    /// and the text has no surrogates but in pairs.
    /// </summary>
    public void WriteTo(StringBuilder pattern)
    {
        var alternatives = new List<string>();
        var basic = new StringBuilder();
        foreach (var (from, to) in _ranges)
        {
            AppendRange(basic, from, Math.Min(to, 0xD7FF));
            AppendRange(basic, Math.Max(from, 0xE000), Math.Min(to, 0xFFFF));
        }

        if (basic.Length > 0) alternatives.Add($"[{basic}]");
        AddPairs(alternatives);
        pattern.Append(alternatives.Count switch
        {
            0 => @"[^\u0000-\uFFFF]", // no code point at all
            1 => alternatives[0].Length > 0 && alternatives[0][0] == '[' && alternatives[0].IndexOf(']') == alternatives[0].Length - 1
                ? alternatives[0]
                : $"(?:{alternatives[0]})",
            _ => $"(?:{string.Join('|', alternatives)})",
        });
    }

    /// <summary>First surrogates that are followed by the same second ones share an alternative.</summary>
    private void AddPairs(List<string> alternatives)
    {
        var bySecond = new Dictionary<string, StringBuilder>();
        for (int first = 0xD800; first <= 0xDBFF; first++)
        {
            int start = FirstSupplementary + (first - 0xD800) * 0x400;
            var second = new StringBuilder();
            foreach (var (from, to) in _ranges)
            {
                if (to < start || from > start + 0x3FF) continue;
                AppendRange(second, 0xDC00 + Math.Max(from - start, 0), 0xDC00 + Math.Min(to - start, 0x3FF));
            }

            if (second.Length == 0) continue;
            string key = second.ToString();
            if (!bySecond.TryGetValue(key, out var firsts)) bySecond[key] = firsts = new StringBuilder();
            AppendRange(firsts, first, first);
        }

        foreach (var (second, first) in bySecond) alternatives.Add($"[{Compact(first.ToString())}][{second}]");
    }

    private static void AppendRange(StringBuilder text, int from, int to)
    {
        if (from > to) return;

        AppendUnit(text, from);
        if (to > from) AppendUnit(text.Append('-'), to);
    }

    public static void AppendUnit(StringBuilder text, int unit) => text.Append(@"\u").Append(unit.ToString("X4", CultureInfo.InvariantCulture));

    /// <summary>Joins neighbouring units: <c>\uD800\uD801\uD802</c> becomes <c>\uD800-\uD802</c>.</summary>
    private static string Compact(string units)
    {
        var text = new StringBuilder();
        for (int i = 0; i < units.Length;)
        {
            int from = Unit(units, i), to = from;
            for (i += 6; i < units.Length && Unit(units, i) == to + 1; i += 6) to++;
            AppendRange(text, from, to);
        }

        return text.ToString();
    }

    private static int Unit(string units, int i) => int.Parse(units.AsSpan(i + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

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
        var seconds = new SortedDictionary<int, StringBuilder>();
        foreach (var (from, to) in _ranges)
        {
            for (int point = Math.Max(from, FirstSupplementary); point <= to; point = (point | 0x3FF) + 1)
            {
                int first = 0xD800 + (point - FirstSupplementary >> 10);
                if (!seconds.TryGetValue(first, out var second)) seconds[first] = second = new StringBuilder();
                AppendRange(second, 0xDC00 | point & 0x3FF, 0xDC00 | Math.Min(to, point | 0x3FF) & 0x3FF);
            }
        }

        foreach (var group in seconds.GroupBy(entry => entry.Value.ToString(), entry => entry.Key))
        {
            var firsts = new StringBuilder();
            foreach (var (from, to) in new CodePointSet(group.Select(first => (first, first)))._ranges) AppendRange(firsts, from, to);
            alternatives.Add($"[{firsts}][{group.Key}]");
        }
    }

    private static void AppendRange(StringBuilder text, int from, int to)
    {
        if (from > to) return;

        AppendUnit(text, from);
        if (to > from) AppendUnit(text.Append('-'), to);
    }

    public static void AppendUnit(StringBuilder text, int unit) => text.Append(@"\u").Append(unit.ToString("X4", CultureInfo.InvariantCulture));
}

using System.Globalization;
using System.Text;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>A set of Unicode code points, as ranges in order that neither overlap nor touch.</summary>
internal sealed class CodePointSet
{
    public const int Last = 0x10FFFF;
    public const int FirstSupplementary = 0x10000;

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

    public bool Contains(int point)
    {
        int low = 0, high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (point < _ranges[middle].From) high = middle - 1;
            else if (point > _ranges[middle].To) low = middle + 1;
            else return true;
        }

        return false;
    }

    /// <summary>As a character class of a .NET pattern, which matches units of UTF-16.</summary>
    public void WriteTo(StringBuilder pattern, SupplementaryClasses classes)
    {
        int start = pattern.Append('[').Length;
        foreach (var (from, to) in _ranges)
        {
            AppendRange(pattern, from, Math.Min(to, 0xD7FF));
            AppendRange(pattern, Math.Max(from, 0xE000), Math.Min(to, 0xFFFF));
        }

        foreach (char unit in classes.UnitsOf(this)) AppendUnit(pattern, unit);
        if (pattern.Length == start) pattern.Append(@"^\u0000-\uFFFF"); // nothing at all
        pattern.Append(']');
    }

    private static void AppendRange(StringBuilder text, int from, int to)
    {
        if (from > to) return;

        AppendUnit(text, from);
        if (to > from) AppendUnit(text.Append('-'), to);
    }

    public static void AppendUnit(StringBuilder text, int unit) =>
        text.Append(@"\u").Append(unit.ToString("X4", CultureInfo.InvariantCulture));
}

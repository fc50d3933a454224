using System.Text;

namespace Stateway.Model.Schemas.Patterns;

/// <summary>
/// .NET matches UTF-16 units, a pattern means code points. What stands beyond U+FFFF is therefore replaced, in
/// the pattern and in the text, by one unit: code points that all sets of the pattern treat alike share one of
/// the surrogates, which well-formed text has for nothing else. In <c>^[🐱-🐲]\p{L}$</c> there are three such
/// classes: the two animals, the letters beyond U+FFFF, and the rest.
/// </summary>
internal sealed class SupplementaryClasses
{
    private const char FirstUnit = '\uD800';
    private const int UnitsMax = 0x800;

    private readonly int[] _starts; // of intervals, ascending, from U+10000
    private readonly char[] _units; // of each interval

    public SupplementaryClasses(IReadOnlyList<CodePointSet> sets)
    {
        var cuts = new SortedSet<int> { CodePointSet.FirstSupplementary };
        foreach (var set in sets)
        {
            foreach (var (from, to) in set.Ranges)
            {
                if (from > CodePointSet.FirstSupplementary) cuts.Add(from);
                if (to >= CodePointSet.FirstSupplementary && to < CodePointSet.Last) cuts.Add(to + 1);
            }
        }

        _starts = [.. cuts];
        _units = new char[_starts.Length];
        var known = new Dictionary<string, char>();
        for (int i = 0; i < _starts.Length; i++)
        {
            string alike = string.Concat(sets.Select(set => set.Contains(_starts[i]) ? '1' : '0'));
            if (!known.TryGetValue(alike, out char unit))
            {
                known[alike] = unit = (char)(FirstUnit + Math.Min(known.Count, UnitsMax - 1));
            }

            _units[i] = unit;
        }

        IsTooMany = known.Count > UnitsMax;
    }

    public bool IsTooMany { get; }

    /// <summary>The units of the classes in a set, which is one of those that the classes were made for.</summary>
    public IEnumerable<char> UnitsOf(CodePointSet set)
    {
        var units = new SortedSet<char>();
        for (int i = 0; i < _starts.Length; i++)
        {
            if (set.Contains(_starts[i])) units.Add(_units[i]);
        }

        return units;
    }

    /// <param name="chars">At least as long as the text has bytes.</param>
    /// <returns>How many units were written.</returns>
    public int Transcode(ReadOnlySpan<byte> utf8, Span<char> chars)
    {
        int written = 0;
        while (true)
        {
            int run = utf8.IndexOfAnyInRange<byte>(0xF0, 0xF4);
            written += Encoding.UTF8.GetChars(run < 0 ? utf8 : utf8[..run], chars[written..]);
            if (run < 0) return written;

            Rune.DecodeFromUtf8(utf8[run..], out Rune rune, out int bytes);
            int interval = Array.BinarySearch(_starts, rune.Value);
            chars[written++] = _units[interval >= 0 ? interval : ~interval - 1];
            utf8 = utf8[(run + bytes)..];
        }
    }
}

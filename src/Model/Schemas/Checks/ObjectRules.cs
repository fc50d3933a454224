using System.Numerics;
using Stateway.Model.Names;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Keywords for objects.</summary>
internal sealed class ObjectRules
{
    private const int WordsOnStack = 4; // 256 names

    /// <summary>Every name that some keyword of the schema mentions; the arrays below run beside it.</summary>
    public required NameTable Names { get; init; }

    public required NameRole[] Roles { get; init; }

    /// <summary>Schemas of <c>properties</c>; null where every value passes.</summary>
    public required Node?[] Values { get; init; }

    /// <summary>One bit for each name that is required.</summary>
    public required ulong[] Required { get; init; }

    public (Pattern Pattern, Node Value)[] Patterns { get; set; } = [];

    /// <summary>Of members that neither <c>properties</c> nor <c>patternProperties</c> names.</summary>
    public Node? Additional { get; set; }

    public Node? MemberNames { get; set; }
    public long MembersMin { get; set; }
    public long MembersMax { get; set; } = long.MaxValue;
    public Dependency[] Dependencies { get; set; } = [];

    /// <summary>What the presence of one name asks for: other names, or that the whole object fits a schema.</summary>
    public readonly record struct Dependency(int Trigger, int[] Required, Node? Schema);

    public bool IsEmpty => this is
    {
        Names.Count: 0, Patterns: [], Additional: null, MemberNames: null, MembersMin: 0, MembersMax: long.MaxValue,
    };

    public bool Check(ref Run run, int at, Evaluated? seen)
    {
        int words = Required.Length;
        Span<ulong> present = stackalloc ulong[WordsOnStack];
        if (words > WordsOnStack) present = new ulong[words];

        bool passed = CheckMembers(ref run, at, present, seen);
        for (int word = 0; word < words; word++)
        {
            ulong missing = Required[word] & ~present[word];
            if (missing == 0) continue;
            if (run.IsQuiet) return false;
            passed = false;
            for (; missing != 0; missing &= missing - 1)
            {
                Missing(ref run, at, "REQUIRED", Names.Texts[word * 64 + BitOperations.TrailingZeroCount(missing)], "");
            }
        }

        if (run.Text.Tokens[at].Extra < MembersMin || run.Text.Tokens[at].Extra > MembersMax) passed = WrongCount(ref run, at);
        if (Dependencies.Length > 0 && (passed || !run.IsQuiet)) passed &= CheckDependencies(ref run, at, present, seen);
        return passed;
    }

    /// <summary>Called once, when all nodes are filled in.</summary>
    public void ForgetEmptyValues()
    {
        for (int i = 0; i < Values.Length; i++)
        {
            if (Values[i] is { IsEmpty: true }) Values[i] = null;
        }
    }

    private bool CheckMembers(ref Run run, int at, scoped Span<ulong> present, Evaluated? seen)
    {
        bool passed = true;
        int end = run.Text.Tokens[at].Next, last = -1, ordinal = 0;
        for (int name = at + 1; name < end; name = run.Text.Tokens[name + 1].Next, ordinal++)
        {
            if (MemberNames is not null) passed &= MemberNames.Check(ref run, name, null);

            bool known = false;
            int index = Names.Find(run.Text, name, last + 1);
            if (index >= 0)
            {
                last = index;
                present[index >> 6] |= 1UL << (index & 63);
                if (Roles[index] == NameRole.Ignored)
                {
                    seen?.Mark(ordinal);
                    continue;
                }

                known = Roles[index] == NameRole.Property;
                if (known && Values[index] is { } value) passed &= value.Check(ref run, name + 1, null);
            }

            if (Patterns.Length > 0) passed &= CheckPatterns(ref run, name, ref known);
            if (!known && Additional is not null)
            {
                known = true;
                passed &= Additional.RefusesAll
                    ? RefuseUnknown(ref run, name, Names.Texts)
                    : Additional.Check(ref run, name + 1, null);
            }

            if (known) seen?.Mark(ordinal);
            if (!passed && run.IsQuiet) return false;
        }

        return passed;
    }

    private bool CheckPatterns(ref Run run, int name, ref bool known)
    {
        bool passed = true;
        foreach (var (pattern, value) in Patterns)
        {
            if (!pattern.IsMatch(run.Text.StringAt(name))) continue;

            known = true;
            passed &= value.Check(ref run, name + 1, null);
        }

        return passed;
    }

    private bool CheckDependencies(ref Run run, int at, scoped ReadOnlySpan<ulong> present, Evaluated? seen)
    {
        bool passed = true;
        foreach (var (trigger, required, schema) in Dependencies)
        {
            if (!Has(present, trigger)) continue;

            foreach (int name in required)
            {
                if (Has(present, name)) continue;
                passed = false;
                string when = $" where {Details.Cut(Names.Texts[trigger])} is given";
                Missing(ref run, at, "DEPENDENT_REQUIRED", Names.Texts[name], when);
            }

            if (schema is not null) passed &= schema.Check(ref run, at, seen);
            if (!passed && run.IsQuiet) return false;
        }

        return passed;
    }

    private static bool Has(ReadOnlySpan<ulong> present, int name) => (present[name >> 6] >> (name & 63) & 1) != 0;

    private static void Missing(ref Run run, int at, string code, string name, string when)
    {
        if (run.Reports()) run.ReportMember(at, name, code, $"{Details.Cut(name)} is missing{when}.");
    }

    /// <returns>False.</returns>
    public static bool RefuseUnknown(ref Run run, int name, string[] known)
    {
        if (!run.Reports()) return false;

        string text = System.Text.Encoding.UTF8.GetString(run.Text.StringAt(name));
        string? meant = Nearest.Of(text, known);
        run.Report(name, "UNKNOWN_FIELD", meant is null
            ? $"{Details.Cut(text)} is not known."
            : $"{Details.Cut(text)} is not known; did you mean {meant}?");
        return false;
    }

    private bool WrongCount(ref Run run, int at)
    {
        if (!run.Reports()) return false;

        int count = run.Text.Tokens[at].Extra;
        string found = $"There {(count == 1 ? "is" : "are")} {Details.Count(count, "field", "fields")}; ";
        if (count < MembersMin) run.Report(at, "MIN_PROPERTIES", found + Details.LimitIs(MembersMin, "at least") + " needed.");
        else run.Report(at, "MAX_PROPERTIES", found + Details.LimitIs(MembersMax, "at most") + " allowed.");
        return false;
    }
}

internal enum NameRole : byte
{
    /// <summary>Only required, or a trigger: for the value it is like any other name.</summary>
    Mentioned,

    /// <summary>In <c>properties</c>.</summary>
    Property,

    /// <summary>A readOnly property of a request: may be there, is not looked at.</summary>
    Ignored,
}

using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Keywords for arrays.</summary>
internal sealed class ArrayRules
{
    public long ItemsMin { get; set; }
    public long ItemsMax { get; set; } = long.MaxValue;
    public bool Unique { get; set; }
    public Node[] Prefix { get; set; } = [];
    public Node? Items { get; set; }
    public Node? Contains { get; set; }
    public long ContainsMin { get; set; } = 1;
    public long ContainsMax { get; set; } = long.MaxValue;

    public bool IsEmpty => this is { ItemsMin: 0, ItemsMax: long.MaxValue, Unique: false, Prefix: [], Items: null, Contains: null };

    public bool Check(ref Run run, int at, Evaluated? seen)
    {
        int count = run.Text.Tokens[at].Extra;
        bool passed = true;
        if (count < ItemsMin)
        {
            passed = Fail(ref run, at, "MIN_ITEMS",
                $"There {(count == 1 ? "is" : "are")} {Details.Count(count, "item", "items")}; " +
                $"{Details.LimitIs(ItemsMin, "at least")} needed.");
        }

        if (count > ItemsMax)
        {
            passed = Fail(ref run, at, "MAX_ITEMS",
                $"There are {Details.Count(count, "item", "items")}; {Details.LimitIs(ItemsMax, "at most")} allowed.");
        }

        if (Prefix.Length > 0 || Items is not null)
        {
            if (!passed && run.IsQuiet) return false;
            passed &= CheckItems(ref run, at, seen);
        }

        if (Unique && (passed || !run.IsQuiet)) passed &= CheckUnique(ref run, at);
        if (Contains is not null && (passed || !run.IsQuiet)) passed &= CheckContains(ref run, at, seen);
        return passed;
    }

    private bool CheckItems(ref Run run, int at, Evaluated? seen)
    {
        bool passed = true;
        int end = run.Text.Tokens[at].Next, ordinal = 0;
        for (int item = at + 1; item < end; item = run.Text.Tokens[item].Next, ordinal++)
        {
            var node = ordinal < Prefix.Length ? Prefix[ordinal] : Items;
            if (node is null) break;

            if (ordinal >= Prefix.Length && node.RefusesAll)
            {
                return Fail(ref run, item, "ITEMS", $"{Details.Sentence(Details.LimitIs(Prefix.Length, "At most"))} allowed.");
            }

            passed &= node.Check(ref run, item, null);
            if (!passed && run.IsQuiet) return false;
            seen?.Mark(ordinal);
        }

        if (seen is not null && Items is not null) seen.All = true;
        return passed;
    }

    private static bool CheckUnique(ref Run run, int at)
    {
        var (item, earlier) = JsonEquality.FindRepeatedItem(run.Text, at);
        return item < 0 || Fail(ref run, item, "UNIQUE_ITEMS",
            $"{Details.Sentence(Details.Value(run.Text, item))} is there twice, " +
            $"also at {run.Text.PointerTo(earlier)}; items must differ.");
    }

    private bool CheckContains(ref Run run, int at, Evaluated? seen)
    {
        var errors = run.Errors;
        run.Errors = null; // an item that does not fit is no error
        int fitting = 0, ordinal = 0, end = run.Text.Tokens[at].Next;
        for (int item = at + 1; item < end; item = run.Text.Tokens[item].Next, ordinal++)
        {
            if (!Contains!.Check(ref run, item, null)) continue;

            fitting++;
            seen?.Mark(ordinal);
            if (seen is null && ContainsMax == long.MaxValue && fitting >= ContainsMin) break;
        }

        run.Errors = errors;
        if (fitting < ContainsMin)
        {
            return Fail(ref run, at, ContainsMin == 1 ? "CONTAINS" : "MIN_CONTAINS",
                Contained(fitting) + Details.LimitIs(ContainsMin, "at least") + " needed.");
        }

        return fitting <= ContainsMax || Fail(ref run, at, "MAX_CONTAINS",
            Contained(fitting) + Details.LimitIs(ContainsMax, "at most") + " allowed.");
    }

    private static string Contained(int fitting) =>
        Details.Count(fitting, "item fits", "items fit") + " what the array must contain; ";

    private static bool Fail(ref Run run, int at, string code, string detail)
    {
        if (run.Reports()) run.Report(at, code, detail);
        return false;
    }
}

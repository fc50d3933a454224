using System.Text;
using Stateway.Model.Problems;

namespace Stateway.Model.Schemas.Checks;

/// <summary>Says why a value fits none of several schemas.</summary>
internal static class Alternatives
{
    private const int ErrorsInDetailMax = 3;
    private const int ErrorsComparedMax = 20;

    /// <summary>
    /// When only one alternative is for this kind of value, its errors are the errors; else one error at the
    /// value names the alternative that fits best.
    /// </summary>
    /// <returns>False.</returns>
    public static bool ReportNone(ref Run run, int at, Evaluated? seen, Node[] branches, string code)
    {
        if (seen is not null) seen.Incomplete = true;
        if (run.IsQuiet) return false;
        if (run.Errors!.IsFull) return run.Reports(); // only counts

        string here = run.Text.PointerTo(at);
        SchemaErrors? closest = null;
        int candidates = 0, closestIndex = 0;
        var mismatches = new List<ProblemError>();
        for (int i = 0; i < branches.Length; i++)
        {
            var errors = Explain(branches[i], ref run, at);
            if (errors.Items.FirstOrDefault(e => IsMismatch(e, here)) is { } mismatch)
            {
                mismatches.Add(mismatch);
                continue;
            }

            candidates++;
            if (closest is null || errors.Count < closest.Count) (closest, closestIndex) = (errors, i);
        }

        if (candidates == 1)
        {
            branches[closestIndex].Check(ref run, at, null);
        }
        else if (run.Reports())
        {
            var detail = new StringBuilder(branches.Length == 1 ? "The value does not fit the one alternative." : $"The value fits none of the {branches.Length} alternatives.");
            if (closest is not null) detail.Append($" Number {closestIndex + 1} is closest:");
            foreach (var error in (closest?.Items ?? mismatches).Take(ErrorsInDetailMax))
            {
                detail.Append(' ');
                if (error.Pointer!.Length > here.Length) detail.Append(error.Pointer.AsSpan(here.Length)).Append(": ");
                detail.Append(error.Detail);
            }

            run.Report(at, code, detail.ToString());
        }

        return false;
    }

    private static SchemaErrors Explain(Node branch, ref Run run, int at)
    {
        var outer = run.Errors;
        var errors = new SchemaErrors(ErrorsComparedMax);
        run.Errors = errors;
        branch.Check(ref run, at, null);
        run.Errors = outer;
        return errors;
    }

    /// <summary>The value as a whole is not what the alternative is for.</summary>
    private static bool IsMismatch(ProblemError error, string here) =>
        error.Pointer == here && error.Code is "TYPE" or "NOT_ALLOWED" or "CONST" or "ENUM";
}

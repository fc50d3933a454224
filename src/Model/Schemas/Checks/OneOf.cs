namespace Stateway.Model.Schemas.Checks;

internal sealed class OneOf(Node[] branches) : Applicator
{
    public override IEnumerable<Node> Nodes => branches;

    public override bool Check(ref Run run, int at, Evaluated? seen)
    {
        int first = -1;
        for (int i = 0; i < branches.Length; i++)
        {
            if (!CheckBranch(branches[i], ref run, at, seen)) continue;
            if (first >= 0) return ReportTwo(ref run, at, seen, first, i);
            first = i;
        }

        return first >= 0 || Alternatives.ReportNone(ref run, at, seen, branches, "ONE_OF");
    }

    private bool ReportTwo(ref Run run, int at, Evaluated? seen, int first, int second)
    {
        if (seen is not null) seen.Incomplete = true;
        if (run.Reports())
        {
            run.Report(at, "ONE_OF", $"{Details.Sentence(Details.Value(run.Text, at))} fits more than one of the " +
                $"{branches.Length} alternatives (number {first + 1} and number {second + 1}); exactly one is allowed.");
        }

        return false;
    }
}

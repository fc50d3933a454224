namespace Stateway.Model.Schemas.Checks;

internal sealed class AnyOf(Node[] branches) : Applicator
{
    public override IEnumerable<Node> Nodes => branches;

    public override bool Check(ref Run run, int at, Evaluated? seen)
    {
        bool passed = false;
        foreach (var branch in branches)
        {
            passed |= CheckBranch(branch, ref run, at, seen);
            if (passed && seen is null) return true; // else the others' annotations count, too
        }

        return passed || Alternatives.ReportNone(ref run, at, seen, branches, "ANY_OF");
    }
}

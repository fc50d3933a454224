namespace Stateway.Model.Schemas.Checks;

/// <summary><c>allOf</c>; also <c>$ref</c> and <c>$dynamicRef</c>, which are an allOf of one.</summary>
internal sealed class AllOf(Node[] branches) : Applicator
{
    public override IEnumerable<Node> Nodes => branches;

    public override bool Check(ref Run run, int at, Evaluated? seen)
    {
        bool passed = true;
        foreach (var branch in branches)
        {
            passed &= branch.Check(ref run, at, seen);
            if (!passed && run.IsQuiet) return false;
        }

        return passed;
    }
}

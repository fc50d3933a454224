namespace Stateway.Model.Schemas.Checks;

internal sealed class Not(Node node) : Applicator
{
    public override IEnumerable<Node> Nodes => [node];

    public override bool Check(ref Run run, int at, Evaluated? seen)
    {
        if (!CheckQuietly(node, ref run, at, null)) return true;

        if (run.Reports()) run.Report(at, "NOT", $"{Details.Sentence(Details.Value(run.Text, at))} is what is not allowed here.");
        return false;
    }
}

namespace Stateway.Model.Schemas.Checks;

internal sealed class IfThenElse(Node condition, Node? then, Node? otherwise) : Applicator
{
    public override IEnumerable<Node> Nodes => new[] { condition, then, otherwise }.OfType<Node>();

    public override bool Check(ref Run run, int at, Evaluated? seen) =>
        (CheckBranch(condition, ref run, at, seen) ? then : otherwise)?.Check(ref run, at, seen) ?? true;
}

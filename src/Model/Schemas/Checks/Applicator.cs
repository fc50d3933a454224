namespace Stateway.Model.Schemas.Checks;

/// <summary>A keyword that applies other schemas to the same value.</summary>
internal abstract class Applicator
{
    public abstract bool Check(ref Run run, int at, Evaluated? seen);

    /// <summary>
    /// The schemas that are applied to the same value: those through which a schema must not lead back to itself.
    /// </summary>
    public abstract IEnumerable<Node> Nodes { get; }

    /// <summary>Whether the value passes, without a word about why not.</summary>
    protected static bool CheckQuietly(Node node, ref Run run, int at, Evaluated? seen)
    {
        var errors = run.Errors;
        run.Errors = null;
        bool passed = node.Check(ref run, at, seen);
        run.Errors = errors;
        return passed;
    }

    /// <summary>As <see cref="CheckQuietly"/>; what was looked at counts only when the value passes.</summary>
    protected static bool CheckBranch(Node node, ref Run run, int at, Evaluated? seen)
    {
        if (seen is null) return CheckQuietly(node, ref run, at, null);

        var own = Evaluated.Rent();
        bool passed = CheckQuietly(node, ref run, at, own);
        if (passed) seen.Merge(own);
        own.Return();
        return passed;
    }
}

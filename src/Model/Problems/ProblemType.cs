namespace Stateway.Model.Problems;

/// <summary>
/// A kind of problem. <see cref="Code"/> is stable and is what clients switch on; the problem's
/// <c>type</c> member is a path under which the same server explains it (RFC 9457, section 3.1.1).
/// </summary>
public sealed record ProblemType(int Status, string Code, string Title, string Explanation)
{
    public string Path { get; } = "/_/problems/" + Code.ToLowerInvariant().Replace('_', '-');
}

using System.Text.Json;

namespace Stateway.Client;

/// <summary>What became of a request.</summary>
internal abstract record Reply
{
    private Reply() { } // closed: the three cases below are all there are

    /// <param name="ETag">Null when the answer has none.</param>
    /// <param name="Body">Undefined when the answer has no content.</param>
    public sealed record Good(int Status, string? ETag, JsonElement Body) : Reply;

    public sealed record Refused(ProblemDocument Problem, string? ETag) : Reply;

    /// <summary>No answer came, or none that can be read.</summary>
    public sealed record Lost(string Why) : Reply;

    public bool IsMissing => this is Refused { Problem.Status: 404 };

    /// <summary>Why it is not <see cref="Good"/>.</summary>
    public Failure ToFailure(string doing, Func<string, string?>? placeOf = null) => this switch
    {
        Refused refused => ProblemText.Of(refused.Problem, doing, placeOf),
        Lost lost => new(lost.Why),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

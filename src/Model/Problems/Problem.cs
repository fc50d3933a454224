using System.Collections.Immutable;

namespace Stateway.Model.Problems;

/// <summary>
/// A refusal that explains itself: the problem details of RFC 9457. It is a value: the step of the
/// pipeline that returns one ends the request, and one place writes it, as JSON or as XML.
/// </summary>
/// <param name="Detail">What was wrong with this request, in one or two sentences, and what would be right.</param>
public sealed record Problem(ProblemType Type, string? Detail = null)
{
    /// <summary>Every error found, not only the first.</summary>
    public ImmutableArray<ProblemError> Errors { get; init; } = [];

    /// <summary>Fields that the answer carries, such as <c>Allow</c>, <c>Retry-After</c>, <c>Accept-Patch</c>.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>For the log only: what the operator may know and the caller may not.</summary>
    public string? Cause { get; init; }

    public Problem With(string header, string value) =>
        this with { Headers = Headers.Add(new(header, value)) };
}

/// <summary>One thing that is wrong, and where: one of the three places is set, or none for the whole.</summary>
public sealed record ProblemError(string Code, string Detail)
{
    /// <summary>JSON pointer (RFC 6901) into the request's body.</summary>
    public string? Pointer { get; init; }

    /// <summary>Name of a path, query or cookie parameter.</summary>
    public string? Parameter { get; init; }

    /// <summary>Name of a request header.</summary>
    public string? Header { get; init; }
}

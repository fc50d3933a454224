using System.Diagnostics;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets.Http;

internal enum FaultKind
{
    /// <summary>DNS, connect or TLS.</summary>
    Unreachable,

    /// <summary>The connection broke before the header section was there.</summary>
    Broken,

    /// <summary>What came is not HTTP, or could be read in two ways.</summary>
    Malformed,

    /// <summary>No header section in time.</summary>
    Timeout,

    /// <summary>All connections are in use and too many requests wait.</summary>
    Busy,

    /// <summary>Nobody is left to answer.</summary>
    ClientGone,
}

/// <summary>Why a service did not answer.</summary>
/// <param name="Cause">For the operator only.</param>
internal sealed record UpstreamFault(FaultKind Kind, string Cause)
{
    public Problem ToProblem() => Kind switch
    {
        FaultKind.Unreachable or FaultKind.Broken or FaultKind.Malformed => new(ProblemTypes.BadGateway) { Cause = Cause },
        FaultKind.Timeout => new(ProblemTypes.UpstreamTimeout) { Cause = Cause },
        FaultKind.Busy => new Problem(ProblemTypes.Unavailable) { Cause = Cause }.With("Retry-After", "1"),
        _ => throw new UnreachableException(),
    };
}

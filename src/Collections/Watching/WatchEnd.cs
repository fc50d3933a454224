using Stateway.Model.Problems;

namespace Stateway.Collections.Watching;

/// <summary>Why a watch ends.</summary>
/// <param name="IsCut">Nothing more can be written.</param>
/// <param name="Problem">Told as the last event; null for a bookmark, behind which the client resumes, here or elsewhere.</param>
internal sealed record WatchEnd(bool IsCut, Problem? Problem)
{
    /// <summary>The client has gone, or must.</summary>
    public static readonly WatchEnd Cut = new(IsCut: true, null);

    /// <summary>The server stops.</summary>
    public static readonly WatchEnd Stopped = new(IsCut: false, null);

    public static WatchEnd Of(Problem problem) => new(IsCut: false, problem);

    public static readonly WatchEnd Gone = Of(new(ProblemTypes.RevisionGone, "The log no longer holds what came behind it: begin anew, without a revision."));

    public static readonly WatchEnd CollectionGone = Of(new(ProblemTypes.NotFound, "The collection is no longer declared."));
}

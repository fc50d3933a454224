using System.Diagnostics;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Writing;

/// <summary>What keeps any commit from happening, whatever it is about.</summary>
internal static class CommitRefusals
{
    public static Problem Of(CommitResult result) => result switch
    {
        CommitResult.TooLarge tooLarge => new(ProblemTypes.ChangeTooLarge, $"One commit has at most {tooLarge.Limit}. Nothing was written."),
        CommitResult.Full => new(ProblemTypes.StorageFull) { Cause = "The disk is full." },
        CommitResult.Unavailable unavailable => Unavailable(unavailable.Reason),
        CommitResult.Unknown unknown => new Problem(ProblemTypes.OutcomeUnknown,
            "The change may have been made or not. With the same Idempotency-Key the request can be repeated safely.") { Cause = unknown.Reason }.With("Retry-After", "1"),
        _ => throw new UnreachableException(result.ToString()),
    };

    public static Problem Of(StoreUnavailableException e) => Unavailable(e.Message);

    private static Problem Unavailable(string reason) => new Problem(ProblemTypes.Unavailable) { Cause = reason }.With("Retry-After", "1");
}

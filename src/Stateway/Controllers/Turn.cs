using System.Diagnostics;
using Stateway.Collections.Kinds;
using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>One call of a reconciler: what for, and what its writes need.</summary>
internal sealed class Turn(WorkQueue queue, QueuedName name, Precondition.Leased? fence)
{
    public string Path => name.Name;

    /// <summary>Belongs into every transaction of the turn. Null where each node runs the reconciler for itself, without a lease.</summary>
    public Precondition.Leased? Fence => fence;

    /// <summary>1, and one more for each failure in a row before this turn.</summary>
    public int Attempt { get; } = name.Failures + 1;

    /// <summary>
    /// Told after every commit: the path is not reconciled again before this node's follower, and all that listens to it, has
    /// seen the commit; so no turn works from what was before its own writes.
    /// </summary>
    public void Wrote(long revision) => queue.Wrote(name, revision);

    /// <summary>What is to follow a write of the resource that the turn is about.</summary>
    /// <param name="before">As it was read.</param>
    public Next After(KindResult result, KindResource before)
    {
        switch (result)
        {
            case KindResult.Written { Resource.Revision: var revision }:
                if (revision != before.Revision) Wrote(revision);
                return Next.Done;

            case KindResult.Deleted or KindResult.Gone: return Next.Done;
            case KindResult.Changed: return Next.Again(TimeSpan.Zero);
            case KindResult.NotHolder: return Next.Failed("Another node has taken over.");
            case KindResult.Refused refused: return Next.Failed(refused.Problem.Detail ?? refused.Problem.Type.Title);
            case KindResult.Unavailable unavailable: return Next.Failed(unavailable.Reason);
            default: throw new UnreachableException(result.ToString());
        }
    }
}

using Stateway.Model.Problems;

namespace Stateway.Collections.Kinds;

/// <summary>What came of a controller's write.</summary>
public abstract record KindResult
{
    private KindResult() { } // closed

    /// <summary>It is so now; also when it was so already, and nothing had to be written.</summary>
    public sealed record Written(KindResource Resource) : KindResult;

    /// <summary>The resource is gone by this very write: it was being deleted, and nobody has to clean up any more.</summary>
    public sealed record Deleted(long Revision) : KindResult;

    /// <summary>There is no such resource any more; nothing was written.</summary>
    public sealed record Gone : KindResult;

    /// <summary>Somebody has changed the resource since it was read (or created it); nothing was written. Read it again.</summary>
    /// <param name="Revision">That it has now.</param>
    public sealed record Changed(long Revision) : KindResult;

    /// <summary>The fence's lease is somebody else's now, or nobody's; nothing was written. Stop.</summary>
    /// <param name="Epoch">Of the lease; 0 when nobody holds it.</param>
    public sealed record NotHolder(long Epoch) : KindResult;

    /// <summary>It can't be so: the spec does not fit, its references lead nowhere, others refer to what is to be deleted. Nothing was written.</summary>
    public sealed record Refused(Problem Problem) : KindResult;

    /// <summary>The store can't write now, or what became of the write is not known. Read the resource again, a little later.</summary>
    public sealed record Unavailable(string Reason) : KindResult;
}

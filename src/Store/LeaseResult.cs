namespace Stateway.Store;

public abstract record LeaseResult
{
    private LeaseResult() { } // closed

    /// <param name="Epoch">Higher at every change of holder, and after every time the lease had run out. A renewal keeps it.</param>
    public sealed record Held(long Epoch) : LeaseResult;

    /// <summary>Somebody else holds it.</summary>
    public sealed record Taken(string Holder) : LeaseResult;

    public sealed record Unavailable(string Reason) : LeaseResult;
}

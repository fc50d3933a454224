using Stateway.Store;

namespace Stateway.Collections.Writing.Repeating;

/// <summary>The answers to requests with an idempotency key, kept so that a repeated request gets the same one.</summary>
public static class IdempotencyRecords
{
    /// <summary>A record past this time counts for nothing.</summary>
    public static readonly IndexedField ExpireTime = new(["expire_time"], IsTimestamp: true);

    /// <summary>How long an answer is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <summary>Where they are kept; to be declared to the store.</summary>
    public static readonly CollectionSpec Spec = new("stateway/idempotency", [ExpireTime]);
}

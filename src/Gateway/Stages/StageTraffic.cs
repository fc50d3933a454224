using Stateway.Gateway.Canaries;
using Stateway.Gateway.Mirrors;

namespace Stateway.Gateway.Stages;

/// <summary>
/// What a stage does with its requests beyond answering them. Its operations lead here; those of a stage that asks for
/// nothing lead nowhere, and pay for nothing. Made anew with each routing table, over parts that outlive it.
/// </summary>
/// <param name="Path">Of the stage: <c>shop/live</c>.</param>
/// <param name="Deployment">The id of the one that it points at.</param>
public sealed record StageTraffic(string Path, string Deployment)
{
    public Throttle? Throttle { get; init; }

    public CacheField? Cache { get; init; }

    public RequestLog? Log { get; init; }

    /// <summary>Another deployment that some of the callers get.</summary>
    public CanaryArm? Canary { get; init; }

    /// <summary>Another deployment that is asked the same as this one, unseen by the callers.</summary>
    public MirrorTap? Mirror { get; init; }

    /// <summary>What answers the mirror's copies; set where there is a mirror.</summary>
    public RequestPipeline? Mirrored { get; init; }
}

using Stateway.Gateway.Cors;
using Stateway.Gateway.Stages;

namespace Stateway.Gateway.Routing;

/// <summary>Where an API stands, and what holds for its paths that have no operation.</summary>
/// <param name="Path">Empty, or <c>/v1</c>; without a slash at its end.</param>
/// <param name="Cors">Null when other origins may not call.</param>
public readonly record struct ApiBase(string Path, CorsPolicy? Cors)
{
    /// <summary>Of what no operation answers; null also where several stages share the path.</summary>
    public StageTraffic? Stage { get; init; }
}

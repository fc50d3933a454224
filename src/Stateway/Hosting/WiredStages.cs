using Stateway.Gateway.Routing;
using Stateway.Gateway.Stages;
using Stateway.Model.Apis;

namespace Stateway.Hosting;

/// <summary>What operations have of the stage that their API stands for, by the very objects of the APIs.</summary>
/// <param name="traffic">Of the stages that do more than answer.</param>
/// <param name="origins">Of all of them.</param>
internal sealed class WiredStages(IReadOnlyDictionary<ApiSpec, StageTraffic> traffic, IReadOnlyDictionary<ApiSpec, ServedAs> origins)
{
    public StageTraffic? TrafficOf(ApiSpec api) => traffic.GetValueOrDefault(api);

    public ServedAs? OriginOf(ApiSpec api) => origins.GetValueOrDefault(api);
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Gateway;
using Stateway.Gateway.Canaries;
using Stateway.Gateway.Mirrors;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Stages;
using Stateway.Model.Apis;

namespace Stateway.Hosting;

/// <summary>
/// What outlives routing tables of the stages' throttles, canaries and mirrors: for as long as the stage asks for the same.
/// For one caller at a time; what it shows may be read by all.
/// </summary>
internal sealed class Traffic(GatewayLimits limits, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>How far back the requests count that a canary is judged by: as long as it is to prove itself, within these.</summary>
    private static readonly TimeSpan WindowMin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan WindowMax = TimeSpan.FromMinutes(10);

    private ImmutableDictionary<string, Live> _prepared = ImmutableDictionary<string, Live>.Empty;
    private volatile ImmutableDictionary<string, Live> _live = ImmutableDictionary<string, Live>.Empty;

    /// <summary>The canaries that are on, on this node.</summary>
    public ImmutableArray<RunningCanary> Canaries => [.. _live.Values.Select(live => live.Canary).OfType<RunningCanary>()];

    /// <returns>Null when the stage has no mirror.</returns>
    public MirrorTap? MirrorOf(string stage) => _live.GetValueOrDefault(stage)?.Tap;

    /// <summary>What the stages' operations are to lead to; stages that ask for nothing are not in it.</summary>
    /// <param name="places">Each stage, and behind it the same stage at the other places where it is served.</param>
    public Dictionary<ApiSpec, StageTraffic> Prepare(ImmutableArray<ServedStage> places, Wiring wiring, Catalog catalog)
    {
        var prepared = ImmutableDictionary.CreateBuilder<string, Live>(StringComparer.Ordinal);
        var traffic = new Dictionary<ApiSpec, StageTraffic>(ReferenceEqualityComparer.Instance);
        foreach (var stage in places.Where(place => place.Settings != Management.StageSettings.None).GroupBy(place => place.Path, StringComparer.Ordinal))
        {
            var live = Next(_live.GetValueOrDefault(stage.Key), stage.First());
            prepared.Add(stage.Key, live);
            foreach (var place in stage) traffic.Add(place.Api, TrafficAt(place, live, wiring, catalog));
        }

        _prepared = prepared.ToImmutable();
        return traffic;
    }

    private static StageTraffic TrafficAt(ServedStage place, Live live, Wiring wiring, Catalog catalog)
    {
        var arm = live.Canary is { } canary && place.Canary is not null ? new CanaryArm(canary.Setting.Deployment, canary.Setting.Split, canary.Window) : null;
        var tap = place.Mirror is null ? null : live.Tap;
        var cache = place.Settings.MaxAge is { } age ? new CacheField(age, isShared: arm is null) : null;
        var traffic = new StageTraffic(place.Path, place.Deployment)
        {
            Throttle = live.Throttle,
            Cache = cache,
            Log = place.Settings.Log,
            Canary = arm,
            Mirror = tap,
            Mirrored = tap?.Over(new(OfMirror(place, cache, wiring, catalog))),
        };
        var origin = arm is null ? null : new ServedAs(place.Path, arm.Deployment);
        arm?.Operations = wiring.BuildOther(place.Canary!, catalog).ConvertAll(operation => operation with { Stage = traffic, IsCanary = true, ServedAs = origin });
        return traffic;
    }

    /// <summary>What the stage says of caching is said of both answers, so that they don't differ in it.</summary>
    private static List<Operation> OfMirror(ServedStage stage, CacheField? cache, Wiring wiring, Catalog catalog)
    {
        var said = cache is null ? null : new StageTraffic(stage.Path, stage.Settings.Mirror!.Deployment) { Cache = cache };
        return wiring.BuildOther(ReadOnly(stage.Mirror!), catalog).ConvertAll(operation => operation with { Stage = said });
    }

    /// <summary>Whatever its document says of GET, a mirror changes nothing.</summary>
    private static ApiSpec ReadOnly(ApiSpec api) => api with
    {
        Operations = [.. api.Operations.Where(operation =>
            operation.Method is "GET" or "HEAD" && operation.Target is not TargetSpec.Collection { Verb: not (CollectionVerb.List or CollectionVerb.Get or CollectionVerb.History) })],
    };

    private Live Next(Live? before, ServedStage stage)
    {
        var settings = stage.Settings;
        bool isSameBase = before?.Stage.Deployment == stage.Deployment && before.Stage.Prefix == stage.Prefix;
        return new(stage)
        {
            Throttle = settings.Throttle is not { } throttle ? null
                : throttle == before?.Stage.Settings.Throttle ? before.Throttle : new(throttle.Rate, throttle.Burst, time),
            Canary = settings.Canary is not { } canary || stage.Canary is null ? null
                : isSameBase && canary == before!.Canary?.Setting ? before.Canary
                : new(stage.Path, stage.Deployment, canary, new(WindowOf(canary.Rules), time)),
            Tap = settings.Mirror is not { } mirror || stage.Mirror is null ? null
                : isSameBase && mirror == before!.Stage.Settings.Mirror && before.Tap is { } tap ? tap
                : new(mirror.Deployment, mirror.Rules, limits, time, logger),
        };
    }

    /// <summary>The table that was made of what was prepared is in force.</summary>
    public void Follow()
    {
        var before = _live;
        _live = _prepared;
        var kept = _live.Values.Select(live => live.Tap).ToHashSet();
        foreach (var gone in before.Values.Select(live => live.Tap).OfType<MirrorTap>().Where(tap => !kept.Contains(tap))) _ = gone.DisposeAsync().AsTask();
    }

    private static TimeSpan WindowOf(CanaryRules rules) => rules.PromoteAfter < WindowMin ? WindowMin : rules.PromoteAfter < WindowMax ? rules.PromoteAfter : WindowMax;

    public async ValueTask DisposeAsync()
    {
        foreach (var live in _live.Values)
        {
            if (live.Tap is not null) await live.Tap.DisposeAsync();
        }
    }

    private sealed record Live(ServedStage Stage)
    {
        public Throttle? Throttle { get; init; }
        public RunningCanary? Canary { get; init; }
        public MirrorTap? Tap { get; init; }
    }
}

/// <summary>A canary that is on.</summary>
/// <param name="Stage">Its path.</param>
/// <param name="Base">The deployment beside it.</param>
internal sealed record RunningCanary(string Stage, string Base, Management.CanarySetting Setting, CanaryWindow Window);

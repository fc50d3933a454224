using System.Collections.Immutable;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Management.Domains;

/// <summary>
/// Makes what is served at hosts of what is stored: every domain with its stages. What did not change since the last time is
/// not compiled again. For one caller at a time.
/// </summary>
internal sealed class DomainCompiler(IStore store)
{
    private Dictionary<string, ServedDomain> _compiled = [];

    /// <summary>What is asked for now.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<List<(DomainSpec Spec, long Generation)>> ReadAsync(CancellationToken ct)
    {
        var domains = new List<(DomainSpec Spec, long Generation)>();
        await foreach (var domain in DomainSpec.ReadAllAsync(store, ct)) domains.Add(domain);
        return domains;
    }

    /// <param name="domains">All there are.</param>
    /// <param name="stages">Those that are served.</param>
    /// <returns>All domains, by name, each with what of it can be served.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<ImmutableArray<ServedDomain>> CompileAsync(List<(DomainSpec Spec, long Generation)> domains, ImmutableArray<ServedStage> stages, CancellationToken ct)
    {
        var byPath = stages.ToDictionary(stage => stage.Path, StringComparer.Ordinal);
        var next = new Dictionary<string, ServedDomain>(StringComparer.Ordinal);
        foreach (var (spec, generation) in domains)
        {
            ImmutableArray<ServedStage?> sources = [.. spec.Paths.Select(path => byPath.GetValueOrDefault(path.Stage))];
            if (_compiled.TryGetValue(spec.Name, out var known) && known.IsOf(generation, sources))
            {
                next.Add(spec.Name, known);
                continue;
            }

            var (served, reasons) = await ServeAsync(spec, sources, api => byPath.GetValueOrDefault($"{api}/{ServedStage.Live}")?.Api, ct);
            next.Add(spec.Name, new(spec, generation, sources, served, [.. reasons]));
        }

        _compiled = next;
        return [.. next.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)];
    }

    private async Task<(ImmutableArray<ServedStage> Stages, List<string> Reasons)> ServeAsync(
        DomainSpec spec, ImmutableArray<ServedStage?> sources, Func<string, ApiSpec?> findLive, CancellationToken ct)
    {
        var served = ImmutableArray.CreateBuilder<ServedStage>();
        var reasons = new List<string>();
        var taken = new TakenRequests();
        foreach (var (path, source) in spec.Paths.Zip(sources))
        {
            if (source is null)
            {
                reasons.Add($"The stage {path.Stage} is not served.");
                continue;
            }

            var (stage, why) = await AtAsync(source, path.Path, findLive, ct);
            if (stage is not null && taken.TryTake(path.Stage, stage.Api, out why)) served.Add(stage);
            else reasons.Add(why!);
        }

        return (served.ToImmutable(), reasons);
    }

    /// <summary>A stage at another place than its own.</summary>
    private async ValueTask<(ServedStage? Stage, string? WhyNot)> AtAsync(ServedStage stage, string path, Func<string, ApiSpec?> findLive, CancellationToken ct)
    {
        if (stage.Prefix == path) return (stage, null);

        var (api, whyNot) = await ReadAsync(stage.Deployment, stage.Values);
        if (api is null) return (null, whyNot);

        // What compiled for the stage's own place compiles for this one, too.
        return (stage with
        {
            Prefix = path, Api = api,
            Canary = stage.Canary is null ? null : (await ReadAsync(stage.Settings.Canary!.Deployment, stage.OtherValues.Canary)).Api,
            Mirror = stage.Mirror is null ? null : (await ReadAsync(stage.Settings.Mirror!.Deployment, stage.OtherValues.Mirror)).Api,
        }, null);

        async ValueTask<(ApiSpec? Api, string? WhyNot)> ReadAsync(string deployment, StageValues values)
        {
            if (await StageCompiler.FindDeploymentAsync(store, stage.Api.Name, deployment, ct) is not { } source) return (null, $"There is no deployment {deployment}.");

            var reading = ApiReader.Read([source with { Prefix = path }], findLive);
            return reading.Errors.Count > 0 ? (null, string.Join("; ", reading.Errors)) : (reading.Apis[0].With(values), null);
        }
    }
}

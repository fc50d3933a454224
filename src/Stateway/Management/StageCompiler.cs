using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Collections.Kinds;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// Makes what is served of what is stored: every stage with its deployment, compiled. What did not change since the last
/// time is not compiled again. For one caller at a time.
/// </summary>
internal sealed class StageCompiler(IStore store)
{
    private const int PageStages = 500;

    private Dictionary<string, ServedStage> _compiled = []; // by path

    /// <exception cref="StoreUnavailableException"/>
    public async Task<StageCompilation> CompileAsync(CancellationToken ct)
    {
        var known = new Dictionary<string, ServedStage>(StringComparer.Ordinal);
        var changed = new List<(string Path, string Deployment, ApiSource Source)>();
        var faults = new List<StageFault>();
        var stages = new List<(StageSpec Spec, KindResource Resource)>();
        await foreach (var (stage, resource) in ReadStagesAsync(ct))
        {
            stages.Add((stage, resource));
            if (_compiled.TryGetValue(stage.Path, out var before) && before.Deployment == stage.Deployment && before.Prefix == stage.Prefix) known.Add(stage.Path, before);
            else if (await FindDeploymentAsync(store, stage.Api, stage.Deployment, ct) is { } deployment) changed.Add((stage.Path, stage.Deployment, deployment with { Prefix = stage.Prefix }));
            else faults.Add(new(stage.Path, StageFault.NoSuchDeployment, $"{stage.Api} has no deployment \"{stage.Deployment}\"."));
        }

        faults.AddRange(Compile(changed, known));
        _compiled = known;

        // All nodes come to the same, whatever they have seen in which order: of two that clash, the one that was there first is served.
        var byAge = stages.OrderBy(each => each.Resource.CreateTime).ThenBy(each => each.Spec.Path, StringComparer.Ordinal);
        var served = Choose(byAge.Select(each => known.GetValueOrDefault(each.Spec.Path)).OfType<ServedStage>(), faults);
        return new(
            [.. served.OrderBy(stage => stage.Path, StringComparer.Ordinal)],
            [.. faults],
            stages.ToDictionary(each => each.Spec.Path, each => each.Resource.Generation, StringComparer.Ordinal));
    }

    /// <summary>Puts all that can be compiled among the others.</summary>
    private static List<StageFault> Compile(List<(string Path, string Deployment, ApiSource Source)> changed, Dictionary<string, ServedStage> compiled)
    {
        // All at once, as they nearly always can be. Otherwise one by one, and again behind the others, as a document may be answered by another's collections.
        var all = ApiReader.Read(changed.Select(each => each.Source), FindLive);
        if (all.Errors.Count == 0)
        {
            foreach (var (each, api) in changed.Zip(all.Apis)) Add(each.Path, each.Deployment, each.Source, api);
            return [];
        }

        while (true)
        {
            var faults = new List<StageFault>();
            int count = changed.RemoveAll(each =>
            {
                var reading = ApiReader.Read([each.Source], FindLive);
                if (reading.Errors.Count > 0)
                {
                    faults.Add(new(each.Path, StageFault.DoesNotCompile, string.Join("; ", reading.Errors)));
                    return false;
                }

                Add(each.Path, each.Deployment, each.Source, reading.Apis[0]);
                return true;
            });
            if (count == 0) return faults;
        }

        ApiSpec? FindLive(string api) => compiled.GetValueOrDefault($"{api}/{ServedStage.Live}")?.Api;

        void Add(string path, string deployment, ApiSource source, ApiSpec api) =>
            compiled.Add(path, new(path[(path.IndexOf('/') + 1)..], deployment, source.Prefix, api));
    }

    /// <summary>Of those that can be compiled those that can be served together.</summary>
    /// <param name="stages">Who comes first is preferred.</param>
    private static List<ServedStage> Choose(IEnumerable<ServedStage> stages, List<StageFault> faults)
    {
        var taken = new TakenRequests();
        var served = new List<ServedStage>();
        foreach (var stage in stages)
        {
            if (taken.TryTake(stage.Path, stage.Api, out string? clash)) served.Add(stage);
            else faults.Add(new(stage.Path, StageFault.Clash, clash));
        }

        // One that is answered by collections of another API can't be served without them; and others not without it.
        int count;
        do
        {
            var present = Rollout.ApisOf(served).SelectMany(api => NamesOf(api.Collections)).ToHashSet(StringComparer.Ordinal);
            count = served.RemoveAll(stage =>
            {
                if (BorrowedBy(stage.Api).FirstOrDefault(name => !present.Contains(name)) is not { } missing) return false;

                faults.Add(new(stage.Path, StageFault.NoSuchCollection, $"It is answered by {missing}, which no stage that is served has."));
                return true;
            });
        }
        while (count > 0);
        return served;
    }

    private static IEnumerable<string> BorrowedBy(ApiSpec api) => api.Operations.Select(operation => operation.Target).OfType<TargetSpec.Collection>()
        .Select(target => target.StoreName).Where(name => !name.StartsWith(api.Name + "/", StringComparison.Ordinal)).Distinct();

    private static IEnumerable<string> NamesOf(IEnumerable<CollectionDeclaration> collections) =>
        collections.SelectMany(collection => NamesOf(collection.Children).Prepend(collection.StoreName));

    /// <returns>Null when there is none.</returns>
    public static async ValueTask<ApiSource?> FindDeploymentAsync(IResources resources, string api, string deployment, CancellationToken ct) =>
        await resources.GetAsync(new(Kinds.Deployment, $"{api}/{deployment}"), ct) is { } entry ? DeploymentSource.Read(api, entry.Value) : null;

    private async IAsyncEnumerable<(StageSpec Spec, KindResource Resource)> ReadStagesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = new Query(Kinds.Stage) { Limit = PageStages };
        while (true)
        {
            if (await store.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The stages can't be read.");

            foreach (var entry in page.Entries)
            {
                var resource = KindResource.Of(entry);
                yield return (StageSpec.Read(entry.Key.Path, resource.Spec), resource);
            }

            if (page.Next is null) yield break;
            query = query with { After = page.Next };
        }
    }
}

/// <summary>A stage as its owner asked for it.</summary>
/// <param name="AllowBreaking">The id of a deployment that may break the stage's clients; null when none may.</param>
internal sealed record StageSpec(string Path, string Deployment, string Prefix, string? AllowBreaking)
{
    public string Api => Path[..Path.IndexOf('/')];

    /// <param name="json">Fits the kind's schema.</param>
    public static StageSpec Read(string path, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return new(path, document.RootElement.GetProperty("deployment").GetString()!,
            document.RootElement.TryGetProperty("path", out var prefix) ? prefix.GetString()! : "",
            document.RootElement.TryGetProperty("allow_breaking", out var allowed) ? allowed.GetString() : null);
    }
}

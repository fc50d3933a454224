using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// Makes what is served of what is stored: every stage with its deployment, compiled. What did not change since the last
/// time is not compiled again. For one caller at a time.
/// </summary>
internal sealed class StageCompiler(IStore store, StageVariables variables)
{
    private const int PageStages = 500;

    private Dictionary<string, ServedStage> _compiled = []; // by path

    /// <returns>Those that can be served, by path, and why others can't.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<(ImmutableArray<ServedStage> Stages, ImmutableArray<StageFault> Faults)> CompileAsync(CancellationToken ct)
    {
        var next = new Dictionary<string, ServedStage>(StringComparer.Ordinal);
        var changed = new List<(string Path, string Deployment, ApiSource Source)>();
        var specs = new Dictionary<string, StageSpec>(StringComparer.Ordinal);
        var faults = ImmutableArray.CreateBuilder<StageFault>();
        await foreach (var stage in ReadStagesAsync(ct))
        {
            specs[stage.Path] = stage;
            if (_compiled.TryGetValue(stage.Path, out var known) && known.Deployment == stage.Deployment && known.Prefix == stage.Prefix)
                next.Add(stage.Path, await FillAsync(stage, known, faults, ct) ?? known);
            else if (await FindDeploymentAsync(store, stage.Api, stage.Deployment, ct) is { } deployment) changed.Add((stage.Path, stage.Deployment, deployment with { Prefix = stage.Prefix }));
            else faults.Add(new(stage.Path, [$"There is no deployment {stage.Deployment}."]));
        }

        faults.AddRange(Compile(changed, next));
        foreach (var (path, _, _) in changed)
        {
            if (!next.TryGetValue(path, out var compiled)) continue;

            if (await FillAsync(specs[path], compiled, faults, ct) is { } filled) next[path] = filled;
            else next.Remove(path);
        }

        _compiled = next;
        return ([.. next.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)], faults.ToImmutable());
    }

    /// <summary>Gives a stage the values of its variables as they are now: its own and its secrets'.</summary>
    /// <returns>Null when they can't be what they are, which is added to <paramref name="faults"/>.</returns>
    private async ValueTask<ServedStage?> FillAsync(StageSpec spec, ServedStage stage, ImmutableArray<StageFault>.Builder faults, CancellationToken ct)
    {
        if (stage.Api.Variables.IsEmpty && spec.Variables.IsEmpty) return stage;

        var (values, errors) = await variables.ResolveAsync(spec, stage.Api, store, ct);
        if (errors.IsEmpty) return values.Equals(stage.Values) ? stage : stage with { Api = stage.Api.With(values), Values = values };

        faults.Add(new(spec.Path, [.. errors.Select(error => $"{error.Pointer}: {error.Detail}")]));
        return null;
    }

    /// <summary>Puts all that can be served among the others.</summary>
    private static List<StageFault> Compile(List<(string Path, string Deployment, ApiSource Source)> changed, Dictionary<string, ServedStage> served)
    {
        var taken = new TakenRequests();
        foreach (var (path, stage) in served) taken.TryTake(path, stage.Api, out _);

        // All at once, as they nearly always can be. Otherwise one by one, and again behind the others, as a document may be answered by another's collections.
        var all = ApiReader.Read(changed.Select(each => each.Source), FindLive);
        if (all.Errors.Count == 0)
            return [.. changed.Zip(all.Apis).Select(pair => Take(pair.First.Path, pair.First.Deployment, pair.First.Source, pair.Second)).OfType<StageFault>()];

        while (true)
        {
            var faults = new List<StageFault>();
            int count = changed.RemoveAll(each =>
            {
                var reading = ApiReader.Read([each.Source], FindLive);
                var fault = reading.Errors.Count > 0 ? new(each.Path, [.. reading.Errors.Select(error => error.ToString())])
                    : Take(each.Path, each.Deployment, each.Source, reading.Apis[0]);
                if (fault is not null) faults.Add(fault);
                return fault is null;
            });
            if (count == 0) return faults;
        }

        ApiSpec? FindLive(string api) => served.GetValueOrDefault($"{api}/{ServedStage.Live}")?.Api;

        StageFault? Take(string path, string deployment, ApiSource source, ApiSpec api)
        {
            if (!taken.TryTake(path, api, out string? clash)) return new(path, [clash]);

            served.Add(path, new(path[(path.IndexOf('/') + 1)..], deployment, source.Prefix, api));
            return null;
        }
    }

    /// <returns>Null when there is none.</returns>
    public static async ValueTask<ApiSource?> FindDeploymentAsync(IResources resources, string api, string deployment, CancellationToken ct) =>
        await resources.GetAsync(new(Kinds.Deployment, $"{api}/{deployment}"), ct) is { } entry ? DeploymentSource.Read(api, entry.Value) : null;

    private async IAsyncEnumerable<StageSpec> ReadStagesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var query = new Query(Kinds.Stage) { Limit = PageStages };
        while (true)
        {
            if (await store.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The stages can't be read.");

            foreach (var entry in page.Entries) yield return StageSpec.Read(entry.Key.Path, entry.Value);
            if (page.Next is null) yield break;
            query = query with { After = page.Next };
        }
    }
}

/// <param name="Path">Of the stage: <c>shop/live</c>.</param>
/// <param name="Reasons">As an operator would want to read them.</param>
internal sealed record StageFault(string Path, ImmutableArray<string> Reasons);

/// <summary>A stage as its owner asked for it.</summary>
/// <param name="AllowBreaking">The id of a deployment that may break the stage's clients; null when none may.</param>
internal sealed record StageSpec(string Path, string Deployment, string Prefix, string? AllowBreaking)
{
    public string Api => Path[..Path.IndexOf('/')];

    public ImmutableSortedDictionary<string, StageVariable> Variables { get; init; } = ImmutableSortedDictionary<string, StageVariable>.Empty;

    /// <param name="json">Fits the kind's schema.</param>
    public static StageSpec Read(string path, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return new(path, document.RootElement.GetProperty("deployment").GetString()!,
            document.RootElement.TryGetProperty("path", out var prefix) ? prefix.GetString()! : "",
            document.RootElement.TryGetProperty("allow_breaking", out var allowed) ? allowed.GetString() : null)
        {
            Variables = StageVariable.ReadAll(document.RootElement),
        };
    }
}

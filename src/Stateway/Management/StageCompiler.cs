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
internal sealed class StageCompiler(IStore store)
{
    private const int PageStages = 500;

    private Dictionary<string, ServedStage> _compiled = []; // by path

    /// <returns>Those that can be served, by path, and why others can't.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<(ImmutableArray<ServedStage> Stages, ImmutableArray<StageFault> Faults)> CompileAsync(CancellationToken ct)
    {
        var next = new Dictionary<string, ServedStage>(StringComparer.Ordinal);
        var changed = new List<(string Path, string Deployment, ApiSource Source)>();
        var faults = ImmutableArray.CreateBuilder<StageFault>();
        await foreach (var stage in ReadStagesAsync(ct))
        {
            if (_compiled.TryGetValue(stage.Path, out var known) && known.Deployment == stage.Deployment && known.Prefix == stage.Prefix) next.Add(stage.Path, known);
            else if (await FindDeploymentAsync(store, stage.Api, stage.Deployment, ct) is { } deployment) changed.Add((stage.Path, stage.Deployment, deployment with { Prefix = stage.Prefix }));
            else faults.Add(new(stage.Path, [$"There is no deployment {stage.Deployment}."]));
        }

        var taken = new TakenRequests();
        foreach (var (path, stage) in next) taken.TryTake(path, stage.Api, out _);

        // A document may be answered by another's collections: what can't be compiled yet is tried again behind the others.
        while (changed.Count > 0)
        {
            int before = changed.Count;
            var whys = new List<StageFault>();
            changed.RemoveAll(each =>
            {
                var reading = ApiReader.Read([each.Source], api => next.GetValueOrDefault($"{api}/{ServedStage.Live}")?.Api);
                string[] reasons = reading.Errors.Count > 0 ? [.. reading.Errors.Select(error => error.ToString())]
                    : taken.TryTake(each.Path, reading.Apis[0], out string? clash) ? [] : [clash];
                if (reasons.Length > 0) whys.Add(new(each.Path, [.. reasons]));
                else next.Add(each.Path, new(each.Path[(each.Path.IndexOf('/') + 1)..], each.Deployment, each.Source.Prefix, reading.Apis[0]));
                return reasons.Length == 0;
            });
            if (changed.Count < before) continue;

            faults.AddRange(whys);
            break;
        }

        _compiled = next;
        return ([.. next.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value)], faults.ToImmutable());
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
internal sealed record StageSpec(string Path, string Deployment, string Prefix)
{
    public string Api => Path[..Path.IndexOf('/')];

    /// <param name="json">Fits the kind's schema.</param>
    public static StageSpec Read(string path, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return new(path, document.RootElement.GetProperty("deployment").GetString()!,
            document.RootElement.TryGetProperty("path", out var prefix) ? prefix.GetString()! : "");
    }
}

using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Collections.Kinds;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Model.Names;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// Makes the documents of a folder what the <c>live</c> stages serve: a new deployment for each document that has changed,
/// and all of them in one transaction. Applying the same folder twice, or on several nodes, changes nothing.
/// </summary>
/// <param name="folder">Absolute. Nodes that serve other folders over the same store leave each other's stages alone.</param>
/// <param name="variables">Of stages.</param>
internal sealed class FolderApply(string folder, IStore store, KindStore kinds, StageVariables variables, TimeProvider time)
{
    /// <summary>On a stage that came from a folder, with the folder's path: it goes when its document has gone from there.</summary>
    private const string Label = "stateway.folder";

    private const int LabelLengthMax = 200; // of kinds.yaml

    private readonly string _mark = folder.Length <= LabelLengthMax ? folder : folder[^LabelLengthMax..];

    /// <summary>Older ones that no stage points at go when another one comes.</summary>
    private const int DeploymentsKept = 10;

    private const int TriesMax = 10;

    private static readonly string[] _kept = ["variables", "throttle", "cache", "log", "mirror"];

    /// <summary>Variables that neither the documents nor the stages that are there give a value, and the like.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<ImmutableArray<string>> WhyNotAsync(ApiReading reading, CancellationToken ct)
    {
        var lines = ImmutableArray.CreateBuilder<string>();
        foreach (var api in reading.Apis)
        {
            string path = $"{api.Name}/{ServedStage.Live}";
            var stage = await store.GetAsync(new(Kinds.Stage, path), ct);
            if (stage is null && api.Variables.IsEmpty) continue;

            var spec = stage is null ? new StageSpec(path, "", "", null) : StageSpec.Read(path, stage.Value);
            var (_, errors) = await variables.ResolveAsync(spec, api, store, ct);
            lines.AddRange(StageVariables.Undeclared(spec, [api]).Concat(errors).Select(error => $"{api.File}, stage {path}: {error.Detail}"));
        }

        return lines.ToImmutable();
    }

    /// <param name="reading">Without errors.</param>
    /// <returns>Its documents as the stages that are to serve them, so that nobody needs to compile them again.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<IEnumerable<ServedStage>> ApplyAsync(ApiReading reading, CancellationToken ct)
    {
        for (int i = 0; i < TriesMax; i++)
        {
            var (transaction, deployments) = await PlanAsync(reading.Sources, ct);
            var served = deployments.Zip(reading.Apis, static (deployment, api) => new ServedStage(ServedStage.Live, deployment.Id, deployment.Prefix, api))
                .Where(static stage => stage.Prefix.Length == 0); // what stands elsewhere was not compiled for there
            if (transaction.Writes.IsEmpty) return served;

            switch (await store.CommitAsync(transaction, ct))
            {
                case CommitResult.Committed: return served;
                case CommitResult.Conflict or CommitResult.Unknown: continue; // another node applies it too, or somebody else changes a stage
                case CommitResult.Full: throw new StoreUnavailableException("The store's disk is full.");
                case CommitResult.TooLarge large: throw new StoreUnavailableException($"The documents are too large for this store, which takes {large.Limit} at once.");
                case CommitResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
                case var other: throw new StoreUnavailableException(other.ToString());
            }
        }

        throw new StoreUnavailableException("Others kept changing the stages.");
    }

    /// <returns>What is to be written, and for each document what its stage points at with it, and where that stands.</returns>
    private async Task<(Transaction Transaction, List<(string Id, string Prefix)> Deployments)> PlanAsync(IReadOnlyList<ApiSource> sources, CancellationToken ct)
    {
        var plan = kinds.Plan();
        var planned = new List<(string Id, string Prefix)>();
        var stages = (await kinds.ListAsync(Kinds.Stage, parent: null, ct)).Resources;
        var byPath = stages.ToDictionary(stage => stage.Key.Path, StringComparer.Ordinal);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            string path = $"{source.Name}/{ServedStage.Live}";
            paths.Add(path);
            var stage = byPath.GetValueOrDefault(path);
            var spec = stage is null ? null : StageSpec.Read(path, stage.Spec);
            if (spec is not null && await StageCompiler.FindDeploymentAsync(store, source.Name, spec.Deployment, ct) is { } current
                && DeploymentSource.AreSame(current, source))
            {
                planned.Add((spec.Deployment, spec.Prefix));
                continue;
            }

            var api = new Key(Kinds.Api, source.Name);
            bool isNew = await store.GetAsync(api, ct) is null;
            if (isNew) plan.Create(api, []);

            string id = ResourceId.New(time);
            var files = new JsonObject(source.Files.Select(file => KeyValuePair.Create(file.Key, (JsonNode?)Encoding.UTF8.GetString(file.Value))));
            plan.Create(new(Kinds.Deployment, $"{source.Name}/{id}"), new() { ["file"] = source.File, ["files"] = files });
            var pointer = new JsonObject { ["deployment"] = id, ["path"] = spec?.Prefix ?? "", ["labels"] = new JsonObject { [Label] = _mark } };
            KeepSettings(stage, pointer);
            if (stage is null) plan.Create(new(Kinds.Stage, path), pointer);
            else plan.Change(stage, pointer);

            planned.Add((id, spec?.Prefix ?? ""));
            if (!isNew) await RemoveOldAsync(plan, source.Name, stages, ct);
        }

        foreach (var stage in stages)
        {
            if (!paths.Contains(stage.Key.Path) && IsOfFolder(stage)) plan.Delete(stage);
        }

        return (plan.ToTransaction(), planned);
    }

    /// <summary>What an administrator has set of the stage stays, but for a canary: it was one beside the document that goes now.</summary>
    private static void KeepSettings(KindResource? stage, JsonObject pointer)
    {
        if (stage is null) return;

        var spec = JsonNode.Parse(stage.Spec.Span)!.AsObject();
        foreach (string name in _kept)
        {
            if (spec[name] is { } setting) pointer[name] = setting.DeepClone();
        }
    }

    private async Task RemoveOldAsync(KindPlan plan, string api, ImmutableArray<KindResource> stages, CancellationToken ct)
    {
        var used = stages.Select(stage => (stage.Key.Path, Spec: StageSpec.Read(stage.Key.Path, stage.Spec)))
            .Where(stage => stage.Spec.Api == api)
            .SelectMany(stage => stage.Path == $"{api}/{ServedStage.Live}" ? stage.Spec.Deployments.Skip(1) : stage.Spec.Deployments).ToHashSet();
        var deployments = (await kinds.ListAsync(Kinds.Deployment, api, ct)).Resources;
        foreach (var old in deployments.Where(each => !used.Contains(each.Id)).OrderByDescending(each => each.CreateTime).ThenByDescending(each => each.Id, StringComparer.Ordinal).Skip(DeploymentsKept))
            plan.Delete(old);
    }

    private bool IsOfFolder(KindResource stage)
    {
        using var document = JsonDocument.Parse(stage.Spec);
        return document.RootElement.TryGetProperty("labels", out var labels) && labels.TryGetProperty(Label, out var mark) && mark.ValueEquals(_mark);
    }
}

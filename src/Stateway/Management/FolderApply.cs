using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Collections;
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
/// <param name="kinds">The platform's own collections.</param>
internal sealed class FolderApply(string folder, IStore store, Catalog kinds, TimeProvider time)
{
    /// <summary>On a stage that came from a folder, with the folder's path: it goes when its document has gone from there.</summary>
    private const string Label = "stateway.folder";

    private const int LabelLengthMax = 200; // of kinds.yaml

    private readonly string _mark = folder.Length <= LabelLengthMax ? folder : folder[^LabelLengthMax..];

    /// <summary>Older ones that no stage points at go when another one comes.</summary>
    private const int DeploymentsKept = 10;

    private const int TriesMax = 10;

    /// <param name="reading">Without errors.</param>
    /// <returns>Its documents as the stages that are to serve them, so that nobody needs to compile them again.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<IEnumerable<ServedStage>> ApplyAsync(ApiReading reading, CancellationToken ct)
    {
        for (int i = 0; i < TriesMax; i++)
        {
            var plan = await PlanAsync(reading.Sources, ct);
            var served = plan.Deployments.Zip(reading.Apis, static (deployment, api) => new ServedStage(ServedStage.Live, deployment.Id, deployment.Prefix, api))
                .Where(static stage => stage.Prefix.Length == 0); // what stands elsewhere was not compiled for there
            if (plan.IsEmpty) return served;

            switch (await store.CommitAsync(plan.ToTransaction(), ct))
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

    private async Task<Plan> PlanAsync(IReadOnlyList<ApiSource> sources, CancellationToken ct)
    {
        var plan = new Plan(kinds, time.GetUtcNow());
        var stages = await ReadAsync(Kinds.Stage, parent: null, ct);
        var byPath = stages.ToDictionary(stage => stage.Key.Path, StringComparer.Ordinal);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            string path = $"{source.Name}/{ServedStage.Live}";
            paths.Add(path);
            var stage = byPath.GetValueOrDefault(path);
            var spec = stage is null ? null : StageSpec.Read(path, stage.Value);
            if (spec is not null && await StageCompiler.FindDeploymentAsync(store, source.Name, spec.Deployment, ct) is { } current
                && DeploymentSource.AreSame(current, source))
            {
                plan.Deployments.Add((spec.Deployment, spec.Prefix));
                continue;
            }

            bool isNew = await store.GetAsync(new(Kinds.Api, source.Name), ct) is null;
            if (isNew) plan.Put(Kinds.Api, source.Name, 0, static _ => { });

            string id = ResourceId.New(time);
            plan.Put(Kinds.Deployment, $"{source.Name}/{id}", 0, json =>
            {
                json.WriteString("file", source.File);
                json.WriteStartObject("files");
                foreach (var (name, text) in source.Files) json.WriteString(name, text);
                json.WriteEndObject();
            });
            plan.Put(Kinds.Stage, path, stage?.Revision ?? 0, json =>
            {
                json.WriteString("deployment", id);
                json.WriteString("path", spec?.Prefix ?? "");
                json.WriteStartObject("labels");
                json.WriteString(Label, _mark);
                json.WriteEndObject();
            });
            plan.Deployments.Add((id, spec?.Prefix ?? ""));
            if (!isNew) await RemoveOldAsync(plan, source.Name, stages, ct);
        }

        foreach (var stage in stages)
        {
            if (!paths.Contains(stage.Key.Path) && IsOfFolder(stage)) plan.Delete(stage);
        }

        return plan;
    }

    private async Task RemoveOldAsync(Plan plan, string api, List<Entry> stages, CancellationToken ct)
    {
        var used = stages.Select(stage => (stage.Key.Path, Spec: StageSpec.Read(stage.Key.Path, stage.Value)))
            .Where(stage => stage.Spec.Api == api && stage.Path != $"{api}/{ServedStage.Live}").Select(stage => stage.Spec.Deployment).ToHashSet();
        var deployments = await ReadAsync(Kinds.Deployment, api, ct);
        var old = deployments.Where(entry => !used.Contains(entry.Key.Path[(api.Length + 1)..])).OrderByDescending(entry => entry.Revision).Skip(DeploymentsKept);
        foreach (var entry in old) plan.Delete(entry);
    }

    private async Task<List<Entry>> ReadAsync(string collection, string? parent, CancellationToken ct)
    {
        var entries = new List<Entry>();
        var query = new Query(collection) { Parent = parent, Limit = 100 };
        while (true)
        {
            if (await store.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException($"{collection} can't be read.");

            entries.AddRange(page.Entries);
            if (page.Next is null) return entries;
            query = query with { After = page.Next };
        }
    }

    private bool IsOfFolder(Entry stage)
    {
        using var document = JsonDocument.Parse(stage.Value);
        return document.RootElement.TryGetProperty("labels", out var labels) && labels.TryGetProperty(Label, out var mark) && mark.ValueEquals(_mark);
    }

    /// <summary>The transaction that it will be.</summary>
    private sealed class Plan(Catalog kinds, DateTimeOffset now)
    {
        private readonly ImmutableArray<Precondition>.Builder _preconditions = ImmutableArray.CreateBuilder<Precondition>();
        private readonly ImmutableArray<Write>.Builder _writes = ImmutableArray.CreateBuilder<Write>();

        public bool IsEmpty => _writes.Count == 0;

        /// <summary>What the folder's stages point at with it, and where they stand: one for each document.</summary>
        public List<(string Id, string Prefix)> Deployments { get; } = [];

        public void Put(string kind, string path, long revision, Action<Utf8JsonWriter> write)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            }

            var key = new Key(kind, path);
            _preconditions.Add(new Precondition.AtRevision(key, revision));
            _writes.Add(new Write.Put(key, now, kinds[kind].ComposeSeed(buffer.WrittenSpan, path, now)));
        }

        public void Delete(Entry entry)
        {
            _preconditions.Add(new Precondition.AtRevision(entry.Key, entry.Revision));
            _writes.Add(new Write.Delete(entry.Key));
        }

        public Transaction ToTransaction() => new(_preconditions.ToImmutable(),
            [.. _writes, new Write.Put(Kinds.ChangeMark, now, "{}"u8.ToArray())]);
    }
}

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
/// <param name="variables">Of stages.</param>
internal sealed class FolderApply(string folder, IStore store, Catalog kinds, StageVariables variables, TimeProvider time)
{
    /// <summary>On a stage that came from a folder, with the folder's path: it goes when its document has gone from there.</summary>
    private const string Label = "stateway.folder";

    private const int LabelLengthMax = 200; // of kinds.yaml

    private readonly string _mark = folder.Length <= LabelLengthMax ? folder : folder[^LabelLengthMax..];

    /// <summary>Older ones that no stage points at go when another one comes.</summary>
    private const int DeploymentsKept = 10;

    private const int TriesMax = 10;

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
            lines.AddRange(errors.Select(error => $"{api.File}, stage {path}: {error.Detail}"));
        }

        return lines.ToImmutable();
    }

    /// <param name="sources">Checked, and read together.</param>
    /// <returns>Whether something has changed.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<bool> ApplyAsync(IReadOnlyList<ApiSource> sources, CancellationToken ct)
    {
        for (int i = 0; i < TriesMax; i++)
        {
            var transaction = await PlanAsync(sources, ct);
            if (transaction.Writes.IsEmpty) return false;

            switch (await store.CommitAsync(transaction, ct))
            {
                case CommitResult.Committed: return true;
                case CommitResult.Conflict or CommitResult.Unknown: continue; // another node applies it too, or somebody else changes a stage
                case CommitResult.Full: throw new StoreUnavailableException("The store's disk is full.");
                case CommitResult.TooLarge large: throw new StoreUnavailableException($"The documents are too large for this store, which takes {large.Limit} at once.");
                case CommitResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
                case var other: throw new StoreUnavailableException(other.ToString());
            }
        }

        throw new StoreUnavailableException("Others kept changing the stages.");
    }

    private async Task<Transaction> PlanAsync(IReadOnlyList<ApiSource> sources, CancellationToken ct)
    {
        var plan = new Plan(kinds, time.GetUtcNow());
        var stages = await ReadAsync(Kinds.Stage, parent: null, ct);
        foreach (var source in sources)
        {
            string path = $"{source.Name}/{ServedStage.Live}";
            var stage = stages.FirstOrDefault(entry => entry.Key.Path == path);
            var spec = stage is null ? null : StageSpec.Read(path, stage.Value);
            if (spec is not null && await StageCompiler.FindDeploymentAsync(store, source.Name, spec.Deployment, ct) is { } current
                && DeploymentSource.AreSame(current, source)) continue;

            var api = new Key(Kinds.Api, source.Name);
            if (await store.GetAsync(api, ct) is null) plan.Put(Kinds.Api, source.Name, 0, static _ => { });

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
                WriteRest(stage, json);
                json.WriteStartObject("labels");
                json.WriteString(Label, _mark);
                json.WriteEndObject();
            });
            await RemoveOldAsync(plan, source.Name, stages, ct);
        }

        foreach (var stage in stages)
        {
            if (IsOfFolder(stage) && sources.All(source => stage.Key.Path != $"{source.Name}/{ServedStage.Live}")) plan.Delete(stage);
        }

        return plan.ToTransaction();
    }

    /// <summary>What an administrator has said of the stage beside what the folder says.</summary>
    private static void WriteRest(Entry? stage, Utf8JsonWriter json)
    {
        if (stage is null) return;

        using var document = JsonDocument.Parse(stage.Value);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (member.Name is "variables") member.WriteTo(json);
        }
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
            _writes.Count == 0 ? [] : [.. _writes, new Write.Put(Kinds.ChangeMark, now, "{}"u8.ToArray())]);
    }
}

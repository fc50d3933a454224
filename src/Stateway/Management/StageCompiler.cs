using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Stateway.Collections.Kinds;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// Makes what is served of what is stored: every stage with its deployment, compiled. What did not change since the last
/// time is not compiled again. For one caller at a time.
/// </summary>
internal sealed class StageCompiler(IStore store, StageVariables variables)
{
    private const int PageStages = 500;
    private const int DeploymentsAtOnce = 64;

    private Dictionary<string, ServedStage> _compiled = []; // by path
    private readonly Dictionary<string, ServedStage> _before = []; // what a stage was before its last change: to take that back is to serve it again

    /// <summary>Takes stages that are compiled already, as the documents of a folder are; where one is not as it says, nothing has happened.</summary>
    public void Know(IEnumerable<ServedStage> stages)
    {
        foreach (var stage in stages)
        {
            if (!IsKnown(stage.Path, stage.Deployment, stage.Prefix, out _)) _compiled[stage.Path] = stage;
        }
    }

    /// <exception cref="StoreUnavailableException"/>
    public async Task<StageCompilation> CompileAsync(CancellationToken ct)
    {
        var known = new Dictionary<string, ServedStage>(StringComparer.Ordinal);
        var missing = new List<StageSpec>();
        var stages = new List<(StageSpec Spec, KindResource Resource)>();
        await foreach (var (stage, resource) in ReadStagesAsync(ct))
        {
            stages.Add((stage, resource));
            if (IsKnown(stage.Path, stage.Deployment, stage.Prefix, out var before)) known.Add(stage.Path, before);
            else if (IsOf(_before.GetValueOrDefault(stage.Path), stage)) known.Add(stage.Path, _before[stage.Path]);
            else missing.Add(stage);
        }

        var changed = new List<(string Path, string Deployment, ApiSource Source)>();
        var faults = new List<StageFault>();
        foreach (var some in missing.Chunk(DeploymentsAtOnce))
        {
            var sources = await Task.WhenAll(some.Select(stage => FindDeploymentAsync(store, stage.Api, stage.Deployment, ct).AsTask()));
            foreach (var (stage, source) in some.Zip(sources))
            {
                if (source is not null) changed.Add((stage.Path, stage.Deployment, source with { Prefix = stage.Prefix }));
                else faults.Add(new(stage.Path, StageFault.NoSuchDeployment, $"{stage.Api} has no deployment \"{stage.Deployment}\"."));
            }
        }

        faults.AddRange(Compile(changed, known));
        foreach (var (stage, _) in stages)
        {
            if (!known.TryGetValue(stage.Path, out var compiled)) continue;

            if (await FillAsync(stage, compiled, faults, ct) is { } filled) known[stage.Path] = await WithArmsAsync(filled, stage, known, faults, ct);
            else known.Remove(stage.Path);
        }

        Remember(known);

        // All nodes come to the same, whatever they have seen in which order: of two that clash, the one that was there first is served.
        var byAge = stages.OrderBy(each => each.Resource.CreateTime).ThenBy(each => each.Spec.Path, StringComparer.Ordinal);
        var served = Choose(byAge.Select(each => known.GetValueOrDefault(each.Spec.Path)).OfType<ServedStage>(), faults);
        return new(
            [.. served.OrderBy(stage => stage.Path, StringComparer.Ordinal)],
            [.. faults],
            stages.ToDictionary(each => each.Spec.Path, each => each.Resource.Generation, StringComparer.Ordinal));
    }

    /// <summary>Gives a stage the values of its variables as they are now: its own and its secrets'. It keeps those that it has when new ones can't be.</summary>
    /// <returns>Null when they can't be what they are, and never were.</returns>
    private async ValueTask<ServedStage?> FillAsync(StageSpec spec, ServedStage stage, List<StageFault> faults, CancellationToken ct)
    {
        if (stage.Api.Variables.IsEmpty) return stage;

        var (values, errors) = await variables.ResolveAsync(spec, stage.Api, store, ct);
        if (errors.IsEmpty) return values.Equals(stage.Values) ? stage : stage with { Api = stage.Api.With(values), Values = values };

        bool isServed = !stage.Values.Equals(StageValues.None);
        string wrong = string.Join("; ", errors.Select(error => $"{error.Pointer}: {error.Detail}"));
        faults.Add(isServed ? new(spec.Path, StageFault.ServedInPart, "With the values that its variables had before: " + wrong) : new(spec.Path, StageFault.NoSuchValue, wrong));
        return isServed ? stage : null;
    }

    private void Remember(Dictionary<string, ServedStage> next)
    {
        foreach (var (path, stage) in _compiled)
        {
            if (!next.TryGetValue(path, out var now)) _before.Remove(path);
            else if (now.Deployment != stage.Deployment || now.Prefix != stage.Prefix) _before[path] = stage;
        }

        _compiled = next;
    }

    private static bool IsOf(ServedStage? stage, StageSpec spec) => stage is not null && stage.Deployment == spec.Deployment && stage.Prefix == spec.Prefix;

    private bool IsKnown(string path, string deployment, string prefix, [NotNullWhen(true)] out ServedStage? known) =>
        _compiled.TryGetValue(path, out known) && known.Deployment == deployment && known.Prefix == prefix;

    /// <summary>Puts all that can be compiled among the others.</summary>
    private static List<StageFault> Compile(List<(string Path, string Deployment, ApiSource Source)> changed, Dictionary<string, ServedStage> compiled)
    {
        // All at once, as they nearly always can be. Otherwise one by one, and again behind the others, as a document may be answered by another's collections.
        var all = ApiReader.Read(changed.Select(each => each.Source), FindLive, isAccepted: true);
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
                var reading = ApiReader.Read([each.Source], FindLive, isAccepted: true);
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
            if (!taken.TryTake(stage.Path, stage.Api, out string? clash))
            {
                faults.Add(new(stage.Path, StageFault.Clash, clash));
            }
            else if (stage.Canary is { } canary && !taken.TryTake(stage.Path, canary, out clash))
            {
                faults.Add(new(stage.Path, StageFault.ServedInPart, $"Without its canary: {clash}"));
                served.Add(stage with { Canary = null });
            }
            else
            {
                served.Add(stage);
            }
        }

        // One that is answered by collections of another API can't be served without them; and others not without it.
        int count;
        do
        {
            var present = Rollout.ApisOf(served).SelectMany(api => NamesOf(api.Collections)).ToHashSet(StringComparer.Ordinal);
            for (int i = 0; i < served.Count; i++) served[i] = WithoutLost(served[i], present, faults);
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

    /// <summary>A canary or a mirror that is answered by what is not there is left out.</summary>
    private static ServedStage WithoutLost(ServedStage stage, HashSet<string> present, List<StageFault> faults)
    {
        if (IsLost(stage.Canary)) stage = stage with { Canary = null };
        return IsLost(stage.Mirror) ? stage with { Mirror = null } : stage;

        bool IsLost(ApiSpec? arm)
        {
            if (arm is null || BorrowedBy(arm).FirstOrDefault(name => !present.Contains(name)) is not { } missing) return false;

            faults.Add(new(stage.Path, StageFault.ServedInPart, $"Without its canary or mirror, which is answered by {missing}, and no stage that is served has that."));
            return true;
        }
    }

    private static IEnumerable<string> BorrowedBy(ApiSpec api) => api.Operations.Select(operation => operation.Target).OfType<TargetSpec.Collection>()
        .Select(target => target.StoreName).Where(name => !name.StartsWith(api.Name + "/", StringComparison.Ordinal)).Distinct();

    private static IEnumerable<string> NamesOf(IEnumerable<CollectionDeclaration> collections) =>
        collections.SelectMany(collection => NamesOf(collection.Children).Prepend(collection.StoreName));


    /// <summary>Compiles the stage's other deployments, for the place of the stage itself. One that can't be served is left out, and the stage served without it.</summary>
    private async Task<ServedStage> WithArmsAsync(
        ServedStage served, StageSpec stage, Dictionary<string, ServedStage> compiled, List<StageFault> faults, CancellationToken ct)
    {
        var known = _compiled.GetValueOrDefault(stage.Path);
        var (before, settings) = (known?.Settings, stage.Settings);
        if (!stage.Errors.IsEmpty)
        {
            faults.Add(new(stage.Path, StageFault.ServedInPart, "Without its settings: " + string.Join("; ", stage.Errors.Select(error => $"{error.Pointer}: {error.Detail}"))));
            settings = StageSettings.None;
        }

        var canary = await ArmAsync(settings.Canary?.Deployment, before?.Canary?.Deployment, known?.Canary);
        var mirror = await ArmAsync(settings.Mirror?.Deployment, before?.Mirror?.Deployment, known?.Mirror);
        (canary, var ofCanary) = await FillAsync(canary, known?.OtherValues.Canary ?? StageValues.None);
        (mirror, var ofMirror) = await FillAsync(mirror, known?.OtherValues.Mirror ?? StageValues.None);
        var next = served with { Settings = settings, Canary = canary, Mirror = mirror, OtherValues = (ofCanary, ofMirror) };
        return next == known ? known : next;

        async Task<(ApiSpec? Arm, StageValues Values)> FillAsync(ApiSpec? arm, StageValues filled)
        {
            if (arm is null || arm.Variables.IsEmpty) return (arm, StageValues.None);

            var (values, errors) = await variables.ResolveAsync(stage, arm, store, ct);
            bool isFilled = arm == known?.Canary || arm == known?.Mirror;
            if (errors.IsEmpty) return isFilled && values.Equals(filled) ? (arm, filled) : (arm.With(values), values);

            faults.Add(new(stage.Path, StageFault.ServedInPart, "Without its canary or mirror: " + string.Join("; ", errors.Select(error => $"{error.Pointer}: {error.Detail}"))));
            return (null, StageValues.None);
        }

        async Task<ApiSpec?> ArmAsync(string? deployment, string? knownDeployment, ApiSpec? knownApi)
        {
            if (deployment is null) return null;
            if (deployment == knownDeployment && known!.Prefix == stage.Prefix && knownApi is not null) return knownApi;

            if (await FindDeploymentAsync(store, stage.Api, deployment, ct) is not { } source)
            {
                faults.Add(new(stage.Path, StageFault.ServedInPart, $"Without {deployment}: {stage.Api} has no such deployment."));
                return null;
            }

            var reading = ApiReader.Read([source with { Prefix = stage.Prefix }], api => compiled.GetValueOrDefault($"{api}/{ServedStage.Live}")?.Api);
            if (reading.Errors.Count == 0) return reading.Apis[0];

            faults.Add(new(stage.Path, StageFault.ServedInPart, $"Without {deployment}: {string.Join("; ", reading.Errors)}"));
            return null;
        }
    }

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

    public StageSettings Settings { get; private init; } = StageSettings.None;

    /// <summary>What is wrong with the settings beyond their schema.</summary>
    public ImmutableArray<ProblemError> Errors { get; private init; } = [];

    /// <summary>The ids of all that it points at.</summary>
    public IEnumerable<string> Deployments => new[] { Deployment, Settings.Canary?.Deployment, Settings.Mirror?.Deployment }.OfType<string>();

    public ImmutableSortedDictionary<string, StageVariable> Variables { get; init; } = ImmutableSortedDictionary<string, StageVariable>.Empty;

    /// <param name="json">Fits the kind's schema.</param>
    public static StageSpec Read(string path, ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var errors = new List<ProblemError>();
        var settings = StageSettings.Read(document.RootElement, path, errors);
        return new(path, document.RootElement.GetProperty("deployment").GetString()!,
            document.RootElement.TryGetProperty("path", out var prefix) ? prefix.GetString()! : "",
            document.RootElement.TryGetProperty("allow_breaking", out var allowed) ? allowed.GetString() : null)
        {
            Settings = settings, Errors = [.. errors],
            Variables = StageVariable.ReadAll(document.RootElement),
        };
    }
}

using System.Collections.Immutable;
using Stateway.Collections;
using Stateway.Collections.Kinds;
using Stateway.Gateway;
using Stateway.Hosting;
using Stateway.Management.Domains;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Changes;
using Stateway.Model.Problems;
using Stateway.Secrets;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>What must hold for deployments and stages: that they can be served, with all errors when not.</summary>
/// <param name="stages">Those in force.</param>
/// <param name="explainer">Tells why a resource of these kinds is as it is.</param>
/// <param name="variables">Of stages.</param>
/// <param name="secrets">What must hold for secrets.</param>
internal sealed class DeployingRules(Func<ImmutableArray<ServedStage>> stages, Explainer explainer, StageVariables variables, SecretRules secrets)
{
    private const int ErrorsMax = 100;

    private readonly DomainRules _domains = new(stages);

    public Dictionary<string, Oversight> ByCollection => new(StringComparer.Ordinal)
    {
        [Kinds.Api] = new(CheckApiAsync, Kinds.ChangeMark, Kinds.Event, explainer),
        [Kinds.Deployment] = new(CheckDeploymentAsync, Kinds.ChangeMark, Kinds.Event, explainer),
        [Kinds.Stage] = new(CheckStageAsync, Kinds.ChangeMark, Kinds.Event, explainer),
        [Kinds.Domain] = new(_domains.CheckAsync, Kinds.ChangeMark, Kinds.Event, explainer),
        [Kinds.Secret] = secrets.OfSecrets,
        [Kinds.SecretKey] = secrets.OfKeys,
    };

    private static ValueTask<Problem?> CheckApiAsync(ProposedChange change, CancellationToken ct) =>
        change.After is null ? DomainRules.WhyNotRemovedAsync(change.Resources, stage => stage.StartsWith(change.Path + "/", StringComparison.Ordinal), ct)
        : new(change.Path == ApiSpec.ReservedName
            ? Invalid(new ProblemError("ID", $"An API can't be called {ApiSpec.ReservedName}: the platform's own resources are kept under this name.") { Pointer = "/id" })
            : null);

    private async ValueTask<Problem?> CheckDeploymentAsync(ProposedChange change, CancellationToken ct)
    {
        string api = change.Path[..change.Path.IndexOf('/')];
        string id = change.Path[(change.Path.IndexOf('/') + 1)..];
        if (change.After is not { } after) return await WhyNotRemovedAsync(change, api, id, ct);

        var source = DeploymentSource.Read(api, after);
        if (change.Before is { } before)
        {
            return DeploymentSource.AreSame(source, DeploymentSource.Read(api, before)) ? null
                : new(ProblemTypes.WrongState, "A deployment is immutable; create another one, and let the stage point at that.");
        }

        var reading = ApiReader.Read([source], FindLive);
        return reading.Errors.Count == 0 ? null : Invalid([.. reading.Errors.Take(ErrorsMax).Select(ErrorOf)]);
    }

    private static async ValueTask<Problem?> WhyNotRemovedAsync(ProposedChange change, string api, string id, CancellationToken ct)
    {
        var query = new Query(Kinds.Stage) { Parent = api, Limit = StoreLimits.PageEntriesMax };
        if (await change.Resources.QueryAsync(query, ct) is not QueryResult.Page page) return new(ProblemTypes.Unavailable, "The stages can't be read now.");

        foreach (var entry in page.Entries)
        {
            if (StageSpec.Read(entry.Key.Path, entry.Value).Deployments.Contains(id))
                return new(ProblemTypes.StillReferenced, $"The stage {entry.Key.Path[(api.Length + 1)..]} points at it.");
        }

        return null;
    }

    private async ValueTask<Problem?> CheckStageAsync(ProposedChange change, CancellationToken ct)
    {
        if (change.After is not { } after) return await DomainRules.WhyNotRemovedAsync(change.Resources, stage => stage == change.Path, ct);

        var stage = StageSpec.Read(change.Path, after);
        var before = change.Before is { } stored ? StageSpec.Read(change.Path, stored) : null;
        var taken = new TakenRequests();
        foreach (var other in stages().Where(other => other.Path != change.Path))
        {
            taken.TryTake(other.Path, other.Api, out _);
            if (other.Canary is { } theirs) taken.TryTake(other.Path, theirs, out _);
        }

        var (api, problem) = await CompileAsync(change, stage, stage.Deployment, "/deployment", ct);
        if (problem is not null) return problem;
        bool isPromoted = before?.Settings.Canary?.Deployment == stage.Deployment; // it was let through when it became the canary
        if (before is not null && !isPromoted && await WhyBreakingAsync(change, before.Deployment, stage, stage.Deployment, api!, ct) is { } breaking) return breaking;
        if (!taken.TryTake(change.Path, api!, out string? clash)) return Invalid(new ProblemError("CLASH", clash) { Pointer = "/path" });
        if (!stage.Errors.IsEmpty) return Invalid(stage.Errors);

        (var canary, problem) = await CheckCanaryAsync(change, before, stage, taken, ct);
        if (problem is not null) return problem;

        (var mirror, problem) = stage.Settings.Mirror is { } setting ? await CompileAsync(change, stage, setting.Deployment, "/mirror/deployment", ct) : default;
        return problem ?? await WhyNotFilledAsync(change, stage, [.. new[] { api, canary, mirror }.OfType<ApiSpec>()], ct)
            ?? await _domains.CheckStageAsync(stage, change.Resources, ct);
    }

    /// <summary>What the stage says of variables holds for all that it serves, seen or unseen.</summary>
    private async ValueTask<Problem?> WhyNotFilledAsync(ProposedChange change, StageSpec stage, ImmutableArray<ApiSpec> apis, CancellationToken ct)
    {
        var errors = StageVariables.Undeclared(stage, apis);
        foreach (var api in apis) errors = errors.AddRange((await variables.ResolveAsync(stage, api, change.Resources, ct)).Errors);
        return errors.IsEmpty ? null : Invalid([.. errors.DistinctBy(error => (error.Pointer, error.Detail)).Take(ErrorsMax)]);
    }

    /// <summary>Some of the stage's callers are to be served by it, so that all holds for it that does for the stage's own deployment.</summary>
    private async ValueTask<(ApiSpec? Canary, Problem? Problem)> CheckCanaryAsync(ProposedChange change, StageSpec? before, StageSpec stage, TakenRequests taken, CancellationToken ct)
    {
        if (stage.Settings.Canary is not { } canary) return default;
        if (canary.Deployment == stage.Deployment)
            return (null, Invalid(new ProblemError("CANARY", $"The stage points at {stage.Deployment} itself; leave the canary away, or give another deployment.") { Pointer = "/canary/deployment" }));

        var (api, problem) = await CompileAsync(change, stage, canary.Deployment, "/canary/deployment", ct);
        if (problem is not null) return (null, problem);
        if (!taken.TryTake(change.Path, api!, out string? clash)) return (null, Invalid(new ProblemError("CLASH", clash) { Pointer = "/canary/deployment" }));

        bool isKnown = before?.Deployment == stage.Deployment && before.Settings.Canary?.Deployment == canary.Deployment;
        return (api, isKnown ? null : await WhyBreakingAsync(change, stage.Deployment, stage, canary.Deployment, api!, ct));
    }

    private async ValueTask<(ApiSpec? Api, Problem? Problem)> CompileAsync(ProposedChange change, StageSpec stage, string deployment, string pointer, CancellationToken ct)
    {
        if (await StageCompiler.FindDeploymentAsync(change.Resources, stage.Api, deployment, ct) is not { } source)
            return (null, Invalid(new ProblemError("REFERENCE", $"{stage.Api} has no deployment \"{deployment}\".") { Pointer = pointer }));

        var reading = ApiReader.Read([source with { Prefix = stage.Prefix }], FindLive, isAccepted: true);
        return reading.Errors.Count > 0 ? (null, Invalid([.. reading.Errors.Take(ErrorsMax).Select(ErrorOf)])) : (reading.Apis[0], null);
    }

    /// <summary>Clients of a stage rely on what it serves: what would break them is refused, unless its owner says that this deployment may.</summary>
    private async ValueTask<Problem?> WhyBreakingAsync(ProposedChange change, string before, StageSpec stage, string deployment, ApiSpec next, CancellationToken ct)
    {
        if (before == deployment || stage.AllowBreaking == deployment) return null;
        if (await FindServedAsync(change, stage, before, ct) is not { } served) return null; // nobody is served by it

        var comparison = ApiChanges.Compare(served, next);
        if (!comparison.IsBreaking) return null;

        return new(ProblemTypes.BreakingChange, $"{comparison.BreakingCount} of {comparison.Changes.Length + comparison.OmittedCount} changes break clients of this stage. "
            + $"To point it at {deployment} all the same, set allow_breaking to \"{deployment}\".")
        {
            Errors = [.. comparison.Changes.Where(each => each.Severity == ChangeSeverity.Breaking).Take(ErrorsMax).Select(ErrorOf)],
        };
    }

    /// <summary>What a deployment is at a stage's place: compiled already, as a rule.</summary>
    private async ValueTask<ApiSpec?> FindServedAsync(ProposedChange change, StageSpec stage, string deployment, CancellationToken ct)
    {
        var inForce = stages().FirstOrDefault(each => each.Path == stage.Path && each.Deployment == deployment && each.Prefix == stage.Prefix);
        if (inForce is not null) return inForce.Api;
        if (await StageCompiler.FindDeploymentAsync(change.Resources, stage.Api, deployment, ct) is not { } source) return null;

        return ApiReader.Read([source with { Prefix = stage.Prefix }], FindLive, isAccepted: true).Apis.FirstOrDefault();
    }

    /// <summary>The place is one of a document, and no part of the body; so it stands in the text.</summary>
    private static ProblemError ErrorOf(ApiChange change) =>
        new(change.Code, $"{(change.Operation is { } operation ? operation + ", " : "")}{change.Pointer}: {change.Text}") { Pointer = "/deployment" };

    private ApiSpec? FindLive(string api) => stages().FirstOrDefault(stage => stage.Api.Name == api && stage.Stage == ServedStage.Live)?.Api;

    private static ProblemError ErrorOf(DocumentError error) =>
        new("DOCUMENT", $"{error.File}:{error.Line}:{error.Column} {error.Pointer}: {error.Message}") { Pointer = "/files/" + error.File.Replace("~", "~0").Replace("/", "~1") };

    private static Problem Invalid(params ImmutableArray<ProblemError> errors) =>
        new(ProblemTypes.InvalidBody, Wording.Count(errors.Length, "field")) { Errors = errors };
}

using System.Collections.Immutable;
using Stateway.Collections;
using Stateway.Gateway;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Model.Apis.Changes;
using Stateway.Model.Problems;
using Stateway.Secrets;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>What must hold for deployments and stages: that they can be served, with all errors when not.</summary>
/// <param name="stages">Those in force.</param>
/// <param name="variables">Of stages.</param>
/// <param name="secrets">What must hold for secrets.</param>
internal sealed class DeployingRules(Func<ImmutableArray<ServedStage>> stages, StageVariables variables, SecretRules secrets)
{
    private const int ErrorsMax = 100;

    public Dictionary<string, Oversight> ByCollection => new(StringComparer.Ordinal)
    {
        [Kinds.Api] = new(CheckApiAsync, Kinds.ChangeMark),
        [Kinds.Deployment] = new(CheckDeploymentAsync, Kinds.ChangeMark),
        [Kinds.Stage] = new(CheckStageAsync, Kinds.ChangeMark),
        [Kinds.Secret] = secrets.OfSecrets,
        [Kinds.SecretKey] = secrets.OfKeys,
    };

    private ValueTask<Problem?> CheckApiAsync(ProposedChange change, CancellationToken ct) =>
        new(change.Path == ApiSpec.ReservedName && change.After is not null
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
            if (StageSpec.Read(entry.Key.Path, entry.Value).Deployment == id)
                return new(ProblemTypes.StillReferenced, $"The stage {entry.Key.Path[(api.Length + 1)..]} points at it.");
        }

        return null;
    }

    private async ValueTask<Problem?> CheckStageAsync(ProposedChange change, CancellationToken ct)
    {
        if (change.After is not { } after) return null;

        var stage = StageSpec.Read(change.Path, after);
        if (await StageCompiler.FindDeploymentAsync(change.Resources, stage.Api, stage.Deployment, ct) is not { } source)
            return Invalid(new ProblemError("REFERENCE", $"{stage.Api} has no deployment \"{stage.Deployment}\".") { Pointer = "/deployment" });

        var reading = ApiReader.Read([source with { Prefix = stage.Prefix }], FindLive);
        if (reading.Errors.Count > 0) return Invalid([.. reading.Errors.Take(ErrorsMax).Select(ErrorOf)]);

        var (_, faults) = await variables.ResolveAsync(stage, reading.Apis[0], change.Resources, ct);
        if (!faults.IsEmpty) return Invalid([.. faults.Take(ErrorsMax)]);

        if (change.Before is { } before && await WhyBreakingAsync(change, StageSpec.Read(change.Path, before), stage, reading.Apis[0], ct) is { } breaking) return breaking;

        var taken = new TakenRequests();
        foreach (var other in stages().Where(other => other.Path != change.Path)) taken.TryTake(other.Path, other.Api, out _);
        return !taken.TryTake(change.Path, reading.Apis[0], out string? clash)
            ? Invalid(new ProblemError("CLASH", clash) { Pointer = "/path" })
            : null;
    }

    /// <summary>Clients of a stage rely on what it serves: what would break them is refused, unless its owner says that this deployment may.</summary>
    private async ValueTask<Problem?> WhyBreakingAsync(ProposedChange change, StageSpec before, StageSpec stage, ApiSpec next, CancellationToken ct)
    {
        if (before.Deployment == stage.Deployment || stage.AllowBreaking == stage.Deployment) return null;
        if (await StageCompiler.FindDeploymentAsync(change.Resources, stage.Api, before.Deployment, ct) is not { } source) return null;

        var reading = ApiReader.Read([source with { Prefix = stage.Prefix }], FindLive);
        if (reading.Errors.Count > 0) return null; // nobody is served by it

        var comparison = ApiChanges.Compare(reading.Apis[0], next);
        if (!comparison.IsBreaking) return null;

        return new(ProblemTypes.BreakingChange, $"{comparison.BreakingCount} of {comparison.Changes.Length + comparison.OmittedCount} changes break clients of this stage. "
            + $"To point it at {stage.Deployment} all the same, set allow_breaking to \"{stage.Deployment}\".")
        {
            Errors = [.. comparison.Changes.Where(each => each.Severity == ChangeSeverity.Breaking).Take(ErrorsMax).Select(ErrorOf)],
        };
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

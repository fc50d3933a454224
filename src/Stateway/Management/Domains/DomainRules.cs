using System.Collections.Immutable;
using Stateway.Collections;
using Stateway.Gateway;
using Stateway.Hosting;
using Stateway.Model.Apis;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Management.Domains;

/// <summary>What must hold for domains, and between them and the stages that they point at.</summary>
/// <param name="stages">Those in force.</param>
internal sealed class DomainRules(Func<ImmutableArray<ServedStage>> stages)
{
    private const int ErrorsMax = 100;

    /// <summary>Of a domain that is written.</summary>
    public async ValueTask<Problem?> CheckAsync(ProposedChange change, CancellationToken ct)
    {
        if (change.After is not { } after) return null;

        var errors = new List<ProblemError>();
        if (!HostName.IsValid(change.Path)) errors.Add(new("ID", $"A domain's id is {HostName.Rule}.") { Pointer = "/id" });

        var spec = DomainSpec.Read(change.Path, after);
        if (spec is { Clients: not null, Certificate: null })
            errors.Add(new("DEPENDENCY", "Clients show certificates over TLS only: give the domain's own certificate in tls, too.") { Pointer = "/client_certificates" });
        await CheckPathsAsync(spec, change.Resources, changed: null, errors, ct);
        return errors.Count == 0 ? null : Invalid(errors);
    }

    /// <summary>Of a stage that is about to change: the domains that it stands in must still be served whole.</summary>
    public async ValueTask<Problem?> CheckStageAsync(StageSpec stage, IResources resources, CancellationToken ct)
    {
        var errors = new List<ProblemError>();
        await foreach (var (spec, _) in DomainSpec.ReadAllAsync(resources, ct))
        {
            if (spec.Paths.Length < 2 || spec.Paths.All(path => path.Stage != stage.Path)) continue;

            var wrong = new List<ProblemError>();
            await CheckPathsAsync(spec, resources, stage, wrong, ct);
            errors.AddRange(wrong.Where(error => error.Code == "CLASH").Select(error => new ProblemError("CLASH", $"At the domain {spec.Name}: {error.Detail}") { Pointer = "/deployment" }));
        }

        return errors.Count == 0 ? null : Invalid(errors);
    }

    /// <param name="isOf">Whether a stage (<c>shop/live</c>) is one that would go.</param>
    public static async ValueTask<Problem?> WhyNotRemovedAsync(IResources resources, Func<string, bool> isOf, CancellationToken ct)
    {
        await foreach (var (spec, _) in DomainSpec.ReadAllAsync(resources, ct))
        {
            if (spec.Paths.FirstOrDefault(path => isOf(path.Stage)) is { } path)
                return new(ProblemTypes.StillReferenced, $"The domain {spec.Name} points at the stage {path.Stage}.");
        }

        return null;
    }

    /// <param name="changed">A stage as it would be, in place of what is stored.</param>
    private async ValueTask CheckPathsAsync(DomainSpec spec, IResources resources, StageSpec? changed, List<ProblemError> errors, CancellationToken ct)
    {
        var taken = new TakenRequests();
        for (int i = 0; i < spec.Paths.Length; i++)
        {
            var (path, name) = spec.Paths[i];
            var stage = changed?.Path == name ? changed
                : await resources.GetAsync(new(Kinds.Stage, name), ct) is { } entry ? StageSpec.Read(name, entry.Value) : null;
            if (stage is null)
            {
                errors.Add(new("REFERENCE", $"There is no stage \"{name}\".") { Pointer = $"/paths/{i}/stage" });
                continue;
            }

            var (api, reasons) = await ReadAsync(stage, path, resources, ct);
            if (api is null) errors.AddRange(reasons.Select(reason => new ProblemError("STAGE", $"The stage {name} can't be served: {reason}") { Pointer = $"/paths/{i}/stage" }));
            else if (!taken.TryTake(name, api, out string? clash)) errors.Add(new("CLASH", clash) { Pointer = $"/paths/{i}/path" });
        }
    }

    private async ValueTask<(ApiSpec? Api, IEnumerable<string> Reasons)> ReadAsync(StageSpec stage, string path, IResources resources, CancellationToken ct)
    {
        var inForce = stages();
        if (inForce.FirstOrDefault(each => each.Path == stage.Path && each.Deployment == stage.Deployment && each.Prefix == path) is { } served) return (served.Api, []);
        if (await StageCompiler.FindDeploymentAsync(resources, stage.Api, stage.Deployment, ct) is not { } source) return (null, [$"There is no deployment {stage.Deployment}."]);

        var reading = ApiReader.Read([source with { Prefix = path }], api => inForce.FirstOrDefault(each => each.Api.Name == api && each.Stage == ServedStage.Live)?.Api);
        return reading.Errors.Count > 0 ? (null, reading.Errors.Select(error => error.ToString())) : (reading.Apis[0], []);
    }

    private static Problem Invalid(List<ProblemError> errors) =>
        new(ProblemTypes.InvalidBody, Wording.Count(errors.Count, "field")) { Errors = [.. errors.Take(ErrorsMax)] };
}

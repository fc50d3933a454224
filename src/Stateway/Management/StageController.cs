using Stateway.Collections.Kinds;
using Stateway.Controllers;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>Writes what has become of a stage into its status: as this node serves it, which is as all nodes do.</summary>
internal sealed class StageController(KindStore kinds, StageOutcomes outcomes) : IReconciler
{
    public const string Ready = "ready";

    public static readonly ControllerOptions Options = new() { Name = "stages" };

    /// <summary>The routing table calls it when it is in force; this is only for the case that it never is.</summary>
    private static readonly TimeSpan NotYetPause = TimeSpan.FromSeconds(10);

    public string Kind => Kinds.Stage;

    public bool Concerns(Change change) => KindChanges.IsOfSpec(change);

    public async ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct)
    {
        if (await kinds.ReadAsync(new(Kinds.Stage, turn.Path), ct) is not { } stage) return Next.Done;
        if (outcomes.Of(turn.Path) is not { } outcome || outcome.Generation != stage.Generation) return Next.Again(NotYetPause);

        return turn.After(await kinds.WriteAsync(stage, ChangeOf(outcome), turn.Fence, ct), stage);
    }

    private static KindChange ChangeOf(StageOutcome outcome)
    {
        if (outcome.Served is not { } served)
        {
            return new()
            {
                Status = new() { ["deployment"] = null, ["base_path"] = null, ["operations"] = null },
                Conditions = [new(Ready, false, outcome.Fault!.Reason, outcome.Fault.Message)],
            };
        }

        string path = served.Api.BasePath.Length == 0 ? "/" : served.Api.BasePath;
        return new()
        {
            Status = new() { ["deployment"] = served.Deployment, ["base_path"] = path, ["operations"] = served.Api.Operations.Length },
            Conditions = [new(Ready, true, outcome.Fault?.Reason ?? "Served", $"{served.Deployment} is served below {path}. {outcome.Fault?.Message}".TrimEnd())],
        };
    }
}

using System.Collections.Immutable;
using Stateway.Collections.Kinds;
using Stateway.Controllers;
using Stateway.Store;

namespace Stateway.Management.Domains;

/// <summary>Writes what has become of a domain into its status: as this node serves it, which is as all nodes do.</summary>
/// <param name="served">Those in force.</param>
internal sealed class DomainController(KindStore kinds, Func<ImmutableArray<ServedDomain>> served) : IReconciler
{
    public static readonly ControllerOptions Options = new() { Name = "domains" };

    /// <summary>The routing table calls it when it is in force; this is only for the case that it never is.</summary>
    private static readonly TimeSpan NotYetPause = TimeSpan.FromSeconds(10);

    public string Kind => Kinds.Domain;

    public bool Concerns(Change change) => KindChanges.IsOfSpec(change);

    public async ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct)
    {
        if (await kinds.ReadAsync(new(Kinds.Domain, turn.Path), ct) is not { } domain) return Next.Done;
        if (served().FirstOrDefault(each => each.Spec.Name == domain.Id) is not { } now || now.Generation != domain.Generation) return Next.Again(NotYetPause);

        var condition = now.Reasons.IsEmpty ? new KindCondition(StageController.Ready, true, "Served", "All of its paths are served.")
            : new KindCondition(StageController.Ready, false, "NotWhole", string.Join("; ", now.Reasons));
        var change = new KindChange { Status = new() { ["stages"] = now.Stages.Length }, Conditions = [condition] };
        return turn.After(await kinds.WriteAsync(domain, change, turn.Fence, ct), domain);
    }
}

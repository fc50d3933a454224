using Stateway.Controllers;
using Stateway.Store;

namespace Stateway.Management;

/// <summary>
/// On every node: all stages and domains are one routing table, so all changes of them and of deployments are one path, and a burst
/// of them is one table.
/// </summary>
/// <param name="refresh">Compiles what is different and puts the table in force.</param>
internal sealed class RoutingController(Func<CancellationToken, Task> refresh) : IReconciler
{
    private const string Table = "table";

    /// <summary>A first table over much data may build indexes for a long time.</summary>
    public static readonly ControllerOptions Options = new()
    {
        Name = "routing", OnEveryNode = true, WorkersMax = 1, TimeLimit = TimeSpan.FromHours(1), EndLimit = TimeSpan.FromSeconds(20),
    };

    public string Kind => Kinds.Stage;
    public IReadOnlyList<string> Watched { get; } = [Kinds.Deployment, Kinds.Domain, Kinds.Secret, Kinds.SecretKey];
    public IEnumerable<string> Held { get; } = [Table];

    public IEnumerable<string> PathsFor(Key key) => [Table];

    public bool Concerns(Change change) => KindChanges.IsOfSpec(change);

    public async ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct)
    {
        await refresh(ct);
        return Next.Done;
    }
}

using Stateway.Gateway.Routing;

namespace Stateway.Gateway.Canaries;

/// <summary>A canary as requests meet it: who gets it, what answers them, and where it is counted.</summary>
/// <param name="Deployment">Its id.</param>
/// <param name="Window">Outlives the routing table.</param>
public sealed record CanaryArm(string Deployment, CanarySplit Split, CanaryWindow Window)
{
    /// <summary>All that it answers. Set before the table that leads here is published.</summary>
    public IReadOnlyList<Operation> Operations
    {
        get;
        set
        {
            field = value;
            Table = new(value);
        }
    } = [];

    /// <summary>Its operations alone.</summary>
    internal RoutingTable Table { get; private set; } = RoutingTable.Empty;
}

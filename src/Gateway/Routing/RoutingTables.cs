namespace Stateway.Gateway.Routing;

/// <summary>The routing table in force. A change of configuration is one write; readers need no lock.</summary>
public sealed class RoutingTables
{
    private volatile RoutingTable _current = RoutingTable.Empty;

    public RoutingTable Current => _current;

    public void Publish(RoutingTable next) => _current = next;
}

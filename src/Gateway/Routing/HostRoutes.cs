namespace Stateway.Gateway.Routing;

/// <summary>What is served at a host that has paths of its own. Immutable.</summary>
/// <param name="Table">Nothing else is served there.</param>
public sealed record HostRoutes(RoutingTable Table)
{
    /// <summary>Requests over an open line are sent to the same place over a secret one.</summary>
    public bool IsHttpsOnly { get; init; }

    /// <summary>Where this node takes HTTPS; null when it does not, and somebody before it may.</summary>
    public int? HttpsPort { get; init; }

    /// <summary>
    /// Clients are known by their certificates: requests must have come through TLS that ends in this very node, whatever a
    /// proxy says of the line before it.
    /// </summary>
    public bool NeedsClientCertificate { get; init; }

    /// <summary><c>Strict-Transport-Security</c> of answers over HTTPS (RFC 6797); null for none.</summary>
    public string? StrictTransportSecurity { get; init; }
}

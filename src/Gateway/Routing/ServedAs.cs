namespace Stateway.Gateway.Routing;

/// <summary>Where an operation comes from.</summary>
/// <param name="Stage">With its API: <c>shop/live</c>.</param>
/// <param name="Deployment">Its id.</param>
public sealed record ServedAs(string Stage, string Deployment);

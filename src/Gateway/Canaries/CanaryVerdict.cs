namespace Stateway.Gateway.Canaries;

public enum CanaryDecision { GoOn, Promote, RollBack }

/// <param name="Reason">For people: the numbers that decided, or what is waited for.</param>
public sealed record CanaryVerdict(CanaryDecision Decision, string Reason);

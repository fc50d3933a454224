using Stateway.Gateway.Targets;

namespace Stateway.Hosting;

/// <summary>What an API's base links to, beside its document.</summary>
/// <param name="Path">Below the base.</param>
/// <param name="Relation">How the base names the link (RFC 8288).</param>
internal sealed record LinkedTarget(string Path, string Relation, string OperationId, ITarget Target);

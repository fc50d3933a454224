using System.Text.Json;
using Stateway.Client.Files;
using Stateway.Client.Kinds;

namespace Stateway.Client.Plans;

internal enum PlanVerb : byte { Create, Change, Keep, Delete }

/// <summary>What applying does with one resource.</summary>
/// <param name="Source">Null for what is deleted.</param>
/// <param name="ETag">Of the resource as it was when this was planned; null for what is created.</param>
/// <param name="Current">Undefined for what is created.</param>
internal sealed record PlanStep(
    PlanVerb Verb, ResourceName Name, FileResource? Source, string? ETag, JsonElement Current, IReadOnlyList<FieldChange> Changes)
{
    /// <summary>Why the server would refuse the resource alone; null when it would not, or only for want of what the plan creates.</summary>
    public Failure? Wrong { get; init; }
}

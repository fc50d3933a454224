namespace Stateway.Model.Apis.Changes;

/// <summary>One difference between two served documents.</summary>
/// <param name="Code">Stable; listed in <see cref="ChangeRules"/> and <c>docs/reference/changes.md</c>.</param>
/// <param name="Pointer">JSON pointer into the new document; of what was removed, into the old one.</param>
/// <param name="Operation">
/// <c>GET /orders/{order_id}</c>: the first operation that shows the change. A schema that many operations share is
/// compared once for what clients send and once for what they receive; where that comes to the same, it is told once. Null for what concerns the document as a whole.
/// </param>
/// <param name="Text">What changed from what to what, and for whom it breaks.</param>
public sealed record ApiChange(string Code, ChangeSeverity Severity, string Pointer, string? Operation, string Text);

/// <summary>What a change does to clients that worked with the old document. In order: the worst is the largest.</summary>
public enum ChangeSeverity : byte
{
    /// <summary>No client has to change.</summary>
    Info,

    /// <summary>Most clients don't notice, some may.</summary>
    Warning,

    /// <summary>A client that kept to the old document can fail.</summary>
    Breaking,
}

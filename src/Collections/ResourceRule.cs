using Stateway.Collections.Kinds;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections;

/// <summary>
/// What must hold, beyond schema and references, for a resource to be stored or to go. Asked before each commit, and again
/// when somebody was faster.
/// </summary>
/// <returns>Null when it may.</returns>
public delegate ValueTask<Problem?> ResourceRule(ProposedChange change, CancellationToken ct);

/// <param name="Path">Of the resource.</param>
/// <param name="Before">Null when it is new.</param>
/// <param name="After">As it would be stored; null when it is to go.</param>
/// <param name="Resources">Everything else, as it would be: of a batch, with the changes before this one.</param>
public sealed record ProposedChange(string Path, ReadOnlyMemory<byte>? Before, ReadOnlyMemory<byte>? After, IResources Resources);

/// <summary>What a collection of the platform's own has beyond what its document says.</summary>
/// <param name="Mark">Written along with each change: who waits for changes of these collections reads one entry instead of the log.</param>
/// <param name="Events">Store name of the collection where each change that somebody asked for leaves a record; null where none does.</param>
/// <param name="Explainer">Null: a resource's own conditions say all that there is.</param>
public sealed record Oversight(ResourceRule Rule, Key Mark, string? Events = null, Explainer? Explainer = null)
{
    /// <summary>Null where values are stored as they are composed.</summary>
    public ResourceSeal? Seal { get; init; }
}

/// <summary>
/// Makes the value that is stored of the one that a client's request comes to, before anything else is done with it: what it
/// takes out is in no transaction, record, answer or log.
/// </summary>
public delegate ValueTask<(ReadOnlyMemory<byte> Value, Problem? Problem)> ResourceSeal(ProposedChange change, CancellationToken ct);

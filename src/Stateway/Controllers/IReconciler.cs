using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>
/// Makes what is as it shall be, for one kind. It gets a name, never an event: it reads the whole state, does what is missing,
/// and may be called twice for nothing. Different names run at the same time, one name never.
/// </summary>
internal interface IReconciler
{
    /// <summary>The collection whose entries are listed, and followed: <c>stateway/apis/stages</c>.</summary>
    string Kind { get; }

    /// <summary>Other collections whose changes call it; they are followed and not listed.</summary>
    IReadOnlyList<string> Watched => [];

    /// <summary>
    /// What it holds something of, whether there is an entry or not: called at every listing, so that what was deleted while
    /// nobody looked is cleaned up, too.
    /// </summary>
    IEnumerable<string> Held => [];

    /// <summary>
    /// Which paths to reconcile for an entry that was listed, or has changed, of <see cref="Kind"/> or of one of <see cref="Watched"/>. One
    /// constant path is right where there is only one thing to make. Called by the node's one follower: it must not wait.
    /// </summary>
    IEnumerable<string> PathsFor(Key key) => key.Collection == Kind ? [key.Path] : [];

    /// <summary>
    /// Whether a change is any of its business; of what is listed, everything is. Of a kind it is usually the spec alone, so that
    /// what controllers write of a resource calls none of them: <see cref="KindChanges.IsOfSpec"/>. As with <see cref="PathsFor"/>, it must not wait.
    /// </summary>
    bool Concerns(Change change) => true;

    /// <summary>
    /// Does what is missing for one path. Its own write of the entry at this path does not call it again, if it was told to
    /// <see cref="Turn.Wrote"/>; who wants that answers <see cref="Next.Again"/>. What it throws is a failure, like <see cref="Next.Failed"/>.
    /// </summary>
    /// <param name="ct">Cancelled at its time limit, and when the lease is lost: end soon then.</param>
    ValueTask<Next> ReconcileAsync(Turn turn, CancellationToken ct);
}

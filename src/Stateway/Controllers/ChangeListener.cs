using Stateway.Store;

namespace Stateway.Controllers;

/// <summary>
/// Who is told what a <see cref="ChangeFollower"/> sees. It is called by the follower alone, so never by two threads at once, and
/// keeps all others waiting.
/// </summary>
/// <param name="Collections">Whose changes it wants.</param>
internal sealed record ChangeListener(IReadOnlyCollection<string> Collections)
{
    /// <summary>An entry of one of the collections was changed by the commit of this revision.</summary>
    public Action<Change, long> Changed { get; init; } = static (_, _) => { };

    /// <summary>All changes up to this revision have been told, to every listener.</summary>
    public Action<long> Seen { get; init; } = static _ => { };

    /// <summary>
    /// The following begins behind this revision, for the first time or anew; changes may be missing before it. What is
    /// listed from now on, together with the changes that follow, is everything.
    /// </summary>
    public Action<long> Begun { get; init; } = static _ => { };
}

using System.Collections.Immutable;

namespace Stateway.Store;

/// <summary>An entry as it was.</summary>
public abstract record PastEntry
{
    private PastEntry() { } // closed

    public sealed record Found(Entry Entry) : PastEntry;

    public sealed record None : PastEntry;

    /// <summary>The history no longer reaches back that far.</summary>
    public sealed record Gone(StoreState State) : PastEntry;

    /// <summary>The store has not come so far.</summary>
    public sealed record NotYet(StoreState State) : PastEntry;
}

/// <summary>What an entry was from this revision on.</summary>
/// <param name="Time">Of the commit, by the committing node's clock.</param>
/// <param name="Entry">Null: from here on there was none.</param>
public sealed record EntryVersion(long Revision, DateTimeOffset Time, Entry? Entry);

/// <param name="More">Older ones follow.</param>
public sealed record VersionPage(ImmutableArray<EntryVersion> Versions, bool More);

/// <summary>What one revision changed.</summary>
/// <param name="Time">By the committing node's clock.</param>
/// <param name="Changes">One for each key that is not what it was, in no particular order.</param>
public sealed record Commit(long Revision, DateTimeOffset Time, ImmutableArray<Change> Changes);

/// <param name="Before">Null when it is new.</param>
/// <param name="After">Null when it was deleted; its revision is the commit's.</param>
public sealed record Change(Key Key, Entry? Before, Entry? After);

public abstract record LogResult
{
    private LogResult() { } // closed

    /// <param name="Items">Commits that changed nothing may be left out.</param>
    /// <param name="Through">Nothing up to this revision is missing; where the next reading begins.</param>
    public sealed record Commits(ImmutableArray<Commit> Items, long Through) : LogResult;

    /// <summary>The revision asked for is no longer held, or has never been: begin with the current state.</summary>
    public sealed record Gone(StoreState State) : LogResult;

    public sealed record Unavailable(string Reason) : LogResult;
}

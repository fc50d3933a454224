using System.Collections.Immutable;
using Stateway.Model.Expressions;

namespace Stateway.Store;

/// <summary>One page of a collection.</summary>
public sealed record Query(string Collection)
{
    /// <summary>For a child collection: the path of the parent, <c>o1</c>; the children of this one only.</summary>
    public string? Parent { get; init; }

    /// <summary>Bound: resource fields are <see cref="Expression.Field"/> nodes.</summary>
    public Expression? Filter { get; init; }

    /// <summary>
    /// Indexed fields. The path is always the last key, ascending, or descending when the last field is; a last key with
    /// an empty field is the path itself.
    /// </summary>
    public ImmutableArray<OrderKey> Order { get; init; } = [];

    /// <summary>As the collection was when the store had this revision; null as it is now.</summary>
    public long? Revision { get; init; }

    /// <summary>Begin behind this position.</summary>
    public Cursor? After { get; init; }

    /// <summary>Entries of the page, at least 1.</summary>
    public required int Limit { get; init; }

    /// <summary>Count everything that matches, too.</summary>
    public bool Count { get; init; }

    /// <summary>How many rows may be read and dropped, or counted, because a part of the filter has no index.</summary>
    public int ScannedMax { get; init; } = 20_000;

    /// <summary>A page ends early when its values have this many bytes.</summary>
    public int BytesMax { get; init; } = 16 << 20;

    /// <summary>What of a value the filter may see, where that is not all of it.</summary>
    public Visible? Visible { get; init; }
}

/// <summary>Gives the part of a stored value that a caller may learn of.</summary>
public delegate ReadOnlyMemory<byte> Visible(ReadOnlySpan<byte> value);

public readonly record struct OrderKey(string Field, bool Descending);

/// <summary>The place of an entry in an order: its order fields' values, then its path.</summary>
public sealed record Cursor(ImmutableArray<Value> Values, string Path);

public abstract record QueryResult
{
    private QueryResult() { } // closed

    /// <param name="Next">Where the next page begins, which may turn out to be empty; null on the last page.</param>
    /// <param name="Revision">The store's revision that the page is true for.</param>
    public sealed record Page(ImmutableArray<Entry> Entries, Cursor? Next, long Revision, long? TotalSize) : QueryResult;

    /// <summary>Refused: the filter reads too many rows without an index.</summary>
    /// <param name="Fields">The fields of the filter that are not indexed.</param>
    public sealed record TooManyScanned(ImmutableArray<string> Fields, int ScannedMax) : QueryResult;

    /// <summary>The history no longer reaches back to the query's revision, or so much has changed since then that it can't be put together.</summary>
    public sealed record Gone(StoreState State) : QueryResult;

    /// <summary>The store has not come to the query's revision.</summary>
    public sealed record NotYet(StoreState State) : QueryResult;

    /// <summary>The store can't read now, or a field of the order is not indexed (any more).</summary>
    public sealed record Unavailable(string Reason) : QueryResult;
}

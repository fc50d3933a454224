using System.Collections.Immutable;
using Stateway.Model.Expressions;

namespace Stateway.Store;

/// <summary>
/// Preconditions and writes over any keys: all or nothing. Of several writes to one key the last one counts.
/// Without writes it only checks, and takes no revision.
/// </summary>
public sealed record Transaction(ImmutableArray<Precondition> Preconditions, ImmutableArray<Write> Writes);

/// <summary>What must be true just before the writes, checked in the same atomic step.</summary>
public abstract record Precondition
{
    private Precondition() { } // closed

    /// <summary>The entry's revision is this one; 0 means that there is no entry.</summary>
    public sealed record AtRevision(Key Key, long Revision) : Precondition;

    public sealed record Exists(Key Key) : Precondition;

    /// <summary>
    /// No entry of the collection, other than <paramref name="Except"/>, has this value in this indexed field. Equal
    /// is what has one place in the order: 1 and 1.0, null and null, missing and missing; lists and objects never are.
    /// </summary>
    /// <param name="Except">A path; null for none.</param>
    public sealed record NoneWith(string Collection, string Field, Value Value, string? Except) : Precondition;
}

public abstract record Write
{
    private Write() { } // closed

    /// <param name="Value">JSON; not to be changed until the commit is answered.</param>
    public sealed record Put(Key Key, DateTimeOffset UpdateTime, ReadOnlyMemory<byte> Value) : Write;

    public sealed record Delete(Key Key) : Write;

    /// <summary>Deletes every entry of the collection whose path lies below <paramref name="Parent"/>: the children of a deleted parent.</summary>
    public sealed record DeleteBelow(string Collection, string Parent) : Write;
}

public abstract record CommitResult
{
    private CommitResult() { } // closed: these are all there are

    /// <summary>It is on disk. Every entry written has this revision.</summary>
    public sealed record Committed(long Revision) : CommitResult;

    /// <summary>Nothing was written: this precondition did not hold.</summary>
    /// <param name="Actual">For <see cref="Precondition.AtRevision"/>: the revision there is, 0 for none.</param>
    public sealed record Conflict(Precondition Precondition, long Actual) : CommitResult;

    /// <summary>The disk is full; nothing was written.</summary>
    public sealed record Full : CommitResult;

    /// <summary>The store can't write now (read-only file system, I/O error, too many writers wait, a
    /// field of <see cref="Precondition.NoneWith"/> that is not indexed); nothing was written.</summary>
    public sealed record Unavailable(string Reason) : CommitResult;
}

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
    /// No entry of the collection, other than those at or below <paramref name="Except"/>, has this value in this indexed field. Equal
    /// is what has one place in the order: 1 and 1.0, null and null, missing and missing; lists and objects never are.
    /// </summary>
    /// <param name="Except">Paths of this collection.</param>
    public sealed record NoneWith(string Collection, string Field, Value Value, ImmutableArray<string> Except) : Precondition;

    /// <summary>The lease is of this epoch and has not run out: a fence that a holder who was paused, and replaced, does not pass.</summary>
    public sealed record Leased(string Lease, long Epoch) : Precondition;
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

    /// <summary>It is on disk. Every entry written has this revision, which no other commit that writes one of them has.</summary>
    public sealed record Committed(long Revision) : CommitResult;

    /// <summary>Nothing was written: this precondition did not hold.</summary>
    /// <param name="Actual">For <see cref="Precondition.AtRevision"/>: the revision there is, 0 for none. For <see cref="Precondition.Leased"/>: the epoch there is, 0 for none.</param>
    public sealed record Conflict(Precondition Precondition, long Actual) : CommitResult;

    /// <summary>It has more writes, or bytes, than the engine takes in one commit; nothing was written.</summary>
    /// <param name="Limit">In words: <c>126 writes</c>.</param>
    public sealed record TooLarge(string Limit) : CommitResult;

    /// <summary>The connection to the store broke while it committed, and what became of the commit could not be learnt.</summary>
    public sealed record Unknown(string Reason) : CommitResult;

    /// <summary>The disk is full; nothing was written.</summary>
    public sealed record Full : CommitResult;

    /// <summary>The store can't write now (read-only file system, I/O error, too many writers wait, a
    /// field of <see cref="Precondition.NoneWith"/> that is not indexed); nothing was written.</summary>
    public sealed record Unavailable(string Reason) : CommitResult;
}

using System.Diagnostics;
using Stateway.Store.Columns;

namespace Stateway.Store.Postgres;

/// <summary>
/// Transactions that are committed as one, and all that is decided about them without the database. First it says what must be
/// known (<see cref="BatchReads"/>); with that, transactions are checked and applied one after another, each over what those before
/// it made; what comes of it is written at once (<see cref="BatchWrites"/>).
/// </summary>
internal sealed class Batch
{
    /// <summary>Entries that one transaction may delete below parents.</summary>
    public const int DeletesMax = 1_000_000;

    /// <summary>PostgreSQL takes a message of at most 1 GB.</summary>
    private const long BytesMax = 256 << 20;

    private readonly IReadOnlyList<PendingCommit> _commits;
    private readonly CollectionTables _tables;
    private readonly List<KeyState> _changed = [];
    private readonly List<KeyState> _touched = []; // by the transaction that is being applied

    public Batch(IReadOnlyList<PendingCommit> commits, CollectionTables tables)
    {
        _commits = commits;
        _tables = tables;
        Reads = new(commits, tables);
    }

    public BatchReads Reads { get; }

    public BatchWrites Writes { get; } = new();

    /// <summary>One for each transaction, if what is written is committed.</summary>
    public List<CommitResult> Results { get; } = [];

    /// <param name="revision">Of the store, before the batch.</param>
    /// <param name="time">Of the commits, in ticks.</param>
    /// <returns>The revision after it.</returns>
    public long Apply(long revision, long time)
    {
        Writes.Begin(revision + 1, time);
        foreach (var commit in _commits) Results.Add(Apply(commit, ref revision));

        Writes.AddEntries(_changed);
        return revision;
    }

    /// <summary>Checks all preconditions before the first write, so that a conflict leaves nothing to undo.</summary>
    private CommitResult Apply(PendingCommit commit, ref long revision)
    {
        if (commit.HasLongPath) return new CommitResult.TooLarge($"{PathText.BytesMax} bytes of path");
        if (commit.Bytes > BytesMax) return new CommitResult.TooLarge($"{BytesMax} bytes");

        foreach (var precondition in commit.Transaction.Preconditions)
        {
            if (Check(precondition) is { } refusal) return refusal;
        }

        var writes = commit.Transaction.Writes;
        if (writes.IsEmpty) return new CommitResult.Committed(revision);
        if (Reads.HasTooManyBelow(commit)) return new CommitResult.TooLarge($"{DeletesMax} deletions");

        revision++;
        for (int i = 0; i < writes.Length; i++)
        {
            switch (writes[i])
            {
                case Write.Put put: Touch(Reads.Get(_tables.Get(put.Key.Collection), put.Key.Path), i); break;
                case Write.Delete delete: Touch(Reads.Get(_tables.Get(delete.Key.Collection), delete.Key.Path), i); break;
                case Write.DeleteBelow below:
                    var table = _tables.Get(below.Collection);
                    foreach (var key in Reads.Below(table, below.Parent)) Touch(key, i);
                    break;
            }
        }

        Change(commit, revision);
        return new CommitResult.Committed(revision);
    }

    private void Touch(KeyState key, int write)
    {
        if (key.LastWrite < 0) _touched.Add(key);
        key.LastWrite = write;
    }

    private void Change(PendingCommit commit, long revision)
    {
        int n = 0;
        foreach (var key in _touched)
        {
            var put = commit.Transaction.Writes[key.LastWrite] as Write.Put;
            bool isNothing = put is null && key.Revision == 0;
            if (!isNothing)
            {
                Writes.AddChange(key, revision, n++, isDeleted: put is null);
                if (!key.IsChanged) _changed.Add(key);
                key.Change(revision, put, put is null ? [] : commit.ColumnsOf(key.LastWrite, key.Table));
            }

            key.LastWrite = -1;
        }

        if (n == 0) Writes.AddMark(revision);
        _touched.Clear();
    }

    /// <returns>Null when it holds.</returns>
    private CommitResult? Check(Precondition precondition)
    {
        switch (precondition)
        {
            case Precondition.AtRevision at:
                long actual = Reads.Get(_tables.Get(at.Key.Collection), at.Key.Path).Revision;
                return actual == at.Revision ? null : new CommitResult.Conflict(at, actual);

            case Precondition.Exists exists:
                return Reads.Get(_tables.Get(exists.Key.Collection), exists.Key.Path).Revision != 0 ? null : new CommitResult.Conflict(exists, 0);

            case Precondition.NoneWith none:
                var table = _tables.Get(none.Collection);
                if (table.FindReady(none.Field) is not { } field)
                    return new CommitResult.Unavailable($"The field '{none.Field}' of '{none.Collection}' is not indexed.");

                return HasWith(table, field, none) ? new CommitResult.Conflict(none, 0) : null;

            case Precondition.Leased leased:
                long epoch = Reads.EpochOf(leased.Lease);
                return epoch != 0 && epoch == leased.Epoch ? null : new CommitResult.Conflict(leased, epoch);

            default: throw new UnreachableException();
        }
    }

    private bool HasWith(CollectionTable table, FieldColumn field, Precondition.NoneWith none)
    {
        var value = ColumnValue.Of(none.Value, field.Field.IsTimestamp);
        if (value.Kind == ColumnKind.Other) return false; // all of them are one place in the index, yet not equal

        // Of those in the database, one that the batch has not changed. They are as many as the batch has keys, and one more, or all.
        foreach (string path in Reads.PathsWith(none))
        {
            if (Reads.Find(table, path) is not { IsChanged: true }) return true;
        }

        byte[] column = ColumnForm.Encode(value);
        int index = table.Fields.IndexOf(field);
        foreach (var key in _changed)
        {
            if (key.Put is null || !ReferenceEquals(key.Table, table) || !key.Columns[index].AsSpan().SequenceEqual(column)) continue;

            bool isExcepted = false;
            foreach (string except in none.Except) isExcepted |= PathText.IsAtOrBelow(key.Path, except);
            if (!isExcepted) return true;
        }

        return false;
    }
}

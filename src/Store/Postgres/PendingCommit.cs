namespace Stateway.Store.Postgres;

/// <summary>A transaction that waits for its answer.</summary>
internal sealed class PendingCommit
{
    // A caller continues on the thread pool, never within the committer's loop.
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly CollectionTable[] _tables;
    private readonly byte[][][] _columns;

    /// <summary>Takes the indexed fields out of the values here, on the caller's thread, so that the committer need not.</summary>
    /// <exception cref="ArgumentException">A collection was never declared, or a path or a value is beyond the limits.</exception>
    public PendingCommit(Transaction transaction, CollectionTables tables)
    {
        Transaction = transaction;
        _tables = new CollectionTable[transaction.Writes.Length];
        _columns = new byte[transaction.Writes.Length][][];

        long bytes = 0;
        for (int i = 0; i < transaction.Writes.Length; i++)
        {
            switch (transaction.Writes[i])
            {
                case Write.Put put:
                    StoreLimits.Check(put);
                    PathText.Check(put.Key.Path);
                    HasLongPath |= PathText.IsTooLong(put.Key.Path);
                    _tables[i] = tables.Get(put.Key.Collection);
                    _columns[i] = _tables[i].ColumnsOf(put.Value);
                    bytes += put.Value.Length;
                    break;
                case Write.Delete delete:
                    PathText.Check(delete.Key.Path);
                    tables.Get(delete.Key.Collection);
                    break;
                case Write.DeleteBelow below:
                    PathText.Check(below.Parent);
                    tables.Get(below.Collection);
                    HasDeleteBelow = true;
                    break;
            }
        }

        foreach (var precondition in transaction.Preconditions) Check(precondition, tables);
        Bytes = bytes;
    }

    public Transaction Transaction { get; }

    /// <summary>Of values.</summary>
    public long Bytes { get; }

    public bool HasDeleteBelow { get; }

    public bool HasLongPath { get; }

    public Task<CommitResult> Task => _answer.Task;

    /// <summary>The indexed fields of the put at this place, for the columns that the table has now.</summary>
    public byte[][] ColumnsOf(int write, CollectionTable table)
    {
        // Declared anew between the reading of the fields and the commit: rare.
        if (!ReferenceEquals(_tables[write], table))
            return table.ColumnsOf(((Write.Put)Transaction.Writes[write]).Value);

        return _columns[write];
    }

    public void Answer(CommitResult result) => _answer.TrySetResult(result);

    public void Fail(Exception bug) => _answer.TrySetException(bug);

    private static void Check(Precondition precondition, CollectionTables tables)
    {
        switch (precondition)
        {
            case Precondition.AtRevision at:
                tables.Get(at.Key.Collection);
                PathText.Check(at.Key.Path);
                break;
            case Precondition.Exists exists:
                tables.Get(exists.Key.Collection);
                PathText.Check(exists.Key.Path);
                break;
            case Precondition.NoneWith none:
                tables.Get(none.Collection);
                foreach (string path in none.Except) PathText.Check(path);
                break;
            case Precondition.Leased leased:
                PathText.Check(leased.Lease);
                break;
        }
    }
}

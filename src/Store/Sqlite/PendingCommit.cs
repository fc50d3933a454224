using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>What the committer's thread does next: a transaction, or a change of the database's form.</summary>
internal abstract class CommitterWork
{
    /// <summary>Bytes of values that wait with it.</summary>
    public abstract long Bytes { get; }
}

/// <summary>A transaction on its way to the disk.</summary>
internal sealed class PendingCommit : CommitterWork
{
    // A caller continues on the thread pool, never on the committer's thread.
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private const int PreconditionsLookedAt = 4;

    private readonly CollectionTable[] _tables;
    private readonly ColumnValue[]?[] _columns;

    /// <summary>Takes the indexed fields out of the values here, on the caller's thread, so that the committer need not.</summary>
    /// <exception cref="ArgumentException">A collection was never declared, or a path or a value is beyond the limits.</exception>
    public PendingCommit(Transaction transaction, CollectionTables tables)
    {
        Transaction = transaction;
        _tables = new CollectionTable[transaction.Writes.Length];
        _columns = new ColumnValue[transaction.Writes.Length][];

        long bytes = 0;
        for (int i = 0; i < transaction.Writes.Length; i++)
        {
            switch (transaction.Writes[i])
            {
                case Write.Put put:
                    StoreLimits.Check(put);
                    var table = tables.Get(put.Key.Collection);
                    _tables[i] = table;
                    _columns[i] = table.FieldReader.Read(put.Value);
                    bytes += put.Value.Length;
                    break;
                case Write.Delete delete: _tables[i] = tables.Get(delete.Key.Collection); break;
                case Write.DeleteBelow below: 
                    _tables[i] = tables.Get(below.Collection);
                    HasDeleteBelow = true;
                    break;
            }
        }

        foreach (var precondition in transaction.Preconditions)
        {
            if (CollectionOf(precondition) is { } collection) tables.Get(collection);
        }

        Bytes = bytes;
    }

    public Transaction Transaction { get; }

    public bool HasDeleteBelow { get; }

    /// <summary>One entry, on the only condition that there is none yet: what most writes of new entries are.</summary>
    public bool IsCreate =>
        Transaction is { Writes: [Write.Put put], Preconditions: [Precondition.AtRevision { Revision: 0 } at] } && at.Key == put.Key;

    public override long Bytes { get; }

    public Task<CommitResult> Task => _answer.Task;

    /// <summary>The indexed fields of the put at this place, for the columns that the table has now.</summary>
    public ReadOnlySpan<ColumnValue> ColumnsOf(int write, CollectionTable table)
    {
        // Declared anew between the reading of the fields and the commit: rare.
        if (!ReferenceEquals(_tables[write], table))
            return table.FieldReader.Read(((Write.Put)Transaction.Writes[write]).Value);

        return _columns[write];
    }

    /// <summary>Whether a precondition, which holds, says that there is no such entry. False when nobody says so.</summary>
    public bool IsNew(Key key)
    {
        var preconditions = Transaction.Preconditions;
        for (int i = 0; i < preconditions.Length && i < PreconditionsLookedAt; i++)
        {
            if (preconditions[i] is Precondition.AtRevision { Revision: 0 } at && at.Key == key) return true;
        }

        return false;
    }

    public void Answer(CommitResult result) => _answer.TrySetResult(result);

    public void Fail(Exception bug) => _answer.TrySetException(bug);

    private static string? CollectionOf(Precondition precondition) => precondition switch
    {
        Precondition.AtRevision at => at.Key.Collection,
        Precondition.Exists exists => exists.Key.Collection,
        Precondition.NoneWith none => none.Collection,
        Precondition.Leased => null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Anything else that writes: runs alone, between two batches.</summary>
internal sealed class CommitterJob(Action<Connection> run) : CommitterWork
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long Bytes => 0;

    public Task Task => _answer.Task;

    public void Run(Connection connection)
    {
        try
        {
            run(connection);
            _answer.TrySetResult();
        }
        catch (Exception e)
        {
            connection.RollBack();
            _answer.TrySetException(e);
        }
    }

    public void Fail(Exception e) => _answer.TrySetException(e);
}

using System.Diagnostics;
using System.Text.Json;
using Stateway.Store.Columns;

namespace Stateway.Store.Etcd;

/// <summary>A transaction on its way to etcd.</summary>
internal sealed class PendingCommit
{
    // A caller continues on the thread pool, never in the committer.
    private readonly TaskCompletionSource<CommitResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Encodes the values and takes the indexed fields out of them here, on the caller's thread, so that the committer need not.</summary>
    /// <exception cref="ArgumentException">A collection was never declared, or a path or a value is beyond the limits.</exception>
    /// <exception cref="JsonException">A value is not JSON.</exception>
    public PendingCommit(Transaction transaction, Snapshot snapshot)
    {
        Transaction = transaction;
        Puts = new EncodedPut?[transaction.Writes.Length];
        for (int i = 0; i < Puts.Length; i++)
        {
            switch (transaction.Writes[i])
            {
                case Write.Put put:
                    StoreLimits.Check(put);
                    var fields = snapshot.Get(put.Key.Collection).Fields;
                    byte[] stored = StoredValue.Encode(put.UpdateTime, put.Value.Span);
                    var entry = StoredValue.Decode(put.Key, 0, stored);
                    Puts[i] = new(stored, entry, fields, fields.Reader.Read(entry.Value));
                    Bytes += stored.Length;
                    break;
                case Write.Delete delete: snapshot.Get(delete.Key.Collection); break;
                case Write.DeleteBelow below: snapshot.Get(below.Collection); break;
            }
        }

        foreach (var precondition in transaction.Preconditions)
        {
            if (CollectionOf(precondition) is { } collection) snapshot.Get(collection);
        }
    }

    public Transaction Transaction { get; }

    /// <summary>One for each write that is a put.</summary>
    public EncodedPut?[] Puts { get; }

    public long Bytes { get; }

    public Task<CommitResult> Task => _answer.Task;

    public TimeSpan Age => Stopwatch.GetElapsedTime(_begun);

    public bool IsAnswered => _answer.Task.IsCompleted;

    public void Answer(CommitResult result) => _answer.TrySetResult(result);

    public void Fail(Exception bug) => _answer.TrySetException(bug);

    private static string? CollectionOf(Precondition precondition) => precondition switch
    {
        Precondition.AtRevision at => at.Key.Collection,
        Precondition.Exists exists => exists.Key.Collection,
        Precondition.NoneWith none => none.Collection,
        Precondition.Leased => null,
        _ => throw new UnreachableException(),
    };
}

/// <param name="Stored">As etcd holds it.</param>
/// <param name="Entry">Without its revision, which is not known yet; its value is a part of <paramref name="Stored"/>.</param>
internal sealed record EncodedPut(byte[] Stored, Entry Entry, FieldSet Fields, ColumnValue[] Columns)
{
    public ColumnValue[] ColumnsFor(FieldSet fields) => ReferenceEquals(fields, Fields) ? Columns : fields.Reader.Read(Entry.Value);
}

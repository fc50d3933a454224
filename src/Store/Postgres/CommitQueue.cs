using System.Threading.Channels;

namespace Stateway.Store.Postgres;

/// <summary>What waits for the committer, in order and bounded.</summary>
internal sealed class CommitQueue(PostgresStoreOptions options)
{
    private readonly Channel<PendingCommit> _waiting = Channel.CreateUnbounded<PendingCommit>(new() { SingleReader = true });
    private int _count;
    private long _bytes;

    public int Count => Volatile.Read(ref _count);

    /// <returns>False when too many wait already.</returns>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public bool TryAdd(PendingCommit commit)
    {
        // Added first and taken back when it was too much, so that many callers at once can't pass the bounds together.
        int count = Interlocked.Increment(ref _count);
        long bytes = Interlocked.Add(ref _bytes, commit.Bytes);

        // A single transaction may be larger than the bound, when nothing else waits.
        bool fits = count <= options.WaitingTransactionsMax && (bytes <= options.WaitingBytesMax || bytes == commit.Bytes);
        if (fits && _waiting.Writer.TryWrite(commit)) return true;

        Remove(commit);
        ObjectDisposedException.ThrowIf(fits, typeof(PostgresStore));
        return false;
    }

    /// <summary>Waits for work, and takes what is there: as many transactions as one batch may hold.</summary>
    /// <returns>False when the queue is closed and empty.</returns>
    public async ValueTask<bool> TakeAsync(List<PendingCommit> batch)
    {
        if (!await _waiting.Reader.WaitToReadAsync()) return false;

        long bytes = 0;
        while (_waiting.Reader.TryPeek(out var next))
        {
            bool isFull = batch.Count >= options.BatchTransactionsMax || bytes + next.Bytes > options.BatchBytesMax;
            if (batch.Count > 0 && isFull) break;

            _waiting.Reader.TryRead(out _); // this one: there is no other reader
            Remove(next);
            batch.Add(next);
            bytes += next.Bytes;

            // What lies below a parent is read before the batch; so nothing of the batch may come after its deletion.
            if (next.HasDeleteBelow) break;
        }

        return true;
    }

    /// <summary>Nothing more comes in; what waits is still taken.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    private void Remove(PendingCommit commit)
    {
        Interlocked.Decrement(ref _count);
        Interlocked.Add(ref _bytes, -commit.Bytes);
    }
}

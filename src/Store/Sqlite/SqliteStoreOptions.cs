namespace Stateway.Store.Sqlite;

/// <summary>How much the store may take. Every setting has a default that suits a small server.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>Recently read entries kept in memory, in bytes; 0 keeps none.</summary>
    public long CacheBytesMax { get; init; } = 8 << 20;

    /// <summary>Reads at the same time; more of them wait. Each may hold up to <see cref="ReaderCacheKiB"/>.</summary>
    public int ReadersMax { get; init; } = Math.Clamp(Environment.ProcessorCount * 2, 4, 16);

    public int ReaderCacheKiB { get; init; } = 1024;

    public int WriterCacheKiB { get; init; } = 8 * 1024;

    /// <summary>Transactions that may wait to be committed; one more is answered with "unavailable".</summary>
    public int WaitingTransactionsMax { get; init; } = 8_192;

    /// <summary>Bytes of values that may wait to be committed.</summary>
    public long WaitingBytesMax { get; init; } = 64 << 20;

    /// <summary>Transactions that share one wait for the disk.</summary>
    public int BatchTransactionsMax { get; init; } = 256;

    public long BatchBytesMax { get; init; } = 4 << 20;

    /// <summary>Entries that one transaction may change, those below a deleted parent counted.</summary>
    public int TransactionChangesMax { get; init; } = LogId.ChangesMax;

    /// <summary>How long a write waits for another program that has locked the file, such as the sqlite3 shell.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gives commits their time, and says when leases run out.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told while <see cref="IStore.DeclareAsync"/> fills new indexes from what is stored.</summary>
    public IProgress<IndexFilling>? Progress { get; init; }

    internal void Validate()
    {
        StoreLimits.CheckAtLeast(CacheBytesMax, 0, "store.cacheBytesMax");
        StoreLimits.CheckAtLeast(ReadersMax, 1, "store.readersMax");
        StoreLimits.CheckAtLeast(ReaderCacheKiB, 64, "store.readerCacheKiB");
        StoreLimits.CheckAtLeast(WriterCacheKiB, 64, "store.writerCacheKiB");
        StoreLimits.CheckAtLeast(WaitingTransactionsMax, 1, "store.waitingTransactionsMax");
        StoreLimits.CheckAtLeast(WaitingBytesMax, 1, "store.waitingBytesMax");
        StoreLimits.CheckAtLeast(BatchTransactionsMax, 1, "store.batchTransactionsMax");
        StoreLimits.CheckAtLeast(BatchBytesMax, 1, "store.batchBytesMax");
        StoreLimits.CheckAtLeast(TransactionChangesMax, 1, "store.transactionChangesMax");
        if (TransactionChangesMax > LogId.ChangesMax)
            throw new ArgumentException($"store.transactionChangesMax is {TransactionChangesMax}; it must be {LogId.ChangesMax} or less.");
        StoreLimits.CheckAtLeast((long)LockTimeout.TotalMilliseconds, 0, "store.lockTimeout in milliseconds");
    }
}

/// <summary>How far the filling of a collection's new indexes has come, in entries.</summary>
public readonly record struct IndexFilling(string Collection, long Done, long Total);

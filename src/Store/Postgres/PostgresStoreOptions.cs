using Npgsql;

namespace Stateway.Store.Postgres;

/// <summary>Where the database is, and how much the store may take. Every setting but the first has a default.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>Host, port, database, user, password, sslmode, in Npgsql's words. Settings of pooling and preparing are the store's own.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Holds all tables; made when it is not there. Stores in different schemas don't know of each other.</summary>
    public string Schema { get; init; } = "stateway";

    /// <summary>
    /// Connections for queries; more of them wait. Beyond what the database's processors do at once more of them only make queries
    /// wait for each other there. Up to eight others are the store's.
    /// </summary>
    public int ReadersMax { get; init; } = Math.Clamp(Environment.ProcessorCount * 2, 4, 32);

    /// <summary>Connections that share the reading of single entries, each of many at once.</summary>
    public int KeyReadersMax { get; init; } = 2;

    /// <summary>Transactions that may wait to be committed; one more is answered with "unavailable".</summary>
    public int WaitingTransactionsMax { get; init; } = 8_192;

    /// <summary>Bytes of values that may wait to be committed.</summary>
    public long WaitingBytesMax { get; init; } = 64 << 20;

    /// <summary>Transactions that share one commit of the database.</summary>
    public int BatchTransactionsMax { get; init; } = 256;

    public long BatchBytesMax { get; init; } = 4 << 20;

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a write waits for another node that commits.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a page of a list, a count or one step of longer work may take.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a node looks for commits of others that no hint has told it of.</summary>
    internal TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gives commits their time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Told while <see cref="IStore.DeclareAsync"/> fills new indexes from what is stored.</summary>
    public IProgress<StoreProgress>? Progress { get; init; }

    /// <summary>Without the connection string, which has the password.</summary>
    public override string ToString() => $"PostgreSQL, schema {Schema}";

    internal void Validate()
    {
        // Up to 40, so that names made of it stay within PostgreSQL's 63 bytes.
        bool isName = Schema.Length is > 0 and <= 40 && !char.IsAsciiDigit(Schema[0]) && !Schema.StartsWith("pg_", StringComparison.Ordinal);
        foreach (char c in Schema) isName &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_';
        if (!isName)
            throw new ArgumentException($"store.schema is '{Schema}'; it must be 1 to 40 of a-z, 0-9 and _, and begin with neither a digit nor pg_.");

        StoreLimits.CheckAtLeast(ReadersMax, 1, "store.readersMax");
        StoreLimits.CheckAtLeast(KeyReadersMax, 1, "store.keyReadersMax");
        StoreLimits.CheckAtLeast(WaitingTransactionsMax, 1, "store.waitingTransactionsMax");
        StoreLimits.CheckAtLeast(WaitingBytesMax, 1, "store.waitingBytesMax");
        StoreLimits.CheckAtLeast(BatchTransactionsMax, 1, "store.batchTransactionsMax");
        StoreLimits.CheckAtLeast(BatchBytesMax, 1, "store.batchBytesMax");
        StoreLimits.CheckAtLeast((long)ConnectTimeout.TotalSeconds, 1, "store.connectTimeout in seconds");
        StoreLimits.CheckAtLeast((long)LockTimeout.TotalMilliseconds, 1, "store.lockTimeout in milliseconds");
        StoreLimits.CheckAtLeast((long)StatementTimeout.TotalSeconds, 1, "store.statementTimeout in seconds");
    }

    /// <exception cref="ArgumentException">It has a word that Npgsql doesn't know.</exception>
    internal NpgsqlConnectionStringBuilder ParseConnectionString() => new(ConnectionString);
}

using System.Collections.Immutable;

namespace Stateway.Store.Etcd;

/// <summary>Where etcd is, as whom, and how much the store may take.</summary>
public sealed record EtcdStoreOptions
{
    /// <summary><c>host:port</c> of each member that may be asked; the next one when one fails.</summary>
    public required ImmutableArray<string> Endpoints { get; init; }

    /// <summary>All keys of the store begin with it and a <c>/</c>.</summary>
    public string Prefix { get; init; } = "stateway";

    /// <summary>Null: without credentials.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    public bool IsTls { get; init; }

    /// <summary>PEM: whom the servers' certificates must come from; null: whom the system trusts.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM: our own certificate, with <see cref="KeyFile"/>.</summary>
    public string? CertFile { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>Transactions that may wait to be committed; one more is answered with "unavailable".</summary>
    public int WaitingTransactionsMax { get; init; } = 8_192;

    /// <summary>Bytes of values that may wait to be committed.</summary>
    public long WaitingBytesMax { get; init; } = 64 << 20;

    /// <summary>Transactions that share one transaction of etcd.</summary>
    public int BatchTransactionsMax { get; init; } = 256;

    /// <summary>Operations of one transaction of etcd, at most what its <c>--max-txn-ops</c> says.</summary>
    public int TransactionOperationsMax { get; init; } = 128;

    /// <summary>Bytes of keys and values of one transaction of etcd, some below its <c>--max-request-bytes</c>.</summary>
    public int TransactionBytesMax { get; init; } = 1_400_000;

    /// <summary>Commits of late that are kept in memory, for those who follow the log.</summary>
    public int RecentCommitsMax { get; init; } = 10_000;

    public long RecentBytesMax { get; init; } = 4 << 20;

    /// <summary>How long a read tries to reach etcd, and how long it is asked what became of a commit.</summary>
    public TimeSpan ReachTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a commit that other nodes' commits forestall is tried again.</summary>
    public TimeSpan RaceTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gives commits their times.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Without the password.</summary>
    public override string ToString() => $"etcd at {string.Join(", ", Endpoints)}, {Prefix}";

    internal void Validate()
    {
        if (Endpoints.IsDefaultOrEmpty) throw new ArgumentException("store.endpoints is empty; it must name one host:port at least.");
        foreach (string endpoint in Endpoints)
        {
            if (!Uri.TryCreate("http://" + endpoint, UriKind.Absolute, out var uri) || uri.Authority.Length == 0 || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
                throw new ArgumentException("store.endpoints has an entry that is not host:port.");
        }

        if (Prefix.Length is 0 or > 200 || Prefix.StartsWith('/') || Prefix.EndsWith('/') || Prefix.Any(char.IsControl))
            throw new ArgumentException($"store.prefix is '{Prefix}'; it must have 1 to 200 characters, without a slash at its ends.");
        if ((CertFile is null) != (KeyFile is null)) throw new ArgumentException("store.cert and store.key go together; one of them is missing.");
        StoreLimits.CheckAtLeast(WaitingTransactionsMax, 1, "store.waitingTransactionsMax");
        StoreLimits.CheckAtLeast(WaitingBytesMax, 1, "store.waitingBytesMax");
        StoreLimits.CheckAtLeast(BatchTransactionsMax, 1, "store.batchTransactionsMax");
        StoreLimits.CheckAtLeast(TransactionOperationsMax, 2, "store.transactionOperationsMax");
        StoreLimits.CheckAtLeast(TransactionBytesMax, 4_096, "store.transactionBytesMax");
        StoreLimits.CheckAtLeast(RecentCommitsMax, 1, "store.recentCommitsMax");
        StoreLimits.CheckAtLeast(RecentBytesMax, 1, "store.recentBytesMax");
        StoreLimits.CheckAtLeast((long)ReachTimeout.TotalMilliseconds, 100, "store.reachTimeout in milliseconds");
        StoreLimits.CheckAtLeast((long)RaceTimeout.TotalMilliseconds, 100, "store.raceTimeout in milliseconds");
    }
}

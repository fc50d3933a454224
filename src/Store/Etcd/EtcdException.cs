namespace Stateway.Store.Etcd;

/// <summary>What etcd answered, or that it did not. Turned into a result at the store's edge.</summary>
internal sealed class EtcdException(EtcdFailure failure, string message) : StoreUnavailableException(message)
{
    public EtcdFailure Failure { get; } = failure;
}

internal enum EtcdFailure
{
    /// <summary>No connection: nothing was sent.</summary>
    Unreachable,

    /// <summary>It was sent, and whether it was done is not known.</summary>
    Broken,

    /// <summary>The credentials are not accepted (any more).</summary>
    BadCredentials,

    /// <summary>The user may not do this.</summary>
    Denied,

    /// <summary>The revision asked for has been compacted.</summary>
    Compacted,

    /// <summary>The revision asked for is beyond etcd's own.</summary>
    Future,

    /// <summary>The database has come to its quota.</summary>
    Full,

    /// <summary>More operations or bytes than this server takes.</summary>
    TooLarge,

    /// <summary>Anything else that was refused; nothing was done.</summary>
    Refused,
}

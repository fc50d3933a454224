namespace Stateway.Store;

/// <summary>What became of opening a store.</summary>
public abstract record StoreOpening
{
    private StoreOpening() { } // closed

    public sealed record Opened(IStore Store) : StoreOpening;

    /// <param name="Message">One line for the operator: what is wrong, with which store, and what would be right.</param>
    public sealed record Refused(StoreRefusal Reason, string Message) : StoreOpening;
}

public enum StoreRefusal
{
    /// <summary>Another process, or another store of this one, has the folder open.</summary>
    InUse,

    /// <summary>A newer version of the program wrote it.</summary>
    Newer,

    /// <summary>The file is there but is not a store, or it is damaged.</summary>
    NotAStore,

    /// <summary>The folder can't be made, read or written.</summary>
    NoAccess,

    /// <summary>The server can't be reached, or it refuses the credentials.</summary>
    Unreachable,

    DiskFull,

    /// <summary>Any other I/O error.</summary>
    Failed,
}

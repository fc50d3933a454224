namespace Stateway.Store.Sqlite;

/// <summary>What became of opening a data folder.</summary>
public abstract record StoreOpening
{
    private StoreOpening() { } // closed

    public sealed record Opened(SqliteStore Store) : StoreOpening;

    /// <param name="Message">One line for the operator: what is wrong, with which folder, and what would be right.</param>
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

    DiskFull,

    /// <summary>Any other I/O error.</summary>
    Failed,
}

namespace Stateway.Store.Postgres;

/// <summary>A key that a batch looks at or changes: as the database has it, and as the batch has made it so far.</summary>
internal sealed class KeyState(CollectionTable table, string path)
{
    public CollectionTable Table => table;

    public string Path => path;

    /// <summary>In the database, before the batch; 0 for none.</summary>
    public long StoredRevision { get; private set; }

    /// <summary>Now; 0 for none.</summary>
    public long Revision { get; private set; }

    /// <summary>By a transaction of the batch.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>What the batch has put last; null when it has deleted the entry, or not changed it.</summary>
    public Write.Put? Put { get; private set; }

    /// <summary>Of <see cref="Put"/>.</summary>
    public byte[][] Columns { get; private set; } = [];

    /// <summary>What the transaction that is being applied does last with the key: a place in its writes.</summary>
    public int LastWrite { get; set; } = -1;

    public void Found(long revision) => StoredRevision = Revision = revision;

    public void Change(long revision, Write.Put? put, byte[][] columns)
    {
        (IsChanged, Put, Columns) = (true, put, columns);
        Revision = put is null ? 0 : revision;
    }
}

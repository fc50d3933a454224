using SQLitePCL;
using Stateway.Store.Columns;

namespace Stateway.Store.Sqlite;

/// <summary>
/// The form of the database file.
/// <code>
/// meta        one row: the store's revision, and the oldest one that can be read
/// log         what each commit replaced, see <see cref="LogWriter"/>; log_path, log_collection: its indexes
/// lease       name, holder, epoch, ends (when it runs out, in ticks)
/// collection  number, name, fields: [{"path": ["address", "city"], "timestamp": false, "column": 1, "ready": true}]
/// t1, t2, …   one table for each collection, named by its number: id, path, revision, update_time (ticks of
///             100 ns in UTC since the year 1), c1 to c16 and later ones (indexed fields, see ColumnValue), value
/// i1_2        index of table t1 on (c2, path)
/// </code>
/// </summary>
internal static class SqliteFile
{
    /// <summary>In PRAGMA user_version. A file of a higher one is refused.</summary>
    public const int FormatVersion = 2;

    private const int FormatWithoutLog = 1;

    private const string HistoryTables =
        """
        CREATE TABLE log(id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, path TEXT NOT NULL, time INTEGER NOT NULL,
          old_revision INTEGER NOT NULL DEFAULT 0, old_time INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0, old_value BLOB);
        CREATE INDEX log_path ON log(collection, path, old_revision) WHERE old_revision>0;
        CREATE INDEX log_collection ON log(collection, id, old_revision) WHERE old_revision>0;
        CREATE TABLE lease(name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch INTEGER NOT NULL, ends INTEGER NOT NULL) WITHOUT ROWID;
        """;

    private const int ApplicationId = 0x53747779; // "Stwy", shown by file(1)
    private const int PageBytes = 4096;
    private const int LogBytesKept = 256 << 20; // what a log that had to grow is cut back to

    /// <exception cref="SqliteException">The file can't be opened.</exception>
    public static Connection OpenWriter(string file, SqliteStoreOptions options)
    {
        var connection = Connection.Open(file, isWriter: true, options.WriterCacheKiB, (int)options.LockTimeout.TotalMilliseconds);
        try
        {
            connection.Execute($"PRAGMA page_size={PageBytes}"); // heeded by an empty file only
            if (connection.ReadText("PRAGMA journal_mode=WAL") != "wal")
                throw new SqliteException(raw.SQLITE_IOERR, "The file system has no shared memory, which SQLite's log needs.");

            connection.Execute("PRAGMA synchronous=FULL");
            connection.Execute("PRAGMA wal_autocheckpoint=0"); // the checkpointer does it, beside the commits
            connection.Execute($"PRAGMA journal_size_limit={LogBytesKept}");
            connection.Execute("PRAGMA secure_delete=OFF"); // Debian's default would write every deleted byte again
            connection.Execute("PRAGMA temp_store=MEMORY");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Makes the tables of a new file; checks that an old one is of a form that is known, and brings it to today's.</summary>
    /// <returns>Null when it is; otherwise what is wrong, to be followed by the file's name.</returns>
    public static (StoreRefusal Reason, string Message)? Prepare(Connection connection)
    {
        long version = connection.ReadInt64("PRAGMA user_version");
        if (version > FormatVersion)
        {
            return (StoreRefusal.Newer,
                $"was written by a newer version (its format is {version}, this version knows up to {FormatVersion}); run that version");
        }

        if (version is FormatVersion or FormatWithoutLog)
        {
            if (connection.ReadInt64("PRAGMA application_id") != ApplicationId)
                return (StoreRefusal.NotAStore, "is a database of another program");

            if (version == FormatWithoutLog) AddHistory(connection);
            return null;
        }

        if (connection.ReadInt64("SELECT count(*) FROM sqlite_schema") > 0)
            return (StoreRefusal.NotAStore, "is a database of another program");

        connection.Execute(
            $"""
            BEGIN IMMEDIATE;
            CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id=1), revision INTEGER NOT NULL, compacted INTEGER NOT NULL);
            INSERT INTO meta VALUES(1,0,0);
            CREATE TABLE collection(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, fields BLOB NOT NULL);
            {HistoryTables}
            PRAGMA application_id={ApplicationId};
            PRAGMA user_version={FormatVersion};
            COMMIT;
            """);
        return null;
    }

    /// <summary>In one transaction: a crash leaves the file as it was. What it was before its revision of today can't be told.</summary>
    private static void AddHistory(Connection connection)
    {
        try
        {
            connection.Execute(
                $"""
                BEGIN IMMEDIATE;
                ALTER TABLE meta ADD COLUMN compacted INTEGER NOT NULL DEFAULT 0;
                UPDATE meta SET compacted=revision;
                {HistoryTables}
                PRAGMA user_version={FormatVersion};
                COMMIT;
                """);
        }
        catch
        {
            connection.RollBack();
            throw;
        }
    }

    /// <summary>Fixes what the transaction sees, when it is the first read in it.</summary>
    /// <exception cref="InvalidDataException">The database is damaged.</exception>
    public static StoreState ReadState(Connection connection)
    {
        using var select = connection.Prepare("SELECT revision, compacted FROM meta");
        return select.Step() ? new(select.Int64(0), select.Int64(1)) : throw new InvalidDataException("The table meta is empty.");
    }

    public static List<CollectionTable> ReadTables(Connection connection)
    {
        var tables = new List<CollectionTable>();
        using var select = connection.Prepare("SELECT number, name, fields FROM collection");
        while (select.Step()) tables.Add(new(select.Text(1), select.Int64(0), FieldJson.ParseColumns(select.Bytes(2))));
        return tables;
    }

    /// <summary>Inserts or replaces the collection's row. The caller holds a transaction.</summary>
    public static void WriteTable(Connection connection, CollectionTable table)
    {
        using var put = connection.Prepare(
            "INSERT INTO collection(number,name,fields) VALUES(?1,?2,?3) ON CONFLICT(number) DO UPDATE SET fields=?3");
        put.Bind(1, table.Number).BindText(2, table.Collection).BindBlob(3, FieldJson.Format(table.Fields)).Step();
    }

    public static void CreateTable(Connection connection, CollectionTable table, int columns)
    {
        string names = string.Concat(Enumerable.Range(1, columns).Select(column => $"c{column},"));
        connection.Execute(
            $"""
            CREATE TABLE {table.Name}(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,
            revision INTEGER NOT NULL, update_time INTEGER NOT NULL, {names} value BLOB NOT NULL)
            """);
    }

    public static int CountColumns(Connection connection, CollectionTable table) =>
        (int)connection.ReadInt64($"SELECT count(*) FROM pragma_table_info('{table.Name}') WHERE name GLOB 'c[0-9]*'");

    /// <summary>Whether the failure says that the file is no database, or a damaged one.</summary>
    public static bool IsNotADatabase(SqliteException e) => e.Code is raw.SQLITE_NOTADB or raw.SQLITE_CORRUPT;
}

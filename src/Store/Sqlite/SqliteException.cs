using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>What SQLite answered instead of doing what it was asked. Turned into a result at the store's edge.</summary>
internal sealed class SqliteException(int code, string message) : StoreUnavailableException(message)
{
    private const int ShmSizeCode = raw.SQLITE_IOERR | (19 << 8); // the shared-memory file could not grow

    /// <summary>The primary result code.</summary>
    public int Code { get; } = code & 0xff;

    public bool IsFull { get; } = (code & 0xff) == raw.SQLITE_FULL || code == ShmSizeCode;

    public static SqliteException Of(sqlite3 database, int code, string? sql)
    {
        int extended = raw.sqlite3_extended_errcode(database);
        string text = raw.sqlite3_errmsg(database).utf8_to_string();
        return new(
            (extended & 0xff) == (code & 0xff) ? extended : code,
            sql is null ? $"SQLite: {text} ({code})." : $"SQLite: {text} ({code}) at: {sql}");
    }
}

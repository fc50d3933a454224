using System.Buffers;
using System.Text;
using SQLitePCL;

namespace Stateway.Store.Sqlite;

/// <summary>
/// A prepared statement of one connection, which keeps it for the next use. Disposing ends one use: it
/// resets the statement and forgets what was bound. Parameters count from 1, columns from 0.
/// </summary>
internal sealed class Statement(sqlite3 database, sqlite3_stmt handle, string sql) : IDisposable
{
    private const int TextOnStackBytesMax = 512;

    /// <summary>When it was last taken, in uses of the connection: the oldest is closed when there are too many.</summary>
    public long LastUse { get; set; }

    /// <summary>From its preparation until it is disposed: such a one is never closed to make room.</summary>
    public bool IsInUse { get; set; }

    public string Sql { get; } = sql;

    public Statement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, double value)
    {
        Check(raw.sqlite3_bind_double(handle, parameter, value));
        return this;
    }

    public Statement BindText(int parameter, ReadOnlySpan<byte> utf8)
    {
        // An empty span has no address, which SQLite takes for NULL.
        Check(utf8.IsEmpty ? raw.sqlite3_bind_text(handle, parameter, "") : raw.sqlite3_bind_text(handle, parameter, utf8));
        return this;
    }

    public Statement BindText(int parameter, string text)
    {
        int bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = bytesMax > TextOnStackBytesMax ? ArrayPool<byte>.Shared.Rent(bytesMax) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[TextOnStackBytesMax];

        BindText(parameter, utf8[..Encoding.UTF8.GetBytes(text, utf8)]);

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public Statement BindBlob(int parameter, ReadOnlySpan<byte> bytes)
    {
        Check(raw.sqlite3_bind_blob(handle, parameter, bytes));
        return this;
    }

    /// <returns>True: there is a row. False: done.</returns>
    public bool Step()
    {
        int code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW) return true;
        if (code == raw.SQLITE_DONE) return false;
        throw SqliteException.Of(database, code, Sql);
    }

    /// <summary>Runs to the end and makes ready for the next binding.</summary>
    public void Run()
    {
        while (Step()) { }
        Dispose();
    }

    public int Type(int column) => raw.sqlite3_column_type(handle, column);

    public long Int64(int column) => raw.sqlite3_column_int64(handle, column);

    public double Double(int column) => raw.sqlite3_column_double(handle, column);

    /// <summary>Of a blob or a text; valid until the next step. A text may contain NUL.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(handle, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public void Dispose()
    {
        // The code that a reset returns is the one that the step has already thrown for.
        _ = raw.sqlite3_reset(handle);
        _ = raw.sqlite3_clear_bindings(handle);
        IsInUse = false;
    }

    public void Close() => handle.Dispose();

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw SqliteException.Of(database, code, Sql);
    }
}

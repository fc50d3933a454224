using SQLitePCL;

namespace Stateway.Engine.Bench;

/// <summary>
/// The limit: a loop that does nothing but insert the same rows, 100 per transaction, with
/// the pragmas, the table and the indexes of the store.
/// </summary>
internal sealed class BareSqlite : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _insert;

    public BareSqlite(string file)
    {
        Check(raw.sqlite3_open(file, out _database));
        Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-12288; PRAGMA secure_delete=OFF");
        Execute("CREATE TABLE t(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, revision INTEGER, update_time INTEGER, c1, c2, c3, value BLOB)");
        Execute("CREATE INDEX i1 ON t(c1, path); CREATE INDEX i2 ON t(c2, path); CREATE INDEX i3 ON t(c3, path)");
        Check(raw.sqlite3_prepare_v2(_database, "INSERT INTO t(path,revision,update_time,c1,c2,c3,value) VALUES(?,?,?,?,?,?,?)", out _insert));
    }

    public void Insert(int rows, int rowsPerTransaction)
    {
        for (int i = 0; i < rows; i++)
        {
            if (i % rowsPerTransaction == 0) Execute("BEGIN IMMEDIATE");

            var product = Product.At(i);
            raw.sqlite3_bind_text(_insert, 1, product.Path);
            raw.sqlite3_bind_int64(_insert, 2, i);
            raw.sqlite3_bind_int64(_insert, 3, i);
            raw.sqlite3_bind_text(_insert, 4, product.Category);
            raw.sqlite3_bind_double(_insert, 5, product.Price);
            raw.sqlite3_bind_text(_insert, 6, product.Name);
            raw.sqlite3_bind_blob(_insert, 7, product.Json);
            if (raw.sqlite3_step(_insert) != raw.SQLITE_DONE) throw new InvalidOperationException(raw.sqlite3_errmsg(_database).utf8_to_string());
            raw.sqlite3_reset(_insert);

            if (i % rowsPerTransaction == rowsPerTransaction - 1 || i == rows - 1) Execute("COMMIT");
        }
    }

    public void Dispose()
    {
        _insert.Dispose();
        _database.Dispose();
    }

    private void Execute(string sql) => Check(raw.sqlite3_exec(_database, sql));

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new InvalidOperationException($"{code}: {raw.sqlite3_errmsg(_database).utf8_to_string()}");
    }
}

using System.Diagnostics;
using System.Text;
using SQLitePCL;

namespace Stateway.Collections.Bench;

/// <summary>What the disk and SQLite allow: rows of the same size with two indexes, 64 a transaction, <c>synchronous=FULL</c>, one thread, no server.</summary>
internal static class DurableLimit
{
    public static double Measure(string folder, TimeSpan duration)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(Path.Combine(folder, "limit.db"), out var db));
        foreach (string sql in new[]
        {
            "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
            "CREATE TABLE item(path TEXT NOT NULL UNIQUE, revision INTEGER, value BLOB, category, price)",
            "CREATE INDEX by_category ON item(category, path)", "CREATE INDEX by_price ON item(price, path)",
        })
        {
            Check(raw.sqlite3_exec(db, sql));
        }

        Check(raw.sqlite3_prepare_v2(db, "INSERT INTO item VALUES (?,?,?,?,?)", out var insert));
        byte[] value = Encoding.UTF8.GetBytes(new string('v', 260));
        long rows = 0;
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            Check(raw.sqlite3_exec(db, "BEGIN IMMEDIATE"));
            for (int i = 0; i < 64; i++, rows++)
            {
                Check(raw.sqlite3_bind_text(insert, 1, $"01kq{rows:x22}"));
                Check(raw.sqlite3_bind_int64(insert, 2, rows));
                Check(raw.sqlite3_bind_blob(insert, 3, value));
                Check(raw.sqlite3_bind_text(insert, 4, $"c{rows % 100}"));
                Check(raw.sqlite3_bind_int64(insert, 5, rows % 1000));
                if (raw.sqlite3_step(insert) != raw.SQLITE_DONE) throw new InvalidOperationException(raw.sqlite3_errmsg(db).utf8_to_string());
                Check(raw.sqlite3_reset(insert));
            }

            Check(raw.sqlite3_exec(db, "COMMIT"));
        }

        double perSecond = rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
        raw.sqlite3_finalize(insert);
        raw.sqlite3_close(db);
        return perSecond;
    }

    private static void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW)) throw new InvalidOperationException($"SQLite answered {code}.");
    }
}

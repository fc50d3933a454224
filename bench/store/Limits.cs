using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using SQLitePCL;
using Stateway.TestKit;

namespace Stateway.Store.Bench;

/// <summary>What the engines do alone, without a server in front: the limit that the rest is held beside.</summary>
internal static partial class Limits
{
    /// <summary>Rows of 1 KB a second, 64 in a transaction, with the settings that the store has.</summary>
    public static string Sqlite(string folder, int seconds)
    {
        Batteries_V2.Init();
        Check(raw.sqlite3_open(Path.Combine(folder, "alone.db"), out var db), db);
        foreach (string sql in (string[])["PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=4000",
            "CREATE TABLE t(id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, category TEXT NOT NULL, value BLOB NOT NULL)", "CREATE INDEX c ON t(category, path)"])
            Check(raw.sqlite3_exec(db, sql), db);
        Check(raw.sqlite3_prepare_v2(db, "INSERT INTO t(path,category,value) VALUES(?1,?2,?3)", out var insert), db);

        long started = Stopwatch.GetTimestamp(), rows = 0;
        byte[] value = Api.Row(0, 1000);
        Array.Resize(ref value, 1024);
        while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
        {
            Check(raw.sqlite3_exec(db, "BEGIN IMMEDIATE"), db);
            for (int i = 0; i < 64; i++, rows++)
            {
                raw.sqlite3_bind_text(insert, 1, $"0191b2c4{rows:x12}");
                raw.sqlite3_bind_text(insert, 2, $"c{rows % 1000}");
                raw.sqlite3_bind_blob(insert, 3, value);
                Check(raw.sqlite3_step(insert), db);
                raw.sqlite3_reset(insert);
            }

            Check(raw.sqlite3_exec(db, "COMMIT"), db);
        }

        double perSecond = rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
        insert.Dispose();
        db.Dispose();
        return string.Create(CultureInfo.InvariantCulture, $"SQLite alone, 64 rows a transaction: {perSecond:N0} rows/s");
    }

    /// <summary>pgbench: 64 clients that each insert one row of 1 KB in a transaction of its own; and 64 rows in each.</summary>
    public static string Postgres(string folder, int port, int seconds)
    {
        string[] connection = ["-h", "127.0.0.1", "-p", port.ToString(CultureInfo.InvariantCulture), "-U", PostgresServer.User, PostgresServer.Database];
        var password = ("PGPASSWORD", PostgresServer.Password);
        Run("psql", ["-qc", "CREATE TABLE alone(id bigserial PRIMARY KEY, category text, value bytea); CREATE INDEX ON alone(category, id)", .. connection], password);
        const string row = "'c' || (random()*1000)::int, decode(repeat('6e', 1024), 'hex')";
        return $"PostgreSQL alone: {PerSecond($"INSERT INTO alone(category, value) VALUES({row});", 1)} rows/s one by one, "
            + $"{PerSecond($"INSERT INTO alone(category, value) SELECT {row} FROM generate_series(1, 64);", 64)} rows/s 64 in a transaction (pgbench, 64 clients)";

        string PerSecond(string sql, int rows)
        {
            string script = Path.Combine(folder, $"pgbench{rows}.sql");
            File.WriteAllText(script, sql);
            string output = Run("pgbench", ["-n", "-M", "prepared", "-c64", "-j1", $"-T{seconds}", "-f", script, .. connection], password);
            double perSecond = double.Parse(TransactionsLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture) * rows;
            return perSecond.ToString("N0", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>etcd's own check, which takes a minute: 50 clients and a stated load, small values, without the JSON gateway.</summary>
    public static string Etcd(string endpoint)
    {
        string output = Run("etcdctl", ["--endpoints", endpoint, "check", "perf", "--load=l"], ("ETCDCTL_API", "3"));
        var lines = output.Split('\n', '\r').Where(line => line.Contains("PASS", StringComparison.Ordinal) || line.Contains("FAIL", StringComparison.Ordinal));
        return "etcdctl check perf --load=l (asks for 8,000 writes/s): " + string.Join("; ", lines.Select(line => line.Trim()));
    }

    private static string Run(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }

    private static void Check(int code, sqlite3 db)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW)) throw new InvalidOperationException($"SQLite answered {code}: {raw.sqlite3_errmsg(db).utf8_to_string()}");
    }

    [GeneratedRegex(@"tps = ([\d.]+)")]
    private static partial Regex TransactionsLine();
}

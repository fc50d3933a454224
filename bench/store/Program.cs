using System.Diagnostics;
using System.Globalization;
using Stateway.Bench;
using Stateway.Store;
using Stateway.Store.Bench;
using Stateway.Store.Etcd;
using Stateway.Store.Postgres;
using Stateway.Store.Sqlite;
using Stateway.TestKit;

// The stores over HTTP, one engine after another, each beside what it does alone in the same run.
// One command: bench/store/run [--engines sqlite,postgres,etcd] [--seconds N] [--rows N]
int seconds = Arguments.Number(args, "--seconds", 5);
int rows = Arguments.Number(args, "--rows", 1_000_000);
int enginesAt = Array.IndexOf(args, "--engines");
string[] engines = enginesAt >= 0 ? args[enginesAt + 1].Split(',') : ["sqlite", "postgres", "etcd"];

string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "api")).FullName, "bench.yaml"), Api.Document);
    foreach (string engine in engines)
    {
        Console.WriteLine();
        Console.WriteLine(engine);
        switch (engine)
        {
            case "sqlite": await SqliteAsync(); break;
            case "postgres": await PostgresAsync(); break;
            case "etcd": await EtcdAsync(); break;
            default: throw new ArgumentException($"--engines: there is no {engine}; there are sqlite, postgres and etcd.");
        }
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

return;

async Task SqliteAsync()
{
    string data = Path.Combine(folder, "sqlite");
    await FillAsync(await SqliteStore.OpenAsync(data, new()), rows, 1000);
    using var node = Serve($"sqlite:{data}", out string url);
    Posts(node, url, 20_000, 15);
    Console.WriteLine("    " + Limits.Sqlite(folder, seconds));
    Gets(node, url, rows, null);
    Lists(node, url, rows, 10);
    Console.WriteLine("  Write to watch, 200 writes/s, in one process (limit p99 10 ms)");
    await WatchAsync(url, url);
}

async Task PostgresAsync()
{
    // The default of 1 GB makes a checkpoint every 15 s under this load, whose end stops commits for 0.1 s or more: what a run of
    // few seconds measured would depend on whether there was one. And files of the log are used again, as on a server that has
    // run for a while: a new one is first filled with zeros, and commits wait for that.
    await using var server = await PostgresServer.StartAsync("max_wal_size=8GB", "min_wal_size=8GB");
    await FillAsync(await PostgresStore.OpenAsync(new() { ConnectionString = server.ConnectionString }), rows, 1000);
    await SettleAsync(server);
    using var node = Serve(server.Url, out string url);
    using var other = Serve(server.Url, out string otherUrl);
    Posts(node, url, 10_000, 25);
    Console.WriteLine("    " + Limits.Postgres(folder, server.Port, seconds));

    await SettleAsync(server);
    Gets(node, url, rows, 15_000);
    Lists(node, url, rows, 10);
    Console.WriteLine("  Write to watch, 200 writes/s, in one process (limit p99 10 ms), then across two nodes (limit p99 25 ms)");
    await WatchAsync(url, url);
    await WatchAsync(url, otherUrl);
}

async Task EtcdAsync()
{
    const int few = 10_000; // etcd is for the platform's resources and small collections
    await using var server = await EtcdServer.StartAsync();
    await FillAsync(await EtcdStore.OpenAsync(new() { Endpoints = [server.Endpoint] }), few, 100);
    using var node = Serve($"etcd://{server.Endpoint}", out string url);
    using var other = Serve($"etcd://{server.Endpoint}", out string otherUrl);
    Posts(node, url, 3_000, 60);
    Gets(node, url, few, null);
    Lists(node, url, few, null);
    Console.WriteLine("  Write to watch, 200 writes/s, in one process (limit p99 10 ms), then across two nodes (limit p99 25 ms)");
    await WatchAsync(url, url);
    await WatchAsync(url, otherUrl);
    Console.WriteLine("    " + Limits.Etcd(server.Endpoint));
}

// What was written calls for autovacuum and for the disk, each at a moment of its own, and PostgreSQL's commits wait meanwhile
// (pgbench alone, at 200 rows a second: p99 1.5 ms, and 53 ms beside a vacuum). So it is done before the next rows.
static async Task SettleAsync(PostgresServer server)
{
    await server.SqlAsync("VACUUM ANALYZE");
    await server.SqlAsync("CHECKPOINT");
    using var sync = Process.Start("sync");
    await sync.WaitForExitAsync();
}

static async Task FillAsync(StoreOpening opening, int rows, int rowsEach)
{
    await using var store = opening is StoreOpening.Opened opened ? opened.Store : throw new InvalidOperationException(opening.ToString());
    await Filling.FillAsync(store, rows, rowsEach);
}

ServerProcess Serve(string store, out string url)
{
    int port = Waiting.FreePort();
    url = $"http://127.0.0.1:{port}";
    var node = ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"),
        "serve", Path.Combine(folder, "api"), "--listen", $"127.0.0.1:{port}", "--store", store);
    Waiting.UntilAnswered(url + "/openapi.json");
    return node;
}

void Posts(ServerProcess node, string url, int limit, int p99Limit)
{
    Console.WriteLine(Line($"  Durable POST of 1 KB, 64 connections (limit {limit:N0}/s, p99 {p99Limit} ms)"));
    string script = Script("post.lua", Api.Post);
    Wrk.Run(url, seconds: 6, script: script); // compiled code of the last tier, as in a process that has run for a while
    Row(node, url, script);
}

void Gets(ServerProcess node, string url, int stored, int? limit)
{
    Console.WriteLine(Line($"  GET by id, any of {stored:N0}, 64 connections{(limit is null ? "" : Line($" (limit {limit:N0}/s)"))}"));
    string script = Script("get.lua", Api.RandomGet(stored));
    Wrk.Run(url, seconds: 3, script: script);
    Row(node, url, script);
}

void Lists(ServerProcess node, string url, int stored, int? p99Limit)
{
    Console.WriteLine(Line($"  List of 20 of {stored:N0} by an indexed field{(p99Limit is null ? "" : $" (limit p99 {p99Limit} ms)")}, 8 connections"));
    string script = Script("list.lua", Api.RandomList(stored));
    Wrk.Run(url, connections: 8, seconds: 2, script: script);
    Row(node, url, script, connections: 8);

    // Each run's end leaves lists behind that nobody waits for any more.
    double slowest = double.MaxValue;
    for (int i = 0; i < seconds; i++) slowest = Math.Min(slowest, Wrk.Run(url, connections: 8, seconds: 1, script: script).PerSecond);
    Console.WriteLine(Line($"    {slowest,8:N0}/s   in the slowest of {seconds} runs of a second, whose clients go away in the middle"));
}

void Row(ServerProcess node, string url, string script, int connections = 64)
{
    var (run, cpu) = Wrk.Measure(node, url, connections, seconds, script);
    string failed = run.Failed > 0 ? Line($"   {run.Failed} answers were no success") : "";
    Console.WriteLine(Line($"    {run.PerSecond,8:N0}/s   p99 {run.P99Milliseconds:0.0} ms   {cpu:0.0} µs CPU each, of the server without its database{failed}"));
}

async Task WatchAsync(string writeUrl, string watchUrl)
{
    await WatchLatency.MeasureAsync(writeUrl, watchUrl, seconds: 4); // as in Posts
    Console.WriteLine("    " + await WatchLatency.MeasureAsync(writeUrl, watchUrl, seconds));
}

string Script(string name, string lua)
{
    string file = Path.Combine(folder, name);
    File.WriteAllText(file, lua);
    return file;
}

static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

using System.Diagnostics;
using System.Globalization;
using System.Net;
using Stateway.Bench;
using Stateway.Swaps.Bench;
using Stateway.TestKit;

// Stage swaps under full load. One command, whose --help says what is measured and what is wrong: bench/swaps/run
int seconds = Arguments.Number(args, "--seconds", 30);
int rounds = Arguments.Number(args, "--rounds", 2);
int perSecond = Arguments.Number(args, "--per-second", 10);
int connections = Arguments.Number(args, "--connections", 64);

bool isRight = true;
if (PostgresServer.Programs is null)
{
    Console.WriteLine("PostgreSQL is not installed (apt-get install postgresql): only SQLite is measured.");
}
else
{
    // As in bench/store: what a checkpoint or a new file of the log does to a run of seconds is no part of this.
    await using var postgres = await PostgresServer.StartAsync("max_wal_size=8GB", "min_wal_size=8GB");
    await MeasureAsync("Two nodes over one PostgreSQL", 2, _ => postgres.Url);
}

await MeasureAsync("One node over SQLite", 1, folder => "sqlite:" + Path.Combine(folder, "sqlite"));
return isRight ? 0 : 1;

async Task MeasureAsync(string title, int count, Func<string, string> storeUrl)
{
    string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
    var nodes = new List<(ServerProcess Process, IPEndPoint Endpoint, Administration Administration)>();
    try
    {
        string apis = Directory.CreateDirectory(Path.Combine(folder, "api")).FullName;
        File.WriteAllText(Path.Combine(apis, "other.yaml"), Document.Of(0).Replace("/swapped", "/other", StringComparison.Ordinal));
        for (int i = 0; i < count; i++)
        {
            int port = Waiting.FreePort(), admin = Waiting.FreePort();
            var process = ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"), "serve", apis,
                "--store", storeUrl(folder), "--listen", $"127.0.0.1:{port}", "--admin", $"127.0.0.1:{admin}");
            Waiting.UntilAnswered($"http://127.0.0.1:{port}/other/openapi.json");
            nodes.Add((process, new(IPAddress.Loopback, port), new($"http://127.0.0.1:{admin}", Directory.GetFiles(folder, "administrator.key", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Single())));
        }

        await nodes[0].Administration.ApiAsync(Document.Api);
        for (int i = 0; i < Document.Deployments; i++) await nodes[0].Administration.DeployAsync(Document.Api, $"v{i}", Document.Of(i));

        var swaps = new Swaps(count, swapsMax: 100 + (rounds + 2) * seconds * perSecond * 2);
        await SwapAsync(swaps);
        foreach (var node in nodes) await UntilServedAsync(node.Endpoint);
        using (var http = new HttpClient())
        {
            using var put = await http.PutAsync($"http://{nodes[0].Endpoint}/swapped/items/one", new StringContent("""{"name":"One","category":"a"}""", System.Text.Encoding.UTF8, "application/json"));
            put.EnsureSuccessStatusCode();
        }

        Console.WriteLine();
        Console.WriteLine($"{title}: {connections} connections at full load, {perSecond} swaps a second");
        await LoadAsync(swaps, Math.Min(seconds, 5), isSwapping: true); // compiled code and buffers, as in processes that have run for a while
        string before = Memory();
        for (int round = 1; round <= rounds; round++)
        {
            var calm = await LoadAsync(swaps, seconds, isSwapping: false);
            int first = swaps.Count;
            var churn = await LoadAsync(swaps, seconds, isSwapping: true);
            double[] live = swaps.UntilLive(first);
            isRight &= churn.Load.Failed + churn.Load.Wrong + calm.Load.Failed + calm.Load.Wrong == 0;
            Row("without swaps", calm);
            Row("with swaps", churn);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  live on every node, after the write's answer, of {swaps.Count - first} swaps: p50 {At(live, 50):0} ms, p99 {At(live, 99):0} ms, max {At(live, 100):0} ms   (limit 100)"));
            if ((churn.Load.First ?? calm.Load.First) is { } wrong) Console.WriteLine("  the first that was wrong: " + wrong);
        }

        Console.WriteLine($"  resident at rest: {before} MB before, {Memory()} MB behind {rounds * seconds * perSecond} swaps");

        var cpu = CpuTime();
        int swapped = swaps.Count;
        await SwapForAsync(swaps, Math.Min(seconds, 10), CancellationToken.None);
        Console.WriteLine($"  CPU time of all nodes together, without other load: {(CpuTime() - cpu).TotalMilliseconds / (swaps.Count - swapped):0.0} ms a swap");
    }
    finally
    {
        foreach (var node in nodes)
        {
            node.Administration.Dispose();
            node.Process.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    async Task<(Load Load, double PerSecond, double CpuMicroseconds)> LoadAsync(Swaps swaps, int duration, bool isSwapping)
    {
        using var stop = new CancellationTokenSource();
        var load = new Load([.. nodes.Select(node => node.Endpoint)], connections, swaps);
        var cpu = CpuTime();
        long started = Stopwatch.GetTimestamp();
        var running = load.RunAsync(stop.Token);
        if (isSwapping) await SwapForAsync(swaps, duration, stop.Token);
        else await Task.Delay(TimeSpan.FromSeconds(duration));
        for (int i = 0; isSwapping && i < 1_000 && Enumerable.Range(0, count).Any(node => swaps.Newest(node) < swaps.Count - 1); i++) await Task.Delay(10);
        if (isSwapping && Enumerable.Range(0, count).Any(node => swaps.Newest(node) < swaps.Count - 1)) throw new TimeoutException("A node did not come to serve the last swap.");
        await stop.CancelAsync();
        await running;
        return (load, load.Requests / Stopwatch.GetElapsedTime(started).TotalSeconds, (CpuTime() - cpu).TotalMicroseconds / load.Requests);
    }

    // The nodes take turns in writing.
    async Task SwapForAsync(Swaps swaps, int duration, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < duration * perSecond; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero) await Task.Delay(due, ct);
            await SwapAsync(swaps);
        }
    }

    async Task SwapAsync(Swaps swaps)
    {
        int swap = swaps.Send();
        await nodes[swap % count].Administration.PointAsync(Document.Api, $"v{swap % Document.Deployments}");
        swaps.Acknowledge(swap);
    }

    TimeSpan CpuTime() => TimeSpan.FromTicks(nodes.Sum(node => node.Process.CpuTime.Ticks));

    string Memory()
    {
        Thread.Sleep(3_000);
        return string.Join(" and ", nodes.Select(node => node.Process.ResidentMB.ToString("0.0", CultureInfo.InvariantCulture)));
    }
}

static async Task UntilServedAsync(IPEndPoint endpoint)
{
    using var http = new HttpClient();
    for (int i = 0; i < 500; i++)
    {
        using var answer = await http.GetAsync($"http://{endpoint}/swapped/which");
        if (answer.IsSuccessStatusCode) return;
        await Task.Delay(20);
    }

    throw new TimeoutException($"{endpoint} does not serve the stage.");
}

static double At(double[] sorted, int percent) => sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, sorted.Length * percent / 100)];

static void Row(string name, (Load Load, double PerSecond, double CpuMicroseconds) run) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"  {name,-14} {run.PerSecond,9:N0} requests/s  {run.CpuMicroseconds,6:0.0} µs CPU each   {run.Load.Requests,11:N0} requests, {run.Load.Failed} failed, {run.Load.Wrong} wrong"));

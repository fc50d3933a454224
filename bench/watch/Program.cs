using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Stateway.Bench;
using Stateway.Watch.Bench;

// Open watches: what they cost, and how long a commit takes to reach all of them; beside bare sockets that do nothing but
// send, in the same run. One command: bench/watch/run [--watches N] [--commits N]
if (args is ["--broadcast", var at])
{
    Broadcaster.Run(int.Parse(at, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

int watches = Arguments.Number(args, "--watches", 5_000);
int commits = Arguments.Number(args, "--commits", 40);

string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    string apis = Directory.CreateDirectory(Path.Combine(folder, "api")).FullName;
    File.WriteAllText(Path.Combine(apis, "bench.yaml"), Event.Document);
    int port = Waiting.FreePort();
    string url = $"http://127.0.0.1:{port}";
    var endpoint = new IPEndPoint(IPAddress.Loopback, port);
    using var stateway = ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"),
        "run", apis, "--listen", $"127.0.0.1:{port}", "--data", Path.Combine(folder, "data"));
    Waiting.UntilAnswered(url + "/openapi.json");
    using var http = new HttpClient { BaseAddress = new Uri(url) };
    int posted = 0;

    // As a process that has run for a while: compiled, and with the buffers that it keeps.
    const string Request = "GET /items?watch=true HTTP/1.1\r\nHost: bench\r\n\r\n";
    using (var some = new Listeners())
    {
        await some.OpenAsync(endpoint, 200, Request, "initial");
        for (int i = 0; i < 200; i++)
        {
            await CommitAsync(some);
            if (i % 10 == 0) await DeleteAllAsync();
        }
    }

    await DeleteAllAsync();
    await Task.Delay(3_000);
    double before = stateway.ResidentMB;
    Console.WriteLine($"{before:0.0} MB resident without a watch, at most {stateway.ResidentMaxMB:0.0} so far");

    using var all = new Listeners();
    long opening = Stopwatch.GetTimestamp();
    await all.OpenAsync(endpoint, watches, Request, "initial");
    Console.WriteLine($"{watches:N0} watches opened in {Stopwatch.GetElapsedTime(opening).TotalSeconds:0.0} s");
    await Task.Delay(3_000);
    Memory("open");

    var cpu = stateway.CpuTime;
    var reached = new List<Spread>();
    for (int i = 0; i < commits; i++) reached.Add(await CommitAsync(all));
    cpu = stateway.CpuTime - cpu;
    Console.WriteLine();
    Console.WriteLine($"One commit to {watches:N0} watchers, {commits} commits, ms:        p50      p99      max of all watchers; median / worst commit");
    Report("Stateway, from sending the POST", reached, s => s.FromSending, "   limit 250 for max");
    Report("Stateway, from its answer", reached, s => s.FromAnswer, $"   {cpu.TotalMilliseconds / commits:0} ms CPU of the server a commit");
    Memory($"just after {commits} commits");
    await Task.Delay(12_000);
    Memory("open, at rest behind them");
    await Limit();

    Console.WriteLine();
    all.Dispose();
    await Task.Delay(5_000);
    await DeleteAllAsync();
    Memory("all closed");
    await ModerateAsync();

    void Memory(string when) =>
        Console.WriteLine($"  {when}: {stateway.ResidentMB:0.0} MB resident, {stateway.ResidentMB - before:0.0} MB more, {(stateway.ResidentMB - before) * 1e3 / watches:0.0} KB a watch; at most {stateway.ResidentMaxMB:0.0} MB so far   (limit: 60 MB more)");

    async Task<Spread> CommitAsync(Listeners listeners)
    {
        string name = $"event-{posted++:000000}-";
        listeners.Await(name);
        long sending = Stopwatch.GetTimestamp();
        using var answer = await http.PostAsync("/items", Json(Event.Body(name)));
        long answered = Stopwatch.GetTimestamp();
        answer.EnsureSuccessStatusCode();
        return new(sending, answered, await listeners.AllAsync());
    }

    async Task DeleteAllAsync()
    {
        while (true)
        {
            using var page = System.Text.Json.JsonDocument.Parse(await http.GetStringAsync("/items?max_page_size=1000"));
            var ids = page.RootElement.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("id").GetString()!).ToList();
            if (ids.Count == 0) return;
            foreach (string id in ids) (await http.DeleteAsync("/items/" + id)).Dispose();
        }
    }

    // One watcher, and a few hundred writes a second beside it, evenly spread.
    async Task ModerateAsync()
    {
        const int PerSecond = 300, Seconds = 8;
        using var watcher = new Listeners();
        await watcher.OpenAsync(endpoint, 1, Request, "initial");
        var times = new List<double>();
        var load = new List<Task>();
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0; Stopwatch.GetElapsedTime(begun).TotalSeconds < Seconds; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / PerSecond) - Stopwatch.GetElapsedTime(begun);
            if (due > TimeSpan.FromMilliseconds(1)) await Task.Delay(due);
            if (i % 10 == 5)
            {
                var spread = await CommitAsync(watcher);
                times.Add(spread.FromSending[0]);
            }
            else
            {
                load.Add(PostAsync($"load-{i}"));
            }
        }

        await Task.WhenAll(load);
        double[] sorted = [.. times.Order()];
        Console.WriteLine($"Write to watch at {PerSecond} writes a second, from sending the POST, {sorted.Length} measured, ms: p50 {Spread.At(sorted, 50):0.00}, p99 {Spread.At(sorted, 99):0.00}, max {sorted[^1]:0.00}   (limit 10 for p99)");

        async Task PostAsync(string name) => (await http.PostAsync("/items", Json(Event.Body(name)))).Dispose();
    }

    async Task Limit()
    {
        int broadcast = Waiting.FreePort();
        using var bare = ServerProcess.Start("dotnet", Path.Combine(AppContext.BaseDirectory, "Stateway.Watch.Bench.dll"), "--broadcast", $"{broadcast}");
        var target = new IPEndPoint(IPAddress.Loopback, broadcast);
        using var source = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        for (int tries = 0; !source.Connected; tries++)
        {
            try
            {
                await source.ConnectAsync(target);
            }
            catch (SocketException) when (tries < 100)
            {
                await Task.Delay(50);
            }
        }

        var cpuBefore = bare.CpuTime;
        using var bareListeners = new Listeners();
        await bareListeners.OpenAsync(target, watches, "", "welcome");
        cpuBefore = bare.CpuTime;
        var spreads = new List<Spread>();
        for (int i = 0; i < commits; i++)
        {
            string name = $"event-{i:000000}-";
            bareListeners.Await(name);
            long sending = Stopwatch.GetTimestamp();
            await source.SendAsync(Encoding.ASCII.GetBytes(name));
            spreads.Add(new(sending, sending, await bareListeners.AllAsync()));
        }

        Report("Bare sockets, no HTTP, no store", spreads, s => s.FromSending, $"   {(bare.CpuTime - cpuBefore).TotalMilliseconds / commits:0} ms CPU: the limit of the machine and this client");
    }

    static StringContent Json(string text) => new(text, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    static void Report(string name, List<Spread> spreads, Func<Spread, double[]> of, string rest)
    {
        Console.Write($"  {name,-34}");
        foreach (int percent in new[] { 50, 99, 100 })
        {
            double[] perCommit = [.. spreads.Select(s => Spread.At(of(s), percent)).Order()];
            Console.Write($"  {Spread.At(perCommit, 50),6:0.0} / {perCommit[^1],6:0.0}");
        }

        Console.WriteLine(rest);
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

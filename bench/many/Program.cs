using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stateway.Bench;
using Stateway.Many.Bench;

// Very many APIs: start, memory, and a change of one. One command: bench/many/run
int count = Arguments.Number(args, "--apis", 1_000);
int changes = Arguments.Number(args, "--changes", 50);
int starts = Arguments.Number(args, "--starts", 3);
int rest = Arguments.Number(args, "--seconds-at-rest", 5);

string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    Apis.Write(Path.Combine(folder, "many"), count);
    Apis.Write(Path.Combine(folder, "one"), 1);
    File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "other")).FullName, "other.yaml"), Apis.Document(-1, "1").Replace("api-1", "other", StringComparison.Ordinal));
    string last = $"/{Apis.Name(count - 1)}/version", data = Path.Combine(folder, "data");

    Console.WriteLine($"{count:N0} APIs: from exec to the first 200, {starts} starts each   (limits: 3 s, 300 MB)");
    for (int i = 0; i < starts; i++)
    {
        if (Directory.Exists(data)) Directory.Delete(data, recursive: true);
        Start("run FOLDER, first start", last, "run", Path.Combine(folder, "many"), "--data", data);
    }

    for (int i = 0; i < starts; i++) Start("run FOLDER, again", last, "run", Path.Combine(folder, "many"), "--data", data);
    // The folder that is served has one other document: all the others come from the store.
    for (int i = 0; i < starts; i++) Start("serve, from the store", last, "serve", Path.Combine(folder, "other"), "--store", "sqlite:" + data);

    Console.WriteLine();
    Console.WriteLine($"A change of one stage, {changes} changes one after another, from the write's answer to the first answer by it   (limit: 100 ms)");
    await ChangeAsync("of 1 API", Path.Combine(folder, "one"), 1, Path.Combine(folder, "data-one"));
    await ChangeAsync($"of {count:N0} APIs", Path.Combine(folder, "many"), count, data);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

return;

void Start(string name, string path, params string[] command)
{
    int port = Waiting.FreePort();
    long started = Stopwatch.GetTimestamp();
    using var server = Serve(port, 0, command);
    Waiting.UntilAnswered($"http://127.0.0.1:{port}{path}");
    var wall = Stopwatch.GetElapsedTime(started);
    var cpu = server.CpuTime;
    Thread.Sleep(TimeSpan.FromSeconds(rest));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {name,-26} {wall.TotalSeconds,5:0.00} s   {cpu.TotalSeconds,5:0.00} s CPU   {server.ResidentMB,6:0.0} MB resident at rest, at most {server.ResidentMaxMB:0.0} MB"));
}

async Task ChangeAsync(string name, string apis, int apiCount, string data)
{
    int port = Waiting.FreePort(), admin = Waiting.FreePort();
    using var server = Serve(port, admin, "run", apis, "--data", data);
    Waiting.UntilAnswered($"http://127.0.0.1:{port}/{Apis.Name(0)}/version");
    using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    using var administration = new Administration($"http://127.0.0.1:{admin}", Path.Combine(data, "administrator.key"));
    if (apiCount > 1) Console.WriteLine($"  ({await CountAsync(http, apiCount):N0} operations)");

    int[] changed = [.. Enumerable.Range(0, Math.Min(10, apiCount)).Select(i => i * apiCount / 10)];
    foreach (int api in changed)
    {
        await administration.DeployAsync(Apis.Name(api), "a", Apis.Document(api, "a"));
        await administration.DeployAsync(Apis.Name(api), "b", Apis.Document(api, "b"));
    }

    for (int i = 0; i < 20; i++) await OneAsync(i); // compiled code
    var cpu = server.CpuTime;
    var times = new List<double>();
    for (int i = 0; i < changes; i++)
    {
        times.Add(await OneAsync(i));
        await Task.Delay(100 + i % 50); // anywhere between two looks of the server
    }

    double[] sorted = [.. times.Order()];
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"  {name,-26} p50 {At(sorted, 50):0} ms, p99 {At(sorted, 99):0} ms, max {At(sorted, 100):0} ms   {(server.CpuTime - cpu).TotalMilliseconds / changes:0.0} ms CPU of the server each, requests included"));

    async Task<double> OneAsync(int i)
    {
        int api = changed[i % changed.Length];
        string version = i / changed.Length % 2 == 0 ? "a" : "b";
        await administration.PointAsync(Apis.Name(api), version);
        long answered = Stopwatch.GetTimestamp();
        while (await http.GetStringAsync($"/{Apis.Name(api)}/version") != $"\"{version}\"") await Task.Delay(1);
        return Stopwatch.GetElapsedTime(answered).TotalMilliseconds;
    }
}

static async Task<int> CountAsync(HttpClient http, int apiCount)
{
    int operations = 0;
    for (int i = 0; i < apiCount; i++)
    {
        using var document = JsonDocument.Parse(await http.GetByteArrayAsync($"/{Apis.Name(i)}/openapi.json"));
        operations += document.RootElement.GetProperty("paths").EnumerateObject().Sum(path => path.Value.EnumerateObject().Count(member => member.Name is "get" or "post" or "put" or "patch" or "delete"));
    }

    return operations;
}

static ServerProcess Serve(int port, int admin, params string[] command) =>
    ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"), [.. command, "--listen", $"127.0.0.1:{port}", "--admin", $"127.0.0.1:{admin}"]);

static double At(double[] sorted, int percent) => sorted[Math.Min(sorted.Length - 1, sorted.Length * percent / 100)];

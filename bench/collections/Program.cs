using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.Bench;
using Stateway.Collections.Bench;

// Stored collections under load, beside their peers in the same run: nginx serving the same bytes from a file, and the
// disk's own limit for durable writes. One command: bench/collections/run [--seconds N] [--rounds N]
int seconds = Arguments.Number(args, "--seconds", 4);
int rounds = Arguments.Number(args, "--rounds", 5);
const int Stored = 100_000;

string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
try
{
    string apis = Directory.CreateDirectory(Path.Combine(folder, "api")).FullName;
    File.WriteAllText(Path.Combine(apis, "bench.yaml"), Scripts.Document);

    int port = Waiting.FreePort();
    string url = $"http://127.0.0.1:{port}";
    using var stateway = ServerProcess.Start(Path.Combine(Waiting.Repository(), "artifacts/stateway/stateway"),
        "run", apis, "--listen", $"127.0.0.1:{port}", "--data", Path.Combine(folder, "data"));
    var start = Waiting.UntilAnswered(url + "/openapi.json");
    Thread.Sleep(2000);
    Console.WriteLine($"Start to first answer: {start.TotalMilliseconds:0} ms. Idle: {stateway.ResidentMB:0} MB resident.");

    await FillAsync(url);
    Console.WriteLine($"{Stored:N0} small resources stored:{Memory()}");

    // The peer serves the very bytes of one resource.
    using var http = new HttpClient();
    byte[] one = await http.GetByteArrayAsync(url + "/items/i500");
    string files = Directory.CreateDirectory(Path.Combine(folder, "files", "items")).FullName;
    File.WriteAllBytes(Path.Combine(files, "i500"), one);
    int nginxPort = Waiting.FreePort();
    using var nginx = Nginx.Start(Path.Combine(folder, "nginx"), $"server {{ listen 127.0.0.1:{nginxPort}; root {folder}/files; }}");
    Waiting.UntilAnswered($"http://127.0.0.1:{nginxPort}/items/i500");

    Console.WriteLine();
    Console.WriteLine($"GET by id, {one.Length} bytes, 64 connections, CPU µs per request of the server, {rounds} rounds in turns");
    Wrk.Run(url + "/items/i500", seconds: seconds); // compiled code of the last tier, as in a process that has run for a while
    string everywhere = Script("random.lua", Scripts.RandomGet);
    Wrk.Run(url, seconds: seconds, script: everywhere);
    var peer = new Rounds("nginx, static file", nginx, $"http://127.0.0.1:{nginxPort}/items/i500");
    var same = new Rounds("Stateway, one resource", stateway, url + "/items/i500");
    var any = new Rounds("Stateway, any of 100,000", stateway, url, everywhere);
    for (int round = 0; round < rounds; round++)
    {
        peer.Run(seconds);
        same.Run(seconds);
        any.Run(seconds);
    }

    Console.WriteLine(peer.Row());
    Console.WriteLine(same.Row(peer) + "   limit 1.60");
    Console.WriteLine(any.Row(peer));
    Console.WriteLine(Memory());

    Console.WriteLine();
    Console.WriteLine("List of 20 out of 100,000 by an indexed filter, 64 connections");
    Wrk.Run(url + "/items?category=c7&max_page_size=20", seconds: seconds);
    var byCategory = Wrk.Measure(stateway, url + "/items?category=c7&max_page_size=20", seconds: seconds);
    Row("category=c7 (1,000 match)", byCategory.CpuMicroseconds, $"{byCategory.Run.PerSecond,9:N0}/s   (limit 8,000/s)");
    string expression = url + "/items?max_page_size=20&order_by=price&filter=" + Uri.EscapeDataString("category == \"c7\" && price >= 100");
    Wrk.Run(expression, seconds: seconds);
    var byExpression = Wrk.Measure(stateway, expression, seconds: seconds);
    Row("filter and order_by=price", byExpression.CpuMicroseconds, $"{byExpression.Run.PerSecond,9:N0}/s");
    Console.WriteLine(Memory());

    Console.WriteLine();
    Console.WriteLine("Durable POST of one small row, 64 connections");
    double limit = DurableLimit.Measure(folder, TimeSpan.FromSeconds(seconds));
    string post = Script("post.lua", Scripts.Post);
    Wrk.Run(url, seconds: seconds, script: post);
    var posts = Wrk.Measure(stateway, url, seconds: seconds, script: post);
    if (posts.Run.Failed > 0) Console.WriteLine($"{posts.Run.Failed} answers were no success");
    Row("Stateway", posts.CpuMicroseconds, $"{posts.Run.PerSecond,9:N0}/s   p99 {posts.Run.P99Milliseconds:0.0} ms   (limit 20,000/s)");
    Row("SQLite alone, 64 a commit", 0, $"{limit,9:N0}/s   same settings, no server");
    Console.WriteLine(Memory() + " (limit 150)");

    string Memory() => $"  {stateway.ResidentMB:0} MB resident now, at most {stateway.ResidentMaxMB:0} MB so far";
}
finally
{
    Directory.Delete(folder, recursive: true);
}

return;

async Task FillAsync(string url)
{
    using var http = new HttpClient();
    await Parallel.ForEachAsync(Enumerable.Range(0, Stored), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, ct) =>
    {
        var body = new StringContent(JsonSerializer.Serialize(new { name = $"Item {i}", category = $"c{i % 100}", price = i % 1000, note = new string('n', 80) }), Encoding.UTF8, "application/json");
        using var response = await http.PutAsync($"{url}/items/i{i}", body, ct);
        if (response.StatusCode != HttpStatusCode.Created) throw new InvalidOperationException(await response.Content.ReadAsStringAsync(ct));
    });
}

string Script(string name, string lua)
{
    string file = Path.Combine(folder, name);
    File.WriteAllText(file, lua);
    return file;
}

static void Row(string name, double cpu, string rest) =>
    Console.WriteLine($"  {name,-28} {(cpu == 0 ? "" : cpu.ToString("0.0", CultureInfo.InvariantCulture) + " µs"),9}  {rest}");

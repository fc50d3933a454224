using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Stateway.ProxyBench;

/// <summary>Starts the servers, drives them in turns and prints the table.</summary>
internal static partial class Driver
{
    private static readonly List<Process> Started = [];

    public static async Task<int> RunAsync(string[] options)
    {
        int rounds = Number(options, "--rounds", 5), seconds = Number(options, "--seconds", 2), connections = Number(options, "--connections", 64);
        string mode = Text(options, "--stateway", "auto");
        string folder = Directory.CreateTempSubdirectory("stateway-bench-").FullName;
        try
        {
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // nginx workers are nobody
            int[] ports = FreePorts(4);
            string upstream = $"http://127.0.0.1:{ports[0]}";
            File.WriteAllText(Path.Combine(folder, "1k"), new string('x', 1023) + "\n");

            await StartAsync("nginx", ["-p", folder, "-c", WriteUpstream(folder, ports[0]), "-g", "daemon off;"], ports[0], folder);
            var servers = new List<Server>
            {
                new("nginx", await StartAsync("nginx", ["-p", folder, "-c", WriteProxy(folder, ports[1], ports[0]), "-g", "daemon off;"], ports[1], folder), ports[1]),
                new("bare forwarder", await StartAsync("dotnet", [typeof(Driver).Assembly.Location, "forwarder", $"127.0.0.1:{ports[2]}", upstream], ports[2], folder), ports[2]),
                await StartStatewayAsync(mode, folder, ports[3], upstream),
            };

            foreach (var server in servers.Skip(1))
            {
                for (int i = 0; i < 2; i++) Drive(server, 2, connections); // compiled and re-compiled
            }

            for (int round = 0; round < rounds; round++)
            {
                foreach (var server in servers) server.Rounds.Add(Drive(server, seconds, connections));
            }

            Print(servers, rounds, seconds, connections);
            return 0;
        }
        finally
        {
            foreach (var process in Started.AsEnumerable().Reverse())
            {
                if (!process.HasExited) process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Server> StartStatewayAsync(string mode, string folder, int port, string upstream)
    {
        string program = Path.GetFullPath("../../stateway");
        if (mode != "host" && File.Exists(program))
        {
            string documents = Directory.CreateDirectory(Path.Combine(folder, "api")).FullName;
            File.WriteAllText(Path.Combine(documents, "bench.yaml"), $$"""
                openapi: 3.1.0
                info: { title: Bench, version: 1.0.0 }
                paths:
                  /1k:
                    get:
                      operationId: get1k
                      x-stateway-target: { http: '{{upstream}}/1k' }
                      responses: { '200': { description: One kilobyte. } }
                """);
            try
            {
                var process = await StartAsync(program, ["run", documents, "--listen", $"127.0.0.1:{port}"], port, folder);
                if (await AnswersAsync(port)) return new("Stateway", process, port);
                Console.Error.WriteLine("./stateway does not answer 200; the http target alone is measured.");
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync();
            }
            catch (TimeoutException e) when (mode == "auto")
            {
                Console.Error.WriteLine($"{e.Message} The http target alone is measured.");
            }
        }

        if (mode == "program") throw new InvalidOperationException("./stateway cannot run here.");
        string[] arguments = [typeof(Driver).Assembly.Location, "target", $"127.0.0.1:{port}", upstream];
        return new("Stateway's target", await StartAsync("dotnet", arguments, port, folder), port);
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/1k"));
        return response.StatusCode == HttpStatusCode.OK && (await response.Content.ReadAsByteArrayAsync()).Length == 1024;
    }

    private static Round Drive(Server server, int seconds, int connections)
    {
        double before = CpuSeconds(server.Process.Id);
        var wrk = Process.Start(new ProcessStartInfo("wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", $"http://127.0.0.1:{server.Port}/1k"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = wrk.StandardOutput.ReadToEnd();
        wrk.WaitForExit();
        double spent = CpuSeconds(server.Process.Id) - before;
        long requests = long.Parse(Requests().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        if (output.Contains("Non-2xx", StringComparison.Ordinal) || output.Contains("Socket errors", StringComparison.Ordinal))
            throw new InvalidOperationException($"{server.Name} did not answer all requests:\n{output}");

        double perSecond = double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        return new(spent * 1e6 / requests, perSecond);
    }

    private static void Print(List<Server> servers, int rounds, int seconds, int connections)
    {
        Console.WriteLine($"{connections} connections, {rounds} rounds of {seconds} s each, in turns; medians; {Environment.ProcessorCount} cores with the client and the service on them");
        Console.WriteLine();
        Console.WriteLine($"{"",-20}{"µs CPU/request",16}{"ratio",8}{"ratios of the rounds",30}{"requests/s",12}");
        foreach (var server in servers)
        {
            var ratios = server.Rounds.Select((round, i) => round.Microseconds / servers[0].Rounds[i].Microseconds).ToList();
            string spread = string.Create(CultureInfo.InvariantCulture, $"{ratios.Min():0.00}..{ratios.Max():0.00}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{server.Name,-20}{Median(server.Rounds.Select(r => r.Microseconds)),16:0.0}{Median(ratios),8:0.00}{spread,30}{Median(server.Rounds.Select(r => r.PerSecond)),12:0}"));
        }
    }

    /// <summary>User and system time of the process and of all its descendants, in seconds.</summary>
    private static double CpuSeconds(int root)
    {
        var processes = Directory.EnumerateDirectories("/proc")
            .Where(path => int.TryParse(Path.GetFileName(path), out _))
            .Select(ReadStat).OfType<(int Id, int Parent, long Ticks)>().ToList();
        var family = new HashSet<int> { root };
        while (processes.Any(p => family.Contains(p.Parent) && family.Add(p.Id)))
        {
        }

        return processes.Where(p => family.Contains(p.Id)).Sum(p => p.Ticks) / 100.0; // USER_HZ, which is 100 on every Linux
    }

    private static (int Id, int Parent, long Ticks)? ReadStat(string path)
    {
        try
        {
            string stat = File.ReadAllText(Path.Combine(path, "stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
            return (int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), int.Parse(fields[1], CultureInfo.InvariantCulture), ticks);
        }
        catch (IOException)
        {
            return null; // it has ended meanwhile
        }
    }

    private static async Task<Process> StartAsync(string program, string[] arguments, int port, string folder)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder,
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (!string.IsNullOrEmpty(line.Data) && !line.Data.Contains("[alert]", StringComparison.Ordinal)) Console.Error.WriteLine(line.Data);
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Started.Add(process);

        for (int i = 0; i < 1200 && !process.HasExited; i++) // two minutes: the program may have to be built
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return process;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }

        throw new TimeoutException($"{Path.GetFileName(program)} does not listen.");
    }

    private static string WriteUpstream(string folder, int port) => Write(folder, "upstream.conf", $$"""
        worker_processes 1;
        pid {{folder}}/upstream.pid;
        error_log stderr crit;
        events { worker_connections 4096; }
        http {
          access_log off;
          sendfile on;
          keepalive_requests 1000000;
          server { listen 127.0.0.1:{{port}} backlog=1024; root {{folder}}; }
        }
        """);

    private static string WriteProxy(string folder, int port, int upstream) => Write(folder, "proxy.conf", $$"""
        worker_processes 2;
        pid {{folder}}/proxy.pid;
        error_log stderr crit;
        events { worker_connections 4096; }
        http {
          access_log off;
          keepalive_requests 1000000;
          upstream service { server 127.0.0.1:{{upstream}}; keepalive 128; keepalive_requests 1000000; }
          server {
            listen 127.0.0.1:{{port}} backlog=1024;
            location / {
              proxy_pass http://service;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Forwarded "for=$remote_addr;host=\"$http_host\";proto=$scheme";
              proxy_set_header X-Forwarded-For $remote_addr;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Forwarded-Host $http_host;
              proxy_set_header Via "1.1 nginx";
              add_header Via "1.1 nginx";
            }
          }
        }
        """);

    private static string Write(string folder, string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners) listener.Stop();
        return ports;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Text(string[] options, string name, string otherwise) =>
        Array.IndexOf(options, name) is >= 0 and var at && at + 1 < options.Length ? options[at + 1] : otherwise;

    private static int Number(string[] options, string name, int otherwise) =>
        int.Parse(Text(options, name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Requests();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();

    private sealed record Server(string Name, Process Process, int Port)
    {
        public List<Round> Rounds { get; } = [];
    }

    private sealed record Round(double Microseconds, double PerSecond);
}

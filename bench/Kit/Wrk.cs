using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stateway.Bench;

/// <summary>One run of <c>wrk</c>: how many requests were answered, how fast, and how many went wrong.</summary>
public sealed partial record Wrk(long Requests, double PerSecond, double P99Milliseconds, long Failed)
{
    public static Wrk Run(string url, int connections = 64, int seconds = 4, string? script = null)
    {
        string[] arguments = ["-t1", $"-c{connections}", $"-d{seconds}", "--latency", .. script is null ? Array.Empty<string>() : ["-s", script], url];
        using var process = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        var requests = RequestsLine().Match(output);
        if (!requests.Success) throw new InvalidOperationException($"wrk {url}: {output}");
        var p99 = P99Line().Match(output);
        double unit = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return new(
            long.Parse(requests.Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(RateLine().Match(output).Groups[1].Value, CultureInfo.InvariantCulture),
            double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * unit,
            FailedLine().Match(output) is { Success: true } failed ? long.Parse(failed.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
    }

    /// <summary>Runs against a server and says what a request cost it.</summary>
    public static (Wrk Run, double CpuMicroseconds) Measure(ServerProcess server, string url, int connections = 64, int seconds = 4, string? script = null)
    {
        var before = server.CpuTime;
        var run = Run(url, connections, seconds, script);
        return (run, (server.CpuTime - before).TotalMicroseconds / run.Requests);
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex RequestsLine();

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RateLine();

    [GeneratedRegex(@"99%\s+([\d.]+)(us|ms|s)")]
    private static partial Regex P99Line();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (\d+)")]
    private static partial Regex FailedLine();
}

using System.Diagnostics;
using System.Globalization;

namespace Stateway.Bench;

/// <summary>A server under load, as a process with its children: how much processor time and memory it has used.</summary>
public sealed class ServerProcess(Process process) : IDisposable
{
    private static readonly double TicksPerSecond = 100; // USER_HZ of every Linux that .NET runs on

    public static ServerProcess Start(string file, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // Read, so that a full pipe never stops the server.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, e) => { if (e.Data is { Length: > 0 }) Console.Error.WriteLine(e.Data); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new(process);
    }

    /// <summary>Processor time of the process and its children so far.</summary>
    public TimeSpan CpuTime => TimeSpan.FromSeconds(Family().Sum(Ticks) / TicksPerSecond);

    /// <summary>Resident memory in MB (10^6 bytes), as <c>VmRSS</c> says.</summary>
    public double ResidentMB => Status("VmRSS:") * 1024 / 1e6;

    /// <summary>The most that was resident so far, in MB.</summary>
    public double ResidentMaxMB => Status("VmHWM:") * 1024 / 1e6;

    private double Status(string field) => Family().Sum(id =>
    {
        string? line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim(), CultureInfo.InvariantCulture);
    });

    private IEnumerable<int> Family()
    {
        yield return process.Id;
        string children = File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children");
        foreach (string id in children.Split(' ', StringSplitOptions.RemoveEmptyEntries)) yield return int.Parse(id, CultureInfo.InvariantCulture);
    }

    private static double Ticks(int id)
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        process.Dispose();
    }
}

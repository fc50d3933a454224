using System.Diagnostics;

namespace Stateway.Engine.Bench;

/// <summary>One row of the table: how long, and how much of the processor, one operation takes.</summary>
internal static class Measure
{
    public static void PrintHead() => Console.WriteLine($"{"",-52}{"per second",12}{"CPU µs each",13}");

    public static async Task RunAsync(string name, int operations, Func<Task> work)
    {
        var process = Process.GetCurrentProcess();
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        await work();
        var elapsed = Stopwatch.GetElapsedTime(start);
        process.Refresh();
        double cpuMicroseconds = (process.TotalProcessorTime - cpu).TotalMicroseconds / operations;
        Console.WriteLine($"{name,-52}{operations / elapsed.TotalSeconds,12:N0}{cpuMicroseconds,13:N1}");
    }
}

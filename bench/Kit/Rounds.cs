using System.Globalization;

namespace Stateway.Bench;

/// <summary>What one server did in the rounds that it took in turns with its peers.</summary>
public sealed class Rounds(string name, ServerProcess server, string url, string? script = null)
{
    private readonly List<double> _cpu = [];
    private readonly List<double> _rate = [];

    public double Cpu => Median(_cpu);

    public double PerSecond => Median(_rate);

    public void Run(int seconds)
    {
        var (run, cpu) = Wrk.Measure(server, url, seconds: seconds, script: script);
        if (run.Failed > 0) throw new InvalidOperationException($"{name}: {run.Failed} answers were no success.");
        _cpu.Add(cpu);
        _rate.Add(run.PerSecond);
    }

    /// <summary>Name, CPU time of a request, requests a second, and the ratio to a peer of the same rounds.</summary>
    public string Row(Rounds? peer = null)
    {
        string row = string.Create(CultureInfo.InvariantCulture, $"  {name,-28} {Cpu,7:0.0} µs {PerSecond,9:N0}/s");
        if (peer is null) return row;

        var ratios = _cpu.Zip(peer._cpu, (mine, its) => mine / its).ToList();
        return row + string.Create(CultureInfo.InvariantCulture, $"   {Median(ratios):0.00} × (rounds {ratios.Min():0.00} to {ratios.Max():0.00})");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

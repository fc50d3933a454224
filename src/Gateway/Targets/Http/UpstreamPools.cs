using System.Collections.Concurrent;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// The connections to all services. One for the whole program: it outlives the documents, so that a
/// changed document finds the connections of the one before.
/// </summary>
public sealed class UpstreamPools : IDisposable
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<Origin, UpstreamPool> _pools = new();
    private readonly UpstreamPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _sweeper;

    /// <exception cref="ArgumentException">A setting is out of its bounds.</exception>
    public UpstreamPools(UpstreamPoolOptions options, HttpTargetOptions limits, TimeProvider time)
    {
        options.Validate();
        limits.Validate();
        _options = options;
        Limits = limits;
        _time = time;
        _sweeper = time.CreateTimer(static state => ((UpstreamPools)state!).Sweep(), this, SweepEvery, SweepEvery);
    }

    /// <summary>Limits that hold for every answer that comes over these connections.</summary>
    public HttpTargetOptions Limits { get; }

    internal UpstreamPool For(Origin origin) =>
        _pools.GetOrAdd(origin, static (key, pools) => new(key, pools._options, pools.Limits, pools._time), this);

    /// <summary>Closes idle connections; requests under way keep theirs until they end.</summary>
    public void Dispose()
    {
        _sweeper.Dispose();
        foreach (var pool in _pools.Values) pool.Close();
        _pools.Clear(); // a request that comes too late must not find a closed one again and again
    }

    private void Sweep()
    {
        foreach (var (origin, pool) in _pools)
        {
            pool.Sweep();
            if (pool.TryRetire(ForgetAfter)) _pools.TryRemove(new(origin, pool));
        }
    }
}

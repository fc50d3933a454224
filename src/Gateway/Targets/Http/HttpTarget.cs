using Microsoft.Extensions.Logging;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// Publishes an existing HTTP service: the request goes on to it, and its answer back, both as streams.
/// Made once for each operation; everything that does not depend on the request is worked out here.
/// </summary>
public sealed class HttpTarget : ITarget
{
    private UpstreamPool _pool;

    /// <param name="path">The operation's path template, where the URL's parameters come from.</param>
    /// <param name="isOwn">The URL is this server's own.</param>
    /// <exception cref="ArgumentException">The URL or a header rule is wrong; says how, without what a stage's variables stand for.</exception>
    public HttpTarget(TargetSpec.Http spec, string path, UpstreamPools pools, TimeProvider time, ILogger logger, bool isOwn = false)
    {
        if (spec.Timeout <= TimeSpan.Zero) throw new ArgumentException($"The timeout is {spec.Timeout}; it must be above zero.");

        Spec = spec;
        Pools = pools;
        var filled = spec.Filled();
        try
        {
            var url = UrlTemplate.Parse(filled.Url, path);
            Origin = url.Origin;
            Composer = new(filled, url, pools.Limits, isOwn);
            ResponseChanges = new(filled.ResponseHeaders, isRequest: false);
        }
        catch (ArgumentException) when (!ReferenceEquals(filled, spec))
        {
            throw new ArgumentException($"What the stage's variables make of '{spec.Url}', or of its header fields, can't be sent.");
        }

        Time = time;
        Logger = logger;
        ViaLines = ["1.0 " + pools.Limits.ViaName, "1.1 " + pools.Limits.ViaName];
        _pool = pools.For(Origin);
    }

    /// <summary>As the document writes it, so that it can be shown.</summary>
    internal TargetSpec.Http Spec { get; }
    internal UpstreamPools Pools { get; }
    internal Origin Origin { get; }
    internal RequestComposer Composer { get; }
    internal HeaderChanges ResponseChanges { get; }
    internal TimeProvider Time { get; }
    internal ILogger Logger { get; }

    /// <summary>The answer's Via, by the minor version that the service spoke.</summary>
    internal string[] ViaLines { get; }

    public string TraceName => "upstream";

    /// <inheritdoc/>
    public ValueTask<Problem?> AnswerAsync(Exchange exchange) => new UpstreamCall(this, exchange).RunAsync();

    internal async ValueTask<UpstreamPool.Rental> RentAsync(bool fresh, long since, CancellationToken ct)
    {
        while (true)
        {
            var rental = await _pool.RentAsync(fresh, since, Spec.Timeout, ct);
            if (rental != UpstreamPool.Rental.Retired) return rental;

            _pool = Pools.For(Origin); // forgotten while nobody used it
        }
    }
}

using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stateway.Gateway.Routing;

namespace Stateway.Gateway.Mirrors;

/// <summary>
/// A stage's mirror as requests meet it: takes copies of requests and answers, and runs them through another deployment's own
/// operations, in this process and over no connection. Outlives routing tables, as its report does.
/// </summary>
public sealed class MirrorTap : IAsyncDisposable
{
    private readonly Mirror _mirror;
    private readonly GatewayLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <param name="deployment">The id of the other one.</param>
    /// <exception cref="ArgumentException">A rule is wrong; says which, and what would be right.</exception>
    public MirrorTap(string deployment, MirrorRules rules, GatewayLimits limits, TimeProvider time, ILogger logger)
    {
        Deployment = deployment;
        BodyBytesMax = rules.BodyBytesMax;
        Report = new(time);
        (_limits, _time, _logger) = (limits, time, logger);
        _mirror = new(rules, (copy, ct) => CopiedRequest.RunAsync(copy.Pipeline!, copy, BodyBytesMax, ct), Report, time);
    }

    public string Deployment { get; }

    public MirrorReport Report { get; }

    internal int BodyBytesMax { get; }

    /// <summary>What answers the copies of requests that one routing table has answered: a request and its copy meet the same settings.</summary>
    /// <param name="table">The other deployment's operations, only those that change nothing.</param>
    public RequestPipeline Over(RoutingTable table)
    {
        var tables = new RoutingTables();
        tables.Publish(table);
        return new(tables, _limits, _time, _logger);
    }

    internal bool Wants(string method) => _mirror.Wants(method);

    /// <summary>When the answer has gone. A watch has no end to be compared.</summary>
    internal void Offer(Exchange exchange, Operation operation, AnswerTee tee, RequestPipeline mirrored)
    {
        var (request, response) = (exchange.Request, exchange.Response);
        if (response.ContentType is { } type && (type.StartsWith("text/event-stream", StringComparison.Ordinal) || type.StartsWith("application/x-ndjson", StringComparison.Ordinal))) return;

        bool hasContent = !HttpMethods.IsHead(request.Method);
        var answer = new MirrorAnswer(response.StatusCode, Copy(response.Headers), hasContent ? tee.Kept : default, tee.IsWhole);
        string target = exchange.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        _mirror.Offer(new(operation.OperationId, request.Method, target, Copy(request.Headers), default, answer) { RequestId = exchange.RequestId, Pipeline = mirrored });
    }

    internal static ImmutableArray<KeyValuePair<string, string>> Copy(IHeaderDictionary headers) =>
        [.. headers.SelectMany(field => field.Value.OfType<string>().Select(value => KeyValuePair.Create(field.Key, value)))];

    public ValueTask DisposeAsync() => _mirror.DisposeAsync();
}

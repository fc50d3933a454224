using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Mirrors;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Gateway.Tracing;
using Stateway.Gateway.Stages;
using Stateway.Model.Names;

namespace Stateway.Gateway;

/// <summary>One request on its way through the pipeline, and what the steps have found out about it.</summary>
public sealed class Exchange(HttpContext http, TimeProvider time)
{
    private ForwardedClient? _client;

    public HttpContext Http { get; } = http;
    public HttpRequest Request => Http.Request;
    public HttpResponse Response => Http.Response;

    /// <summary>Names this request in a problem document and in the log. Made when first asked for.</summary>
    public string RequestId { get => field ??= Http.Features.Get<CopiedRequest.KnownRequestId>()?.Id ?? ResourceId.New(time); init; }

    /// <summary>Who asked for what, as the outermost proxy that is believed saw it. Found out when first asked for.</summary>
    public ForwardedClient Client => _client ??= ForwardedClient.Of(Http);

    /// <summary>The host whose own paths hold for this request; null when it is none of those. Set by the first step.</summary>
    public HostRoutes? Host { get; set; }

    /// <summary>The operation that matched. Set by the first step; never null behind it.</summary>
    public Operation Operation { get; set; } = null!;

    /// <summary>Who is calling; empty where nobody is asked.</summary>
    public string Caller { get; set; } = "";

    /// <summary>What marks the answer for pages of other origins; null when they may not call. Set by the first step, also where nothing matched.</summary>
    public CorsPolicy? Cors { get; set; }

    /// <summary>Null for nearly every request: the caller did not ask, or may not know.</summary>
    public Trace? Trace { get; set; }

    /// <summary>What its stage does beyond answering; null for nothing. Set behind the first step, also where nothing matched.</summary>
    internal Visit? Visit { get; set; }

    /// <summary>The path's parameters, decoded.</summary>
    public RouteMatch Match { get; set; }
}

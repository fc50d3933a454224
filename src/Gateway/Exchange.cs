using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Routing;
using Stateway.Model.Names;

namespace Stateway.Gateway;

/// <summary>One request on its way through the pipeline, and what the steps have found out about it.</summary>
public sealed class Exchange(HttpContext http, TimeProvider time)
{
    public HttpContext Http { get; } = http;
    public HttpRequest Request => Http.Request;
    public HttpResponse Response => Http.Response;

    /// <summary>Names this request in a problem document and in the log. Made when first asked for.</summary>
    public string RequestId { get => field ??= ResourceId.New(time); init; }

    /// <summary>The operation that matched. Set by the first step; never null behind it.</summary>
    public Operation Operation { get; set; } = null!;

    /// <summary>Who is calling; empty where nobody is asked.</summary>
    public string Caller { get; set; } = "";

    /// <summary>What marks the answer for pages of other origins; null when they may not call. Set by the first step, also where nothing matched.</summary>
    public CorsPolicy? Cors { get; set; }

    /// <summary>The path's parameters, decoded.</summary>
    public RouteMatch Match { get; set; }
}

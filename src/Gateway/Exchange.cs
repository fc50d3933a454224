using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Routing;

namespace Stateway.Gateway;

/// <summary>One request on its way through the pipeline, and what the steps have found out about it.</summary>
public sealed class Exchange(HttpContext http)
{
    public HttpContext Http { get; } = http;

    /// <summary>The operation and its path parameters, decoded.</summary>
    public RouteMatch Match { get; set; }
}

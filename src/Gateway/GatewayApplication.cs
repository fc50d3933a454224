using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stateway.Gateway.Serving;

namespace Stateway.Gateway;

/// <summary>
/// Connects the web server to the pipeline without a host in between: what a host adds (scopes, diagnostics,
/// middleware) nothing here uses. One context is kept for each connection.
/// </summary>
public sealed class GatewayApplication(RequestPipeline pipeline) : IHttpApplication<DefaultHttpContext>
{
    public DefaultHttpContext CreateContext(IFeatureCollection contextFeatures)
    {
        SetServing(contextFeatures, true);
        if (contextFeatures is not IHostContextContainer<DefaultHttpContext> container) return new DefaultHttpContext(contextFeatures);

        if (container.HostContext is { } context) context.Initialize(contextFeatures);
        else container.HostContext = context = new DefaultHttpContext(contextFeatures);
        return context;
    }

    public Task ProcessRequestAsync(DefaultHttpContext context) => pipeline.HandleAsync(context);

    public void DisposeContext(DefaultHttpContext context, Exception? exception)
    {
        SetServing(context.Features, false);
        context.Uninitialize();
    }

    /// <summary>A request's features lead to those of its connection.</summary>
    private static void SetServing(IFeatureCollection features, bool isServing)
    {
        if (features.Get<ServerRefusals.Output>() is { } output) output.IsServing = isServing;
    }
}

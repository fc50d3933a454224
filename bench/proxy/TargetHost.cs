using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;

namespace Stateway.ProxyBench;

/// <summary>The http target on a bare Kestrel: what the gateway's other steps are added to.</summary>
internal static class TargetHost
{
    public static async Task<int> RunAsync(string listen, string upstream)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://" + listen).ConfigureKestrel(server =>
        {
            StrictHttp.Apply(server);
            server.ConfigureEndpointDefaults(InterimResponses.UseOn);
        });
        if (Environment.GetEnvironmentVariable("STATEWAY_INLINE") is "1") builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);

        using var pools = new UpstreamPools(new(), new(), TimeProvider.System);
        var target = new HttpTarget(
            new TargetSpec.Http { Url = upstream + "/{rest}" }, "/{rest+}", pools, TimeProvider.System, NullLogger.Instance);
        string[] names = ["rest"];

        var app = builder.Build();
        app.Run(async http =>
        {
            var match = new RouteMatch { ParameterNames = names, ParameterValues = [http.Request.Path.Value![1..]] };
            if (await target.AnswerAsync(new(http, TimeProvider.System) { Match = match }) is { } problem) http.Response.StatusCode = problem.Type.Status;
        });
        await app.RunAsync();
        return 0;
    }
}

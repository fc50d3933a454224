using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Fast.Tests.Targets;

/// <summary>A gateway of one http target on a real port; a problem is answered with its status and its code.</summary>
internal sealed class PublishedService : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly UpstreamPools _pools;

    private PublishedService(WebApplication app, UpstreamPools pools)
    {
        _app = app;
        _pools = pools;
    }

    public ConcurrentQueue<Problem> Problems { get; } = new();

    public int Port { get; private set; }

    public HttpClient Client { get; private set; } = null!;

    /// <param name="parameters">The route's parameters; without them there is one, <c>{rest+}</c>, the whole path.</param>
    public static async Task<PublishedService> StartAsync(
        TargetSpec.Http spec,
        string path = "/{rest+}",
        (string Name, string Value)[]? parameters = null,
        HttpTargetOptions? options = null,
        UpstreamPoolOptions? pool = null,
        HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server =>
        {
            StrictHttp.Apply(server);
            server.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                InterimResponses.UseOn(listen);
            });
        });

        var pools = new UpstreamPools(pool ?? new(), options ?? new(), TimeProvider.System);
        var target = new HttpTarget(spec, path, pools, TimeProvider.System, NullLogger.Instance);
        var app = builder.Build();
        var service = new PublishedService(app, pools);
        app.Run(async http =>
        {
            var match = parameters is null
                ? new RouteMatch { ParameterNames = ["rest"], ParameterValues = [http.Request.Path.Value![1..]] }
                : new RouteMatch { ParameterNames = [.. parameters.Select(p => p.Name)], ParameterValues = [.. parameters.Select(p => p.Value)] };
            var refused = RequestFraming.Refuse(http.Request) ?? await target.AnswerAsync(new(http, TimeProvider.System) { Match = match });
            if (refused is not { } problem) return;

            service.Problems.Enqueue(problem);
            http.Response.StatusCode = problem.Type.Status;
            foreach (var (name, value) in problem.Headers) http.Response.Headers[name] = value;
            await http.Response.WriteAsync(problem.Type.Code);
        });
        await app.StartAsync();

        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        service.Port = new Uri(address).Port;
        bool isHttp2 = protocols == HttpProtocols.Http2;
        service.Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = new Uri(address),
            DefaultRequestVersion = isHttp2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        };
        return service;
    }

    public static Task<PublishedService> StartAsync(RawUpstream upstream) => StartAsync(Spec(upstream.Url));

    public static TargetSpec.Http Spec(string url) => new() { Url = url + "/{rest}" };

    public Task<RawConnection> ConnectAsync() => RawConnection.ConnectAsync(Port);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _pools.Dispose();
    }
}

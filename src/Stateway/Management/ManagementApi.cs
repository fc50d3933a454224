using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Watching;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets;
using Stateway.Gateway.Targets.Http;
using Stateway.Hosting;
using Stateway.Model.Apis;

namespace Stateway.Management;

/// <summary>
/// The platform's own API, on a listener of its own: the same pipeline, collections and store as users' APIs have, behind the
/// administrator's key.
/// </summary>
internal sealed class ManagementApi : IAsyncDisposable
{
    /// <summary>Documents with their seeds are larger than what users' resources usually are.</summary>
    private const int BodyBytesMax = 16 << 20;

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    private readonly ServiceProvider _webServices;
    private readonly Watches _watches;
    private readonly Wiring _wiring;
    private readonly RequestPipeline _pipeline;

    /// <param name="api">What <see cref="Kinds.Read"/> gives.</param>
    /// <param name="served">Tells what stages are served, and where.</param>
    /// <param name="others">What users' collections use; of that the store, the page tokens and the clock.</param>
    /// <param name="own">What answers operations of the document that no collection does, by their ids.</param>
    public ManagementApi(
        Socket listening, ApiSpec api, DeployingRules rules, ApiCatalogTarget served, AdministratorKey key, CollectionServices others, ILoggerFactory loggers,
        IReadOnlyDictionary<string, ITarget> own)
    {
        var logger = loggers.CreateLogger("Stateway");
        var services = others with { Limits = others.Limits with { BodyBytesMax = BodyBytesMax }, Watches = new Watches(others.Store, new WatchOptions(), others.Time, logger) };
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;
        _watches = services.Watches;
        var kinds = new Catalog([api]);
        _watches.Follow(kinds);
        _wiring = new Wiring(services, new UpstreamPools(new UpstreamPoolOptions(), new HttpTargetOptions(), services.Time), Endpoint, logger);
        var tables = new RoutingTables();
        tables.Publish(_wiring.Build([api], kinds, rules.ByCollection, own, more: new LinkedTarget("/.well-known/api-catalog", "api-catalog", "getApiCatalog", served)));
        _pipeline = new RequestPipeline(tables, services.Limits, services.Time, logger, key.Access);
        _webServices = WebServer.Create(listening, services.Limits, loggers);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    private IServer Web => _webServices.GetRequiredService<IServer>();

    public Task StartAsync(CancellationToken ct) => Web.StartAsync(new GatewayApplication(_pipeline), ct);

    public async ValueTask DisposeAsync()
    {
        await _watches.StopAsync(); // they would never end on their own
        using var drain = new CancellationTokenSource(DrainTimeout);
        await Web.StopAsync(drain.Token);
        await _webServices.DisposeAsync();
        _wiring.Dispose();
    }
}

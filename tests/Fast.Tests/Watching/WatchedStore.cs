using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stateway.Collections;
using Stateway.Collections.Reading;
using Stateway.Collections.Watching;
using Stateway.Fast.Tests.Apis;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Model.Apis;
using Stateway.Store;
using Stateway.TestKit;

namespace Stateway.Fast.Tests.Watching;

/// <summary>Collections over a plain store, served on a real port for reading and watching.</summary>
internal sealed class WatchedStore : IAsyncDisposable
{
    private const string Document = """
        openapi: 3.1.0
        info: { title: Watched, version: 1.0.0 }
        x-stateway-collections:
          items:
            schema:
              type: object
              properties: { n: { type: integer }, group: { type: string }, text: { type: string }, secret: { type: string, writeOnly: true } }
            filter: [group]
        paths: {}
        """;

    private readonly WebApplication _app;

    private WatchedStore(WebApplication app, FailingStore store, Watches watches, string collection)
    {
        _app = app;
        Store = store;
        Watches = watches;
        Collection = collection;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public FailingStore Store { get; }
    public Watches Watches { get; }

    /// <summary>Its name in the store.</summary>
    public string Collection { get; }

    public Uri Url { get; }

    public static async Task<WatchedStore> StartAsync(WatchOptions? options = null)
    {
        var store = new FailingStore();
        var catalog = new Catalog(DocumentFolder.Read("watched.yaml", Document).Apis);
        await store.DeclareAsync(catalog.ToSpecs(), default);
        var collection = catalog.Collections.Single();

        var watches = new Watches(store, options ?? new WatchOptions(), TimeProvider.System, NullLogger.Instance);
        watches.Follow(catalog);
        var services = new CollectionServices(store, new PageTokens(new byte[32], TimeProvider.System), new GatewayLimits(), TimeProvider.System, watches);
        var tables = new RoutingTables();
        tables.Publish(new RoutingTable(
        [
            new Operation("GET", "/items", "list", new CollectionTarget(collection, CollectionVerb.List, services)),
            new Operation("GET", "/items/{id}", "get", new CollectionTarget(collection, CollectionVerb.Get, services)),
        ]));
        var pipeline = new RequestPipeline(tables, services.Limits, TimeProvider.System, NullLogger.Instance);

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(server => server.Listen(System.Net.IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(pipeline.HandleAsync);
        await app.StartAsync();
        return new(app, store, watches, collection.StoreName);
    }

    /// <summary>One commit. A null value deletes.</summary>
    public async Task<long> CommitAsync(params (string Id, string? Json)[] writes)
    {
        var result = await Store.CommitAsync(new Transaction([], [.. writes.Select(w => w.Json is { } json
            ? (Write)new Write.Put(new Key(Collection, w.Id), default, Encoding.UTF8.GetBytes(json))
            : new Write.Delete(new Key(Collection, w.Id)))]), default);
        return ((CommitResult.Committed)result).Revision;
    }

    public Task<WatchReader> WatchAsync(string query = "", params string[] headers) => WatchReader.OpenAsync(Url, "/items?watch=true" + query, headers);

    public async ValueTask DisposeAsync()
    {
        await Watches.StopAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}

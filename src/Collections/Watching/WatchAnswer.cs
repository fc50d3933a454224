using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Stateway.Gateway;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Watching;

/// <summary>Answers a GET with <c>watch=true</c> on a collection or on one resource.</summary>
internal static class WatchAnswer
{
    public static ValueTask<Problem?> OfCollectionAsync(Exchange exchange, Collection collection, CollectionServices services) =>
        Paths.OfParent(exchange) is { } parent ? AnswerAsync(exchange, collection, services, parent, isOne: false) : new(Paths.MalformedId());

    public static ValueTask<Problem?> OfOneAsync(Exchange exchange, Collection collection, CollectionServices services) =>
        Paths.OfResource(exchange) is { } path ? AnswerAsync(exchange, collection, services, path, isOne: true) : new(Paths.MalformedId());

    /// <param name="path">Of the resource, or of the collection's parent.</param>
    private static async ValueTask<Problem?> AnswerAsync(Exchange exchange, Collection collection, CollectionServices services, string path, bool isOne)
    {
        // What the beginning needs is not held on to while the watch is open.
        var (watcher, problem) = await BeginAsync(exchange, collection, services, path, isOne);
        return watcher is null ? problem : await watcher.Ended;
    }

    /// <returns>Neither when the answer is complete with its header section.</returns>
    private static async ValueTask<(Watcher? Watcher, Problem? Problem)> BeginAsync(
        Exchange exchange, Collection collection, CollectionServices services, string path, bool isOne)
    {
        if (WatchRequest.Read(exchange, collection, out var problem) is not { } asked) return (null, problem);

        var ct = exchange.Http.RequestAborted;
        if (!isOne && collection.Parent is { } owner && await services.Store.GetAsync(new Key(owner.StoreName, path), ct) is null)
            return (null, Paths.NotFound(owner, path));

        if (asked.After is { } after)
        {
            var state = await services.Watches.Store.ReadStateAsync(ct);
            if (after > state.Revision || after < state.Compacted) return (null, WatchRefusals.Gone(after, state));
        }

        if (exchange.Request.Method == "HEAD")
        {
            WriteHead(exchange, asked.View.Form);
            return (null, null);
        }

        var key = new TopicKey(collection, isOne ? path : TopicKey.Children(path), asked.ViewText);
        var (watcher, refused) = await services.Watches.EnterAsync(key, asked.View, exchange, ct);
        if (watcher is null) return (null, refused);

        try
        {
            // Compared only now: a change of documents ends who was there before it.
            if (services.Watches.Find(collection.StoreName) is not { } inForce)
                problem = Gone(collection);
            else
                problem = await BeginAsync(watcher, inForce, asked, path, isOne, ct);
        }
        catch
        {
            services.Watches.Leave(watcher);
            throw;
        }

        if (problem is null) return (watcher, null);

        services.Watches.Leave(watcher);
        return (null, problem);

        static Problem Gone(Collection collection) => new(ProblemTypes.NotFound, $"{collection.Declaration.Name} is no longer declared.");

        async ValueTask<Problem?> BeginAsync(Watcher watcher, Collection collection, WatchRequest asked, string path, bool isOne, CancellationToken ct)
        {
            InitialState? initial = null;
            if (asked.After is null)
            {
                var store = services.Watches.Store;
                QueryResult? failed = null;
                if (isOne) initial = await InitialState.OfOneAsync(store, collection, path, asked.View, ct);
                else (initial, failed) = await InitialState.OfCollectionAsync(store, collection, path, asked.View, ct);
                if (failed is not null) return WatchRefusals.Of(failed);
            }

            WriteHead(exchange, asked.View.Form);
            exchange.Request.Query = QueryCollection.Empty; // read; there may be thousands to hold
            watcher.Begin(asked.After ?? initial!.Revision, initial);
            return null;
        }
    }

    private static void WriteHead(Exchange exchange, WatchForm form)
    {
        var headers = exchange.Response.Headers;
        headers.ContentType = EventText.ContentType(form);
        headers.CacheControl = "no-store";
        headers.Vary = "Accept";
        headers["X-Accel-Buffering"] = "no"; // a proxy in front passes each event on at once

        // Slowness is judged by one clock for all watches, and an idle watch is not slow.
        if (exchange.Http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }
}

using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Reading;
using Stateway.Collections.Watching;
using Stateway.Collections.Writing.Repeating;
using Stateway.Copying;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;
using Stateway.Store;
using Stateway.Stores;

namespace Stateway.Hosting;

/// <summary>The running program: web server, pipeline, store, and the APIs in force. Wired here by hand, in order.</summary>
internal sealed partial class Server : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Between tries to put changed documents in force while the store is down.</summary>
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(10);

    /// <summary>What the program itself keeps in the store, beside what documents declare.</summary>
    private static readonly CollectionSpec[] SystemCollections = [Settings.Collection, Seeds.Notes, IdempotencyRecords.Spec];

    private readonly IStore _store;
    private readonly ServiceProvider _webServices;
    private readonly RoutingTables _tables = new();
    private readonly Wiring _wiring;
    private readonly Housekeeping _housekeeping;
    private readonly Watches _watches;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private IReadOnlyList<CollectionSpec> _declared = [];

    private Server(IStore store, byte[] secret, Socket listening, ServerOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _store = store;
        _time = time;
        _logger = loggers.CreateLogger("Stateway");
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;

        var limits = new GatewayLimits();
        _webServices = WebServer.Create(listening, limits, loggers);

        _watches = new Watches(store, new WatchOptions(), time, _logger);
        var services = new CollectionServices(store, new PageTokens(secret, time), limits, time, _watches);
        _wiring = new Wiring(services, new UpstreamPools(new UpstreamPoolOptions(), new HttpTargetOptions(), time), Endpoint, _logger);
        Pipeline = new RequestPipeline(_tables, limits, time, _logger);
        _housekeeping = new Housekeeping(store, options.History, time, _logger);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    public IReadOnlyList<ApiSpec> Apis { get; private set; } = [];

    private RequestPipeline Pipeline { get; }

    private IServer Web => _webServices.GetRequiredService<IServer>();

    /// <summary>Opens the store, loads seeds, listens. What an operator can do something about comes back as one line.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop before it was ready; nothing is left open.</exception>
    public static async Task<(Server? Server, string? Error)> StartAsync(
        ApiReading reading, ServerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        // The port comes first: APIs that call each other through this very listener need to know it.
        var (listening, whyNot) = Listen(options.Listen);
        if (listening is null) return (null, whyNot);

        IStore? store = null;
        Server? server = null;
        try
        {
            switch (await StoreEngines.OpenAsync(options.Store, options.StorePatience, loggers.CreateLogger("Stateway"), time, ct))
            {
                case StoreOpening.Refused refused: return (null, refused.Message);
                case StoreOpening.Opened opened: store = opened.Store; break;
            }

            await store!.DeclareAsync(SystemCollections, ct);
            if (await CopyMark.IsOnAsync(store, ct)) return (null, CopyMark.WhyNotServed(options.Store));

            var starting = new Server(store, await Settings.PageTokenSecretAsync(store, time, ct), listening, options, loggers, time);
            await starting.ApplyAsync(reading, ct);
            await starting.Web.StartAsync(new GatewayApplication(starting.Pipeline), ct);
            starting._housekeeping.Start();
            return (server = starting, null);
        }
        catch (StoreUnavailableException e)
        {
            return (null, $"The store {options.Store} can't be used: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"The store {options.Store} can't be made ready: {e.Message}");
        }
        catch (ArgumentException e) // a document that its checks let pass, and that can't be routed
        {
            return (null, $"The documents can't be put in force: {e.Message}");
        }
        finally
        {
            if (server is null)
            {
                listening.Dispose();
                if (store is not null) await store.DisposeAsync();
            }
        }
    }

    private static (Socket? Listening, string? WhyNot) Listen(IPEndPoint endpoint)
    {
        var listening = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listening.Bind(endpoint);
            listening.Listen(512);
            return (listening, null);
        }
        catch (SocketException e)
        {
            listening.Dispose();
            return (null, e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{endpoint} is in use by another process; choose another with --listen ADDRESS:PORT."
                : $"{endpoint} can't be listened on: {e.Message}. Give an address of this machine and a port that you may use: --listen ADDRESS:PORT.");
        }
    }

    /// <summary>Makes a reading the one in force: the store learns its collections, then the routing table is swapped whole.</summary>
    private async Task ApplyAsync(ApiReading reading, CancellationToken ct)
    {
        var catalog = new Catalog(reading.Apis);
        var declared = catalog.ToSpecs();
        await _store.DeclareAsync([.. SystemCollections, .. declared.Select(KeepFieldsInForce)], ct);
        await new Seeds(catalog, _store, _time, _logger).LoadAsync(ct);
        var table = _wiring.Build(reading.Apis, catalog);
        _watches.Follow(catalog);
        _tables.Publish(table);
        _declared = declared;
        Apis = reading.Apis;

        // Reading documents leaves several times the size of what is kept behind; it goes back to the system at once.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <summary>
    /// Requests that run on the table in force until the next is published, and some a little longer, need its indexes:
    /// those that are no longer declared go with the next change, or at the next start.
    /// </summary>
    private CollectionSpec KeepFieldsInForce(CollectionSpec next)
    {
        if (_declared.FirstOrDefault(spec => spec.Name == next.Name) is not { } current) return next;

        var kept = current.Fields.Where(field => next.Fields.All(f => f.Name != field.Name));
        return next with { Fields = [.. next.Fields, .. kept.Take(CollectionSpec.FieldsMax - next.Fields.Length)] };
    }

    /// <summary>Follows the files until told to stop. A wrong document is reported, and the one before keeps serving.</summary>
    public async Task FollowAsync(FileChanges changes, string path, CancellationToken ct)
    {
        await foreach (var _ in changes.ReadAllAsync(ct))
        {
            try
            {
                var reading = ApiReader.Read(path);
                Commands.Terminal.Report(reading);
                if (reading.Errors.Count > 0 || reading.Apis.Count == 0)
                {
                    Log.KeptOld(_logger, Math.Max(reading.Errors.Count, 1));
                    continue;
                }

                await ApplyAsync(reading, ct);
                Log.Applied(_logger, reading.Apis.Count, reading.Apis.Sum(a => a.Operations.Length));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException e)
            {
                Log.StoreDown(_logger, e.Message, (int)StorePause.TotalSeconds);
                changes.TellAgain(StorePause, _time);
            }
            catch (Exception e)
            {
                Log.ApplyFailed(_logger, e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _watches.StopAsync(); // they would never end on their own
        using var drain = new CancellationTokenSource(DrainTimeout);
        await Web.StopAsync(drain.Token);
        await _webServices.DisposeAsync();
        await _housekeeping.DisposeAsync();
        _wiring.Dispose();
        await _store.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "The changed documents are in force. APIs: {Apis}, operations: {Operations}.")]
        public static partial void Applied(ILogger logger, int apis, int operations);

        [LoggerMessage(2002, LogLevel.Warning, "The changed documents were refused with {Errors} errors; the ones before keep serving.")]
        public static partial void KeptOld(ILogger logger, int errors);

        [LoggerMessage(2003, LogLevel.Error, "The changed documents could not be put in force; the ones before keep serving.")]
        public static partial void ApplyFailed(ILogger logger, Exception e);

        [LoggerMessage(2004, LogLevel.Error, "The changed documents could not be put in force, because the store is not available ({Reason}); the ones before keep serving. It is tried again in {Seconds} s.")]
        public static partial void StoreDown(ILogger logger, string reason, int seconds);
    }
}

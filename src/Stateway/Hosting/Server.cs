using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stateway.Collections;
using Stateway.Collections.Reading;
using Stateway.Collections.Watching;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;
using Stateway.Store;
using Stateway.Store.Sqlite;

namespace Stateway.Hosting;

/// <summary>The running program: web server, pipeline, store, and the APIs in force. Wired here by hand, in order.</summary>
internal sealed partial class Server : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    private readonly IStore _store;
    private readonly KestrelServer _web;
    private readonly RoutingTables _tables = new();
    private readonly Wiring _wiring;
    private readonly Watches _watches;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private IReadOnlyList<CollectionSpec> _declared = [];

    private Server(IStore store, byte[] secret, Socket listening, ILoggerFactory loggers, TimeProvider time)
    {
        _store = store;
        _time = time;
        _logger = loggers.CreateLogger("Stateway");
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;

        var limits = new GatewayLimits();
        var sockets = new SocketTransportOptions { CreateBoundListenSocket = _ => listening };
        _web = new KestrelServer(Options.Create(KestrelOptions(Endpoint, limits)), new SocketTransportFactory(Options.Create(sockets), loggers), loggers);

        _watches = new Watches(store, new WatchOptions(), time, _logger);
        var services = new CollectionServices(store, new PageTokens(secret, time), limits, time, _watches);
        _wiring = new Wiring(services, new UpstreamPools(new UpstreamPoolOptions(), new HttpTargetOptions(), time), Endpoint, _logger);
        Pipeline = new RequestPipeline(_tables, limits, time, _logger);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    public IReadOnlyList<ApiSpec> Apis { get; private set; } = [];

    private RequestPipeline Pipeline { get; }

    /// <summary>Opens the store, loads seeds, listens. What an operator can do something about comes back as one line.</summary>
    public static async Task<(Server? Server, string? Error)> StartAsync(
        ApiReading reading, IPEndPoint endpoint, string dataFolder, ILoggerFactory loggers, TimeProvider time)
    {
        // The port comes first: APIs that call each other through this very listener need to know it.
        var listening = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listening.Bind(endpoint);
            listening.Listen(512);
        }
        catch (SocketException e)
        {
            listening.Dispose();
            return (null, e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{endpoint} is in use by another process; choose another with --listen ADDRESS:PORT."
                : $"{endpoint} can't be listened on: {e.Message}.");
        }

        switch (await SqliteStore.OpenAsync(dataFolder, new SqliteStoreOptions()))
        {
            case StoreOpening.Refused refused:
                listening.Dispose();
                return (null, refused.Message);

            case StoreOpening.Opened opened:
                try
                {
                    var server = new Server(opened.Store, PageTokenSecret(dataFolder), listening, loggers, time);
                    await server.ApplyAsync(reading, CancellationToken.None);
                    await server._web.StartAsync(new GatewayApplication(server.Pipeline), CancellationToken.None);
                    return (server, null);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    listening.Dispose();
                    await opened.Store.DisposeAsync();
                    return (null, $"The data folder {dataFolder} can't be made ready: {e.Message.TrimEnd('.')}.");
                }
                catch (ArgumentException e) // a document that its checks let pass, and that can't be routed
                {
                    listening.Dispose();
                    await opened.Store.DisposeAsync();
                    return (null, $"The documents can't be put in force: {e.Message}");
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Makes a reading the one in force: the store learns its collections, then the routing table is swapped whole.</summary>
    private async Task ApplyAsync(ApiReading reading, CancellationToken ct)
    {
        var catalog = new Catalog(reading.Apis);
        var declared = catalog.ToSpecs();
        await _store.DeclareAsync([Seeds.Notes, .. declared.Select(KeepFieldsInForce)], ct);
        await Seeds.LoadAsync(catalog, _store, _time, _logger, ct);
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
        await _web.StopAsync(drain.Token);
        _web.Dispose();
        _wiring.Dispose();
        await _store.DisposeAsync();
    }

    private static KestrelServerOptions KestrelOptions(IPEndPoint endpoint, GatewayLimits limits)
    {
        var options = new KestrelServerOptions { AllowSynchronousIO = false };
        // A little above our own limits, which answer with a problem document.
        options.Limits.MaxRequestLineSize = limits.UrlLengthMax * 4;
        options.Limits.MaxRequestBufferSize = 1024 * 1024;
        options.Limits.MaxRequestHeadersTotalSize = limits.HeadersBytesMax * 4;
        options.Limits.MaxRequestHeaderCount = 1000;
        options.Limits.MaxRequestBodySize = limits.StreamedBodyBytesMax;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        options.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            ServerRefusals.UseOn(listen);
            InterimResponses.UseOn(listen);
        });
        StrictHttp.Apply(options);
        return options;
    }

    /// <summary>The key that page tokens are authenticated with, made at the first start and kept beside the data.</summary>
    private static byte[] PageTokenSecret(string dataFolder)
    {
        string file = Path.Combine(dataFolder, "page-token.key");
        if (File.Exists(file) && File.ReadAllBytes(file) is { Length: 32 } known) return known;

        byte[] secret = RandomNumberGenerator.GetBytes(32);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var stream = new FileStream(file, options);
        stream.Write(secret);
        return secret;
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "The changed documents are in force. APIs: {Apis}, operations: {Operations}.")]
        public static partial void Applied(ILogger logger, int apis, int operations);

        [LoggerMessage(2002, LogLevel.Warning, "The changed documents were refused with {Errors} errors; the ones before keep serving.")]
        public static partial void KeptOld(ILogger logger, int errors);

        [LoggerMessage(2003, LogLevel.Error, "The changed documents could not be put in force; the ones before keep serving.")]
        public static partial void ApplyFailed(ILogger logger, Exception e);
    }
}

using System.Collections.Immutable;
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
using Stateway.Management;
using Stateway.Model.Apis;
using Stateway.Secrets;
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

    /// <summary>Between two looks for changes of what is served.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Between two looks while the store is not available.</summary>
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);

    private readonly IStore _store;
    private readonly ServiceProvider _webServices;
    private readonly ManagementApi _management;
    private readonly Wiring _wiring;
    private readonly Rollout _rollout;
    private readonly StageCompiler _compiler;
    private readonly FolderApply _folder;
    private readonly Housekeeping _housekeeping;
    private readonly Resealing _resealing;
    private readonly Watches _watches;
    private readonly RequestPipeline _pipeline;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _following = Task.CompletedTask;

    private Server(
        IStore store, byte[] secret, AdministratorKey key, ApiSpec kinds, Catalog kindsCatalog, SecretKeys secretKeys, Socket listening, Socket managing, ServerOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _store = store;
        _time = time;
        _logger = loggers.CreateLogger("Stateway");
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;
        Key = key;

        var limits = new GatewayLimits();
        _webServices = WebServer.Create(listening, limits, loggers);

        _watches = new Watches(store, new WatchOptions(), time, _logger);
        var services = new CollectionServices(store, new PageTokens(secret, time), limits, time, _watches);
        _wiring = new Wiring(services, new UpstreamPools(new UpstreamPoolOptions(), new HttpTargetOptions(), time), Endpoint, _logger);
        var tables = new RoutingTables();
        _pipeline = new RequestPipeline(tables, limits, time, _logger);
        _rollout = new Rollout(store, tables, _wiring, _watches, [.. SystemCollections, .. kindsCatalog.ToSpecs()], time, _logger);
        var variables = new StageVariables(new SecretReader(secretKeys));
        _compiler = new StageCompiler(store, variables);
        _folder = new FolderApply(options.ServedFolder, store, kindsCatalog, variables, time);
        _resealing = new Resealing(store, secretKeys, time, _logger);
        _management = new ManagementApi(managing, kinds, new DeployingRules(() => _rollout.Stages, variables, new SecretRules(secretKeys)), key, services, loggers);
        _housekeeping = new Housekeeping(store, options.History, time, _logger);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where the management API listens.</summary>
    public IPEndPoint ManagementEndpoint => _management.Endpoint;

    public AdministratorKey Key { get; }

    public ImmutableArray<ServedStage> Stages => _rollout.Stages;

    private IServer Web => _webServices.GetRequiredService<IServer>();

    /// <summary>Opens the store, applies the documents, loads seeds, listens. What an operator can do something about comes back as one line.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop before it was ready; nothing is left open.</exception>
    public static async Task<(Server? Server, string? Error)> StartAsync(
        ApiReading reading, ServerOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken ct)
    {
        // The port comes first: APIs that call each other through this very listener need to know it.
        var (listening, whyNot) = Listen(options.Listen, "--listen");
        if (listening is null) return (null, whyNot);

        Socket? managing = null;
        IStore? store = null;
        Server? server = null;
        try
        {
            (managing, whyNot) = Listen(options.Admin, "--admin");
            if (managing is null && options.IsAdminChosen) return (null, whyNot);

            managing ??= Listen(new(options.Admin.Address, 0), "--admin").Listening; // the usual place is taken, and nobody asked for it
            if (managing is null) return (null, whyNot);

            switch (await StoreEngines.OpenAsync(options.Store, options.StorePatience, loggers.CreateLogger("Stateway"), time, ct))
            {
                case StoreOpening.Refused refused: return (null, refused.Message);
                case StoreOpening.Opened opened: store = opened.Store; break;
            }

            var kinds = Kinds.Read();
            var kindsCatalog = new Catalog([kinds]);
            await store!.DeclareAsync([.. SystemCollections, .. kindsCatalog.ToSpecs()], ct);
            if (await CopyMark.IsOnAsync(store, ct)) return (null, CopyMark.WhyNotServed(options.Store));

            var secret = await Settings.PageTokenSecretAsync(store, time, ct);
            var key = await AdministratorKey.OpenAsync(store, options.DataFolder, time, ct);
            var secretKeys = new SecretKeys(store, options.MasterKeys, Path.Combine(options.DataFolder, MasterKeyFile.Name), kindsCatalog, time);
            if (await secretKeys.WhyNotUsableAsync(options.AreMasterKeysChosen, ct) is { } wrongKey) return (null, wrongKey);

            var starting = new Server(store, secret, key, kinds, kindsCatalog, secretKeys, listening, managing, options, loggers, time);
            if (await starting._folder.WhyNotAsync(reading, ct) is { IsEmpty: false } whyNots) return (null, string.Join('\n', whyNots));

            await starting._folder.ApplyAsync(reading.Sources, ct);
            long seen = await store.GetAsync(Kinds.ChangeMark, ct) is { } mark ? mark.Revision : 0; // before the stages are read
            await starting.RefreshAsync(ct);
            await starting.Web.StartAsync(new GatewayApplication(starting._pipeline), ct);
            await starting._management.StartAsync(ct);
            starting._following = starting.FollowStoreAsync(seen);
            starting._housekeeping.Start();
            starting._resealing.Start();
            GiveMemoryBack();
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
                managing?.Dispose();
                if (store is not null) await store.DisposeAsync();
            }
        }
    }

    private static (Socket? Listening, string? WhyNot) Listen(IPEndPoint endpoint, string option)
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
                ? $"{endpoint} is in use by another process; choose another with {option} ADDRESS:PORT."
                : $"{endpoint} can't be listened on: {e.Message}. Give an address of this machine and a port that you may use: {option} ADDRESS:PORT.");
        }
    }

    /// <summary>Compiles the stages as they are stored now, and puts them in force when something is different.</summary>
    /// <exception cref="StoreUnavailableException"/>
    private async Task RefreshAsync(CancellationToken ct)
    {
        await _changing.WaitAsync(ct);
        try
        {
            var (stages, faults) = await _compiler.CompileAsync(ct);
            foreach (var fault in faults) Log.NotServed(_logger, fault.Path, string.Join("; ", fault.Reasons));
            if (!stages.SequenceEqual(_rollout.Stages) || stages.IsEmpty) await _rollout.PutInForceAsync(stages, ct);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Reading a folder leaves several times the size of what is kept behind; it goes back to the system at once.</summary>
    private static void GiveMemoryBack() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    /// <summary>
    /// What is changed through the management API, on whichever node, is in force here soon after. One entry tells that something was.
    /// It is looked at, not waited for: to follow the log is to read all that users write.
    /// </summary>
    private async Task FollowStoreAsync(long seen)
    {
        var ct = _stopping.Token;
        bool isDown = false;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                long revision = await _store.GetAsync(Kinds.ChangeMark, ct) is { } mark ? mark.Revision : 0;
                if (revision != seen)
                {
                    _resealing.Tell();
                    await RefreshAsync(ct);
                }

                seen = revision;
                isDown = false;
                await Task.Delay(LookInterval, _time, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException e)
            {
                if (!isDown) Log.NotFollowed(_logger, e.Message);
                isDown = true;
                await Task.Delay(OutagePause, _time, ct).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
            catch (Exception e)
            {
                Log.ApplyFailed(_logger, e);
                await Task.Delay(StorePause, _time, ct).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
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

                if (await _folder.WhyNotAsync(reading, ct) is { IsEmpty: false } refused)
                {
                    foreach (string line in refused) Commands.Terminal.Error(line);
                    Log.KeptOld(_logger, refused.Length);
                    continue;
                }

                await _folder.ApplyAsync(reading.Sources, ct);
                await RefreshAsync(ct);
                GiveMemoryBack();
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
        await _stopping.CancelAsync();
        await _following;
        await _resealing.DisposeAsync();
        await _management.DisposeAsync();
        await _watches.StopAsync(); // they would never end on their own
        using var drain = new CancellationTokenSource(DrainTimeout);
        await Web.StopAsync(drain.Token);
        await _webServices.DisposeAsync();
        await _housekeeping.DisposeAsync();
        _wiring.Dispose();
        await _store.DisposeAsync();
        _changing.Dispose();
        _stopping.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "The changed documents are in force. APIs: {Apis}, operations: {Operations}.")]
        public static partial void Applied(ILogger logger, int apis, int operations);

        [LoggerMessage(2002, LogLevel.Warning, "The changed documents were refused with {Errors} errors; the ones before keep serving.")]
        public static partial void KeptOld(ILogger logger, int errors);

        [LoggerMessage(2003, LogLevel.Error, "The changed documents could not be put in force; the ones before keep serving.")]
        public static partial void ApplyFailed(ILogger logger, Exception e);

        [LoggerMessage(2005, LogLevel.Warning, "The stage {Stage} can't be served: {Reasons}")]
        public static partial void NotServed(ILogger logger, string stage, string reasons);

        [LoggerMessage(2006, LogLevel.Warning, "The store is not available ({Reason}); what is served stays as it is until the store is back.")]
        public static partial void NotFollowed(ILogger logger, string reason);

        [LoggerMessage(2004, LogLevel.Error, "The changed documents could not be put in force, because the store is not available ({Reason}); the ones before keep serving. It is tried again in {Seconds} s.")]
        public static partial void StoreDown(ILogger logger, string reason, int seconds);
    }
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Kinds;
using Stateway.Collections.Reading;
using Stateway.Collections.Watching;
using Stateway.Collections.Writing.Repeating;
using Stateway.Controllers;
using Stateway.Copying;
using Stateway.Gateway;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Targets;
using Stateway.Gateway.Targets.Http;
using Stateway.Hosting.Canaries;
using Stateway.Management;
using Stateway.Management.Domains;
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
    private static readonly CollectionSpec[] SystemCollections = [Settings.Collection, Seeds.Notes, IdempotencyRecords.Spec, CanaryRecords.Collection];

    private readonly IStore _store;
    private readonly ServiceProvider _webServices;
    private readonly ManagementApi _management;
    private readonly Wiring _wiring;
    private readonly Rollout _rollout;
    private readonly Traffic _traffic;
    private readonly CanaryLoop _canaries;
    private readonly StageCompiler _compiler;
    private readonly DomainCompiler _domains;
    private readonly DomainTls? _tls;
    private readonly StageOutcomes _outcomes = new();
    private readonly ChangeFollower _follower;
    private readonly ControllerHosts _controllers;
    private readonly ControllerHost _stageStatus;
    private readonly ControllerHost _domainStatus;
    private readonly Explaining _explaining;
    private readonly FolderApply _folder;
    private readonly Housekeeping _housekeeping;
    private readonly NodePresence _presence;
    private readonly Watches _watches;
    private readonly RequestPipeline _pipeline;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _changing = new(1);

    private Server(
        IStore store, byte[] secret, AdministratorKey key, ApiSpec kinds, SecretKeys secretKeys, Socket listening, Socket? securing, Socket managing, ServerOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _store = store;
        _time = time;
        _logger = loggers.CreateLogger("Stateway");
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;
        Key = key;

        var limits = new GatewayLimits();
        List<WebListener> listeners = [new(listening, options.Listener with { Time = time })];
        if (securing is not null)
        {
            _tls = new DomainTls(time, _logger);
            SecureEndpoint = (IPEndPoint)securing.LocalEndPoint!;
            listeners.Add(new(securing, options.Listener with { Time = time, Certificates = _tls.Certificates }));
        }

        _webServices = WebServer.Create(listeners, limits, loggers);

        _watches = new Watches(store, new WatchOptions(), time, _logger);
        var services = new CollectionServices(store, new PageTokens(secret, time), limits, time, _watches);
        _wiring = new Wiring(services, new UpstreamPools(new UpstreamPoolOptions(), new HttpTargetOptions(), time), Endpoint, _logger);
        var tables = new RoutingTables();
        _pipeline = new RequestPipeline(tables, limits, time, _logger, traces: key.Access.ToTraceKey());
        var variables = new StageVariables(new SecretReader(secretKeys));
        var rules = new DeployingRules(() => _rollout!.Stages, (resource, ct) => _explaining!.ExplainAsync(resource, ct), variables, new SecretRules(secretKeys));
        var kindsCatalog = new Catalog([kinds], oversight: rules.ByCollection);
        _traffic = new Traffic(limits, time, _logger);
        _rollout = new Rollout(store, tables, _wiring, _watches, _traffic, [.. SystemCollections, .. kindsCatalog.ToSpecs()], time, _logger) { Tls = _tls, HttpsPort = SecureEndpoint?.Port };
        _compiler = new StageCompiler(store, variables);
        _domains = new DomainCompiler(store);
        _folder = new FolderApply(options.ServedFolder, store, KindsAs("folder " + options.ServedFolder), variables, time);
        _follower = new ChangeFollower(store, Kinds.ChangeMark, time, _logger);
        _presence = new NodePresence(store, KindsAs("node"), NodeFacts.Of(Endpoint, (IPEndPoint)managing.LocalEndPoint!), time, _logger);
        _controllers = new ControllerHosts(new Ground(store, _follower, _presence.Id, time, _logger));
        _controllers.Add(new RoutingController(ct => RefreshAsync(ct)), RoutingController.Options);
        _stageStatus = _controllers.Add(new StageController(KindsAs("controller stages"), _outcomes), StageController.Options);
        _domainStatus = _controllers.Add(new DomainController(KindsAs("controller domains"), () => _rollout.Domains), DomainController.Options);
        _controllers.Add(new Resealing(store, secretKeys, _logger), Resealing.Options);
        _explaining = new Explaining(KindsAs("why"), _controllers, [.. kindsCatalog.Collections.Select(kind => kind.StoreName)], time);
        _management = new ManagementApi(managing, kinds, rules, new ApiCatalogTarget(() => _rollout.Stages, Endpoint), key, services, loggers,
            new Dictionary<string, ITarget> { [DifferencesTarget.OperationId] = new DifferencesTarget(_traffic.MirrorOf) });
        _canaries = new CanaryLoop(store, _traffic, new(store, KindsAs("controller canaries"), time, _logger), time, _logger);
        _housekeeping = new Housekeeping(store, options.History, time, _logger);

        KindStore KindsAs(string who) => new(kindsCatalog, store, time, who);
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Where it listens for HTTPS; null for nowhere.</summary>
    public IPEndPoint? SecureEndpoint { get; }

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

        Socket? securing = null;
        Socket? managing = null;
        IStore? store = null;
        Server? server = null;
        try
        {
            if (options.Tls is { } tls && ((securing, whyNot) = Listen(tls, "--tls")) is (null, _)) return (null, whyNot);

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

            var starting = new Server(store, secret, key, kinds, secretKeys, listening, securing, managing, options, loggers, time);
            if (await starting._folder.WhyNotAsync(reading, ct) is { IsEmpty: false } whyNots) return (null, string.Join('\n', whyNots));

            await starting.RefreshAsync(ct, await starting._folder.ApplyAsync(reading, ct));
            await starting.Web.StartAsync(new GatewayApplication(starting._pipeline), ct);
            await starting._management.StartAsync(ct);
            starting._follower.Start();
            starting._controllers.Start();
            starting._housekeeping.Start();
            await starting._presence.StartAsync();
            starting._canaries.Start();
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
                securing?.Dispose();
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
    /// <param name="known">Stages that are compiled already.</param>
    /// <exception cref="StoreUnavailableException"/>
    private async Task RefreshAsync(CancellationToken ct, IEnumerable<ServedStage>? known = null)
    {
        await _changing.WaitAsync(ct);
        try
        {
            _compiler.Know(known ?? []);
            var wanted = _domains.ReadAsync(ct);
            var compiling = _compiler.CompileAsync(ct);
            await Task.WhenAll(wanted, compiling);
            var compilation = await compiling;
            var (stages, domainsBefore) = (compilation.Stages, _rollout.Domains);
            var domains = await _domains.CompileAsync(await wanted, stages, ct);
            if (!stages.SequenceEqual(_rollout.Stages) || !domains.SequenceEqual(_rollout.Domains) || stages.IsEmpty) await _rollout.PutInForceAsync(stages, domains, ct);
            foreach (var outcome in _outcomes.Publish(compilation))
            {
                if (outcome is { Fault: { } part, Served: not null }) Log.NotServedWhole(_logger, part.Path, part.Message);
                else if (outcome.Fault is { } fault) Log.NotServed(_logger, fault.Path, fault.Message);
                _stageStatus.Wake(outcome.Path);
            }

            foreach (var domain in domains.Except(domainsBefore))
            {
                bool isTold = domainsBefore.Any(each => each.Spec.Name == domain.Spec.Name && each.Reasons.SequenceEqual(domain.Reasons));
                if (!domain.Reasons.IsEmpty && !isTold) Log.DomainNotServed(_logger, domain.Spec.Name, string.Join("; ", domain.Reasons));
                _domainStatus.Wake(domain.Spec.Name);
            }
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Reading a folder leaves several times the size of what is kept behind; it goes back to the system at once.</summary>
    private static void GiveMemoryBack() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

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

                await RefreshAsync(ct, await _folder.ApplyAsync(reading, ct));
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
        await _controllers.DisposeAsync(); // first: what they lease is another node's at once
        await _follower.DisposeAsync();
        await _management.DisposeAsync();
        await _watches.StopAsync(); // they would never end on their own
        using var drain = new CancellationTokenSource(DrainTimeout);
        await Web.StopAsync(drain.Token);
        await _webServices.DisposeAsync();
        _tls?.Dispose();
        await _canaries.DisposeAsync();
        await _traffic.DisposeAsync();
        await _housekeeping.DisposeAsync();
        await _presence.DisposeAsync();
        _wiring.Dispose();
        await _store.DisposeAsync();
        _changing.Dispose();
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

        [LoggerMessage(2008, LogLevel.Warning, "The stage {Stage} is not served whole. {Reasons}")]
        public static partial void NotServedWhole(ILogger logger, string stage, string reasons);

        [LoggerMessage(2007, LogLevel.Warning, "The domain {Domain} can't be served whole: {Reasons}")]
        public static partial void DomainNotServed(ILogger logger, string domain, string reasons);

        [LoggerMessage(2004, LogLevel.Error, "The changed documents could not be put in force, because the store is not available ({Reason}); the ones before keep serving. It is tried again in {Seconds} s.")]
        public static partial void StoreDown(ILogger logger, string reason, int seconds);
    }
}

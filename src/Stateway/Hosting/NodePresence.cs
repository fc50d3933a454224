using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Stateway.Collections.Kinds;
using Stateway.Management;
using Stateway.Model.Names;
using Stateway.Store;
using Stateway.Store.Leases;

namespace Stateway.Hosting;

/// <summary>
/// Tells, as a resource among <c>nodes</c>, that this node runs: created at the start, gone when it stops. Its sign of life is a lease,
/// which costs the store no revision. Who finds that of another one to be had tells that it has died.
/// </summary>
internal sealed partial class NodePresence(IStore store, KindStore kinds, NodeFacts facts, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    public const string Ready = "ready";

    /// <summary>Between two looks at itself and the others.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    /// <summary>A node that has given no sign of life for as long is not ready.</summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(1);

    /// <summary>Then it is forgotten.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly Key _key = new(Kinds.Node, IdOf(facts.Machine, time));
    private readonly CancellationTokenSource _stopping = new();
    private Lease? _lease;
    private Task _telling = Task.CompletedTask;

    /// <summary>Names this node among all that serve the store; a restart is another one.</summary>
    public string Id => _key.Path;

    public static string LeaseOf(string node) => "stateway/nodes/" + node;

    /// <summary>Returns when it is told for the first time, unless the store is away just now.</summary>
    public async Task StartAsync()
    {
        await TellAsync(_stopping.Token);
        _telling = KeepTellingAsync(_stopping.Token);
    }

    private async Task KeepTellingAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Interval, time, ct);
                await TellAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private async Task TellAsync(CancellationToken ct)
    {
        try
        {
            await TellOfItselfAsync(ct);
            foreach (var node in (await kinds.ListAsync(Kinds.Node, parent: null, ct)).Resources) await TellOfAnotherAsync(node, ct);
        }
        catch (StoreUnavailableException)
        {
            // The next time; that the store is away is somebody else's to tell.
        }
    }

    private async Task TellOfItselfAsync(CancellationToken ct)
    {
        if (_lease is not { IsHeld: true })
        {
            if (_lease is not null) await _lease.DisposeAsync();
            _lease = await Lease.TryTakeAsync(store, LeaseOf(Id), Id, LeaseDuration, time, ct);
        }

        var alive = new KindCondition(Ready, true, "Serving", "");
        if (await kinds.ReadAsync(_key, ct) is { } told) await kinds.WriteAsync(told, new() { Conditions = [alive] }, fence: null, ct);
        else await kinds.CreateAsync(_key, new() { Spec = facts.ToSpec(), Conditions = [alive] }, owner: null, fence: null, ct);
    }

    /// <summary>Every node does so: whoever is second finds it done.</summary>
    private async Task TellOfAnotherAsync(KindResource node, CancellationToken ct)
    {
        if (node.Key == _key || await store.TakeLeaseAsync(LeaseOf(node.Id), Id, Lease.DurationMin, ct) is not LeaseResult.Held lease) return;

        await store.ReleaseLeaseAsync(LeaseOf(node.Id), lease.Epoch, ct);
        if (node.Conditions().FirstOrDefault(condition => condition is { Type: Ready, Holds: false }) is not { } dead)
            await kinds.WriteAsync(node, new() { Conditions = [new(Ready, false, "Unseen", "It has given no sign of life for a minute.")] }, fence: null, ct);
        else if (time.GetUtcNow() - dead.LastTransitionTime > KeptFor)
            await kinds.DeleteAsync(node, fence: null, ct);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _telling;
        _stopping.Dispose();
        if (_lease is not null) await _lease.DisposeAsync();
        try
        {
            using var limit = new CancellationTokenSource(GoodbyeTimeout, time);
            if (await kinds.ReadAsync(_key, limit.Token) is { } told) await kinds.DeleteAsync(told, fence: null, limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the others find out by themselves
        }
    }

    /// <summary>The machine's name as far as an id has its letters, and what tells two programs on it apart.</summary>
    private static string IdOf(string machine, TimeProvider time)
    {
        string name = string.Concat(machine.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c == '-')).Trim('-');
        return $"{(name.Length is > 0 and <= 63 ? name : "node")}-{ResourceId.New(time)[^6..]}";
    }

    private static partial class Log
    {
        [LoggerMessage(2401, LogLevel.Error, "That this node runs could not be told; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception e);
    }
}

/// <summary>What a node tells of itself.</summary>
/// <param name="Address">Where its APIs are: <c>http://127.0.0.1:8080</c>.</param>
/// <param name="Management">Where its management API is.</param>
internal sealed record NodeFacts(string Machine, int Process, string Version, string Address, string Management)
{
    public static NodeFacts Of(IPEndPoint apis, IPEndPoint management) => new(Environment.MachineName, Environment.ProcessId,
        typeof(NodeFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion, $"http://{apis}", $"http://{management}");

    public JsonObject ToSpec() => new()
    {
        ["machine"] = Machine,
        ["process"] = Process,
        ["version"] = Version,
        ["address"] = Address,
        ["management"] = Management,
    };
}

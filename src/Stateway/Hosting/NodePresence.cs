using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Stateway.Collections.Kinds;
using Stateway.Management;
using Stateway.Model.Names;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// Tells, as a resource among <c>nodes</c>, that this node runs: created at the start, touched while it runs, gone when it stops. One
/// that has died is told by the others.
/// </summary>
internal sealed partial class NodePresence(KindStore kinds, NodeFacts facts, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    public const string Ready = "ready";

    /// <summary>Between two signs of life.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    /// <summary>A node without a sign of life for as long is not ready.</summary>
    public static readonly TimeSpan UnseenMax = TimeSpan.FromMinutes(1);

    /// <summary>Then it is forgotten.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);

    private readonly Key _key = new(Kinds.Node, IdOf(facts.Machine, time));
    private readonly CancellationTokenSource _stopping = new();
    private KindResource? _told;
    private Task _telling = Task.CompletedTask;

    /// <summary>Names this node among all that serve the store; a restart is another one.</summary>
    public string Id => _key.Path;

    public void Start() => _telling = TellAsync(_stopping.Token);

    private async Task TellAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await TellOnceAsync(ct);
                await TellOfOthersAsync(ct);
                await Task.Delay(Interval, time, ct);
            }
        }
        catch (OperationCanceledException)
        {
            // told to stop
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
        }
    }

    /// <summary>A store that is away is somebody else's to tell of.</summary>
    private async Task TellOnceAsync(CancellationToken ct)
    {
        var alive = new KindChange
        {
            Spec = _told is null ? facts.ToSpec() : null,
            Status = new() { ["seen_time"] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) },
            Conditions = [new(Ready, true, "Serving", "")],
            IsQuiet = true,
        };
        try
        {
            _told ??= await kinds.ReadAsync(_key, ct);
            var result = _told is null ? await kinds.CreateAsync(_key, alive, owner: null, fence: null, ct) : await kinds.WriteAsync(_told, alive, fence: null, ct);
            _told = result is KindResult.Written written ? written.Resource : null;
        }
        catch (StoreUnavailableException)
        {
            _told = null;
        }
    }

    /// <summary>Every node does so: whoever is second finds it done.</summary>
    private async Task TellOfOthersAsync(CancellationToken ct)
    {
        try
        {
            foreach (var node in (await kinds.ListAsync(Kinds.Node, parent: null, ct)).Resources)
            {
                var unseen = time.GetUtcNow() - node.UpdateTime;
                if (node.Key == _key || unseen < UnseenMax) continue;

                bool isTold = node.Conditions().Any(condition => condition is { Type: Ready, Holds: false });
                if (isTold && unseen > KeptFor) await kinds.DeleteAsync(node, fence: null, ct);
                else if (!isTold) await kinds.WriteAsync(node, new() { Conditions = [new(Ready, false, "Unseen", "It has given no sign of life for a minute.")], IsQuiet = true }, fence: null, ct);
            }
        }
        catch (StoreUnavailableException)
        {
            // the next time
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _telling;
        _stopping.Dispose();
        if (_told is null) return;

        try
        {
            using var limit = new CancellationTokenSource(GoodbyeTimeout, time);
            if (await kinds.ReadAsync(_key, limit.Token) is { } current) await kinds.DeleteAsync(current, fence: null, limit.Token);
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
        [LoggerMessage(2401, LogLevel.Error, "That this node runs can't be told any more.")]
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

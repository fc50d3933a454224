using System.Collections.Concurrent;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>An engine and the programs that serve one folder over it; started once for a class of tests.</summary>
public abstract class Nodes : IAsyncLifetime
{
    /// <summary>Each test has a collection of its own, so that none finds what another left.</summary>
    private static readonly string[] Collections = ["registers", "survivors", "counters", "notes", "watched", "jobs", "slots"];

    private readonly TempFolder _folder = new();
    private readonly ConcurrentBag<StatewayProgram> _killed = []; // their clients still hold them
    private StatewayProgram[] _programs = [];

    public abstract int Count { get; }

    public string StoreUrl { get; private set; } = "";

    public Uri Url(int node) => Volatile.Read(ref _programs[node]).Url;

    public HttpClient Http(int node) => Volatile.Read(ref _programs[node]).Http;

    protected TempFolder Folder => _folder;

    protected abstract bool IsInstalled { get; }

    /// <returns>The store's URL.</returns>
    protected abstract Task<string> StartEngineAsync();

    protected abstract ValueTask StopEngineAsync();

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled) return;

        Directory.CreateDirectory(_folder.File("api"));
        const string Schema = "{ schema: { type: object, properties: { text: { type: string }, note: { type: string }, n: { type: integer } } } }";
        await File.WriteAllTextAsync(_folder.File("api/consistency.yaml"), Documents.Of("Consistency", [.. Collections.Select(c => $"{c}: {Schema}")]));
        StoreUrl = await StartEngineAsync();
        _programs = await Task.WhenAll(Enumerable.Range(0, Count).Select(_ => StartAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs.Concat(_killed)) await program.DisposeAsync();
        await StopEngineAsync();
        _folder.Dispose();
    }

    public void SkipIfMissing() => Assert.SkipUnless(IsInstalled, "The engine is not installed");

    /// <summary>SIGKILL. Until <see cref="RestartAsync"/> requests to this node fail to connect.</summary>
    public Task KillAsync(int node) => _programs[node].KillAsync();

    /// <summary>Starts a killed node again, on another port.</summary>
    public async Task RestartAsync(int node)
    {
        var program = await StartAsync();
        _killed.Add(_programs[node]);
        Volatile.Write(ref _programs[node], program);
    }

    private Task<StatewayProgram> StartAsync() => StatewayProgram.ServeAsync(["serve", _folder.File("api"), "--listen", "127.0.0.1:0", "--store", StoreUrl]);
}

public sealed class SqliteNodes : Nodes
{
    public override int Count => 1;

    protected override bool IsInstalled => true;

    protected override Task<string> StartEngineAsync() => Task.FromResult("sqlite:" + Folder.File("store.db"));

    protected override ValueTask StopEngineAsync() => ValueTask.CompletedTask;
}

public sealed class PostgresNodes : Nodes
{
    private PostgresServer? _server;

    public override int Count => 2;

    protected override bool IsInstalled => PostgresServer.Programs is not null;

    protected override async Task<string> StartEngineAsync()
    {
        _server = await PostgresServer.StartAsync();
        return _server.Url;
    }

    protected override ValueTask StopEngineAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public sealed class EtcdNodes : Nodes
{
    private EtcdServer? _server;

    public override int Count => 2;

    protected override bool IsInstalled => EtcdServer.IsInstalled;

    protected override async Task<string> StartEngineAsync()
    {
        _server = await EtcdServer.StartAsync();
        return $"etcd://{_server.Endpoint}/consistency";
    }

    protected override ValueTask StopEngineAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}

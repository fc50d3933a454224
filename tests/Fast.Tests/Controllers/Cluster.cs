using System.Text;
using Stateway.Controllers;
using Stateway.Fast.Tests.Program;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

/// <summary>One SQLite store, and nodes over it, whose clock moves when it is told to.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string Things = "stateway/things";
    public const string Parts = "stateway/things/parts";

    /// <summary>Its changes do not touch the mark: they are none of a kind.</summary>
    public const string Copies = "stateway/copies";

    public static readonly Write.Put Mark = Entries.Put("stateway/settings", "kinds-changed", "{}");

    private readonly TempFolder _folder = new();
    private readonly List<Node> _nodes = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _looking;

    private Cluster(ManualTime time)
    {
        Time = time;
        _looking = LookAsync();
    }

    public ManualTime Time { get; }

    /// <summary>The followers' own clock, which runs all the time, and fast: a test need not wait for a look.</summary>
    public ManualTime Looks { get; } = new();

    public IStore Store { get; private set; } = null!; // set by the one who makes it

    public static async Task<Cluster> OpenAsync()
    {
        var cluster = new Cluster(new ManualTime());
        var opening = await SqliteStore.OpenAsync(cluster._folder.Path, new() { Time = cluster.Time });
        cluster.Store = Assert.IsType<StoreOpening.Opened>(opening).Store;
        await cluster.Store.DeclareAsync([new(Things, []), new(Parts, []), new(Copies, []), new(Mark.Key.Collection, [])], default);
        return cluster;
    }

    public Node AddNode(string name)
    {
        var node = new Node(this, name);
        _nodes.Add(node);
        return node;
    }

    public Node NodeOf(string name) => _nodes.Find(node => node.Ground.Node == name)!;

    public Task<long> PutAsync(string path, string json, string collection = Things) => WriteAsync(Entries.Put(collection, path, json));

    /// <summary>With the mark, as all changes of kinds.</summary>
    public Task<long> WriteAsync(params Write[] writes) =>
        Store.WriteAsync(writes is [Write.Put { Key.Collection: Copies }] ? writes : [.. writes, Mark]);

    public async Task<string?> GetAsync(string path, string collection = Things) =>
        await Store.GetAsync(new(collection, path), default) is { } entry ? Encoding.UTF8.GetString(entry.Value.Span) : null;

    /// <summary>Lets time pass, in small steps, until it is so.</summary>
    public Task PassUntilAsync(Func<bool> isSo) => UntilAsync(() =>
    {
        if (isSo()) return true;

        Time.Advance(TimeSpan.FromMilliseconds(100));
        return false;
    });

    /// <summary>While time stands still.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo()) await Task.Delay(TimeSpan.FromMilliseconds(2), patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        await _ending.CancelAsync();
        await _looking;
        _ending.Dispose();
        await Store.DisposeAsync();
        _folder.Dispose();
    }

    private async Task LookAsync()
    {
        while (!_ending.IsCancellationRequested)
        {
            Looks.Advance(ChangeFollower.LookInterval);
            await Task.Delay(TimeSpan.FromMilliseconds(1), _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A follower, and the controllers over it.</summary>
    public sealed class Node : IAsyncDisposable
    {
        private readonly List<ControllerHost> _hosts = [];
        private bool _isDisposed;

        public Node(Cluster cluster, string name)
        {
            Store = new(cluster.Store);
            Follower = new(Store, Mark.Key, cluster.Looks, Log);
            Ground = new(Store, Follower, name, cluster.Time, Log);
        }

        public NodeStore Store { get; }
        public Logged Log { get; } = new();
        public ChangeFollower Follower { get; }
        public Ground Ground { get; }

        public ControllerHost Start(IReconciler reconciler, ControllerOptions? options = null)
        {
            var host = new ControllerHost(Ground, reconciler, options ?? new() { Name = "test" });
            _hosts.Add(host);
            host.Start();
            return host;
        }

        public async ValueTask DisposeAsync()
        {
            if (_isDisposed) return;
            _isDisposed = true;

            Store.ReleaseLooks();
            foreach (var host in _hosts) await host.DisposeAsync();
            await Follower.DisposeAsync();
        }
    }
}

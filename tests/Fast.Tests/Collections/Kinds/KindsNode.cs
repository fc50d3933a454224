using System.Text.Json.Nodes;
using Stateway.Collections.Kinds;
using Stateway.Store;
using Stateway.Store.Leases;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Collections.Kinds;

/// <summary>Some kinds over a real store: what clients send, and what controllers do.</summary>
internal sealed class KindsNode : IAsyncDisposable
{
    private const string Document = """
        apps:
          x-stateway-kind: true
          schema:
            type: object
            properties:
              title: { type: string, default: none }
              size: { type: number }
              site: { type: string, x-stateway-reference: sites }
              host: { type: string }
              labels: { type: object, additionalProperties: true }
              secret: { type: string, writeOnly: true }
              phase: { type: string, readOnly: true }
              status: { type: object, properties: { load: { type: integer } } }
          filter: [status.load, owner]
          unique: [host]
          actions: { rename: { when: 'resource.title != "fixed"', set: { title: '"renamed"' } } }
          children:
            parts: { x-stateway-kind: true, schema: { type: object, properties: { n: { type: integer } } } }
        sites:
          x-stateway-kind: true
          require_condition: true
          schema: { type: object, properties: { name: { type: string } } }
        nodes:
          x-stateway-kind: { read_only: true }
          schema: { type: object, required: [address], properties: { address: { type: string } } }
        notes:
          schema: { type: object, properties: { text: { type: string } } }
        """;

    private readonly TempFolder _folder = new();

    private KindsNode()
    {
    }

    public WatchedStore Store { get; private set; } = null!;
    public ManualTime Time { get; } = new();
    public Node Node { get; private set; } = null!;
    public KindStore Kinds { get; private set; } = null!;

    public static async Task<KindsNode> StartAsync()
    {
        var node = new KindsNode();
        var opened = Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(node._folder.Path, new SqliteStoreOptions()));
        node.Store = new(opened.Store);
        node.Node = await Node.StartAsync(node.Store, node.Time, Document);
        node.Kinds = new(node.Node.Catalog, node.Store, node.Time, "controller test");
        return node;
    }

    public Task<NodeAnswer> SendAsync(string method, string path, string? body = null, params string[] headers) => Node.SendAsync(method, path, body, headers);

    public async Task<KindResource> ReadAsync(string path, string kind = "apps") => (await Kinds.ReadAsync(new("test/" + kind, path), default))!;

    /// <summary>A controller's write of what it reads now.</summary>
    public async Task<KindResult> WriteAsync(string path, KindChange change, Precondition.Leased? fence = null) =>
        await Kinds.WriteAsync(await ReadAsync(path), change, fence, default);

    public async Task<KindResource> WrittenAsync(string path, KindChange change) => Assert.IsType<KindResult.Written>(await WriteAsync(path, change)).Resource;

    /// <summary>A controller writes the status.</summary>
    public Task<KindResource> WriteLoadAsync(string path, int load) => WrittenAsync(path, new() { Status = new JsonObject { ["load"] = load } });

    public ValueTask<Lease> LeaseAsync(string name, string holder) => Lease.TakeAsync(Store, name, holder, Lease.DurationMin, TimeProvider.System, default);

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Dispose();
    }
}

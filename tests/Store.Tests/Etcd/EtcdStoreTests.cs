using Stateway.Store.Etcd;
using Stateway.Store.Tests.Leases;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Store.Tests.Etcd;

public sealed class EtcdReadingTests : ReadingCompliance<EtcdEngine>;
public sealed class EtcdCommittingTests : CommittingCompliance<EtcdEngine>;
public sealed class EtcdQueryingTests : QueryingCompliance<EtcdEngine>;
public sealed class EtcdDeclaringTests : DeclaringCompliance<EtcdEngine>;
public sealed class EtcdHistoryTests : HistoryCompliance<EtcdEngine>;
public sealed class EtcdLogTests : LogCompliance<EtcdEngine>;
public sealed class EtcdNodesTests : NodesCompliance<EtcdEngine>;
public sealed class EtcdLeaseTests : LeaseCompliance<EtcdEngine>;
public sealed class EtcdFencingTests : FencingCompliance<EtcdEngine>;
public sealed class EtcdCompactionTests : CompactionCompliance<CompactedEtcdEngine>;
public sealed class EtcdAgreementTests : AgreementCompliance<AgreeingEtcdEngine>;

public sealed class EtcdWithoutMemoryHistoryTests : HistoryCompliance<EtcdEngineWithoutMemory>;
public sealed class EtcdWithoutMemoryLogTests : LogCompliance<EtcdEngineWithoutMemory>;
public sealed class EtcdWithoutMemoryNodesTests : NodesCompliance<EtcdEngineWithoutMemory>;
public sealed class EtcdWithoutMemoryCompactionTests : CompactionCompliance<CompactedEtcdEngineWithoutMemory>;

/// <summary>All stores of it lie in one etcd, each below its own prefix.</summary>
public class EtcdEngine : StoreEngine
{
    private static readonly SharedEtcd _server = new();

    private readonly List<(IStore Store, EtcdStoreOptions Options)> _opened = [];

    public override bool HasConsecutiveRevisions => false;

    public override int Histories => 12;

    protected virtual SharedEtcd Server => _server;

    public override async ValueTask<IStore> OpenAsync()
    {
        var options = Change(new() { Endpoints = [await Server.EndpointAsync()], Prefix = $"test/{Guid.NewGuid():N}" });
        return await OpenAsync(options);
    }

    public override async ValueTask<IStore> ReopenAsync(IStore store)
    {
        var options = OptionsOf(store);
        await store.DisposeAsync();
        return await OpenAsync(options);
    }

    public override async ValueTask<IStore?> JoinAsync(IStore store) => await OpenAsync(OptionsOf(store));

    public override string[]? ArgumentsFor(IStore store) => ["etcd", OptionsOf(store).Endpoints[0], OptionsOf(store).Prefix];

    public override async ValueTask DisposeAsync()
    {
        foreach (var (store, _) in _opened) await store.DisposeAsync();
        await base.DisposeAsync();
    }

    protected virtual EtcdStoreOptions Change(EtcdStoreOptions options) => options;

    private EtcdStoreOptions OptionsOf(IStore store) => _opened.Find(opened => opened.Store == store).Options;

    private async ValueTask<IStore> OpenAsync(EtcdStoreOptions options)
    {
        var store = await OpenStore.AtAsync(options);
        _opened.Add((store, options));
        return store;
    }
}

/// <summary>So that everything past comes from etcd's own history, and batches are as small as they can be.</summary>
public class EtcdEngineWithoutMemory : EtcdEngine
{
    protected override EtcdStoreOptions Change(EtcdStoreOptions options) =>
        options with { RecentCommitsMax = 1, RecentBytesMax = 1, BatchTransactionsMax = 1 };
}

/// <summary>Compaction is one for all that lies in an etcd, so what compacts has one of its own.</summary>
public sealed class CompactedEtcdEngine : EtcdEngine
{
    private static readonly SharedEtcd _server = new();

    protected override SharedEtcd Server => _server;
}

/// <inheritdoc cref="CompactedEtcdEngine"/>
public sealed class CompactedEtcdEngineWithoutMemory : EtcdEngineWithoutMemory
{
    private static readonly SharedEtcd _server = new();

    protected override SharedEtcd Server => _server;
}

/// <inheritdoc cref="CompactedEtcdEngine"/>
public sealed class AgreeingEtcdEngine : EtcdEngine
{
    private static readonly SharedEtcd _server = new();

    protected override SharedEtcd Server => _server;
}

/// <summary>One etcd for the tests of a run, started by the first that asks, ended with the process.</summary>
public sealed class SharedEtcd
{
    private readonly Lazy<Task<EtcdServer>> _server;

    public SharedEtcd() => _server = new(StartAsync);

    public async ValueTask<string> EndpointAsync()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed.");
        return (await _server.Value).Endpoint;
    }

    private static async Task<EtcdServer> StartAsync()
    {
        var server = await EtcdServer.StartAsync();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return server;
    }
}

internal static class OpenStore
{
    public static async Task<EtcdStore> AtAsync(EtcdStoreOptions options)
    {
        var opening = await EtcdStore.OpenAsync(options);
        return opening is StoreOpening.Opened opened ? (EtcdStore)opened.Store : throw new InvalidOperationException(opening.ToString());
    }
}

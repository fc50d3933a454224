using Stateway.Store.Postgres;
using Stateway.Store.Tests.Leases;
using Stateway.TestKit;
using Xunit;

[assembly: AssemblyFixture(typeof(Stateway.Store.Tests.Postgres.SharedPostgres))]

namespace Stateway.Store.Tests.Postgres;

public sealed class PostgresReadingTests : ReadingCompliance<PostgresEngine>;
public sealed class PostgresCommittingTests : CommittingCompliance<PostgresEngine>;
public sealed class PostgresQueryingTests : QueryingCompliance<PostgresEngine>;
public sealed class PostgresDeclaringTests : DeclaringCompliance<PostgresEngine>;
public sealed class PostgresHistoryTests : HistoryCompliance<PostgresEngine>;
public sealed class PostgresLogTests : LogCompliance<PostgresEngine>;
public sealed class PostgresNodesComplianceTests : NodesCompliance<PostgresEngine>;
public sealed class PostgresCompactionTests : CompactionCompliance<PostgresEngine>;
public sealed class PostgresLeaseTests : LeaseCompliance<PostgresEngine>;
public sealed class PostgresFencingTests : FencingCompliance<PostgresEngine>;
public sealed class PostgresAgreementTests : AgreementCompliance<PostgresEngine>;

/// <summary>Each store has a schema of its own, on one server for all tests.</summary>
public sealed class PostgresEngine : StoreEngine
{
    private readonly List<IStore> _opened = [];
    private readonly Dictionary<IStore, string> _schemas = [];

    public override int Histories => 20;

    public override ValueTask<IStore> OpenAsync() => OpenAsync(SharedPostgres.NewSchema());

    public override async ValueTask<IStore> ReopenAsync(IStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync(_schemas[store]);
    }

    public override async ValueTask<IStore?> JoinAsync(IStore store) => await OpenAsync(_schemas[store]);

    public override string[]? ArgumentsFor(IStore store) =>
        ["postgres", SharedPostgres.Server.Result.ConnectionString, _schemas[store]]; // started when the store was opened

    public override async ValueTask DisposeAsync()
    {
        foreach (var store in _opened) await store.DisposeAsync();
        await base.DisposeAsync();
    }

    private async ValueTask<IStore> OpenAsync(string schema)
    {
        var store = await SharedPostgres.OpenAsync(schema);
        _opened.Add(store);
        _schemas[store] = schema;
        return store;
    }
}

/// <summary>One server for all tests of a run that need one; making one takes seconds.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());
    private static int _schemas;

    public static Task<PostgresServer> Server => _server.Value;

    public static string NewSchema() => $"s{Interlocked.Increment(ref _schemas)}";

    public static async Task<PostgresStoreOptions> OptionsAsync(string schema) =>
        new() { ConnectionString = (await Server).ConnectionString, Schema = schema, ReadersMax = 4 };

    public static async Task<PostgresStore> OpenAsync(string schema) => await OpenAsync(await OptionsAsync(schema));

    public static async Task<PostgresStore> OpenAsync(PostgresStoreOptions options)
    {
        var opening = await PostgresStore.OpenAsync(options);
        return opening is StoreOpening.Opened opened ? (PostgresStore)opened.Store : throw new InvalidOperationException(opening.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}

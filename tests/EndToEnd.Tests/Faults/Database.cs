using Stateway.Store;
using Stateway.Store.Etcd;
using Stateway.Store.Postgres;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>A database server that can be ended and started again, behind the store's URL.</summary>
internal abstract class Database : IAsyncDisposable
{
    private Database() { } // closed: the two below are all there are

    /// <summary>For the command line.</summary>
    public abstract string Url { get; }

    /// <summary>SIGKILL: nothing is flushed, nothing is closed.</summary>
    public abstract Task KillAsync();

    /// <summary>Ends it in order, at once.</summary>
    public abstract Task StopAsync();

    /// <summary>Starts it on the same data and the same port; returns when it answers.</summary>
    public abstract Task RestartAsync();

    /// <summary>The store itself, as one more node.</summary>
    public abstract Task<IStore> OpenAsync();

    public abstract ValueTask DisposeAsync();

    /// <summary>Skips the test where the engine is not installed.</summary>
    /// <param name="engine"><c>postgres</c> or <c>etcd</c>.</param>
    public static async Task<Database> StartAsync(string engine)
    {
        if (engine == "postgres")
        {
            Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
            return new Postgres(await PostgresServer.StartAsync());
        }

        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        return new Etcd(await EtcdServer.StartAsync());
    }

    private static async Task<IStore> OpenedAsync(Task<StoreOpening> opening) => Assert.IsType<StoreOpening.Opened>(await opening).Store;

    private sealed class Postgres(PostgresServer server) : Database
    {
        public override string Url => server.Url;
        public override Task KillAsync() => server.KillAsync();
        public override Task StopAsync() => server.StopAsync();
        public override Task RestartAsync() => server.RestartAsync();
        public override Task<IStore> OpenAsync() => OpenedAsync(PostgresStore.OpenAsync(new() { ConnectionString = server.ConnectionString }));
        public override ValueTask DisposeAsync() => server.DisposeAsync();
    }

    private sealed class Etcd(EtcdServer server) : Database
    {
        public override string Url => $"etcd://{server.Endpoint}/faults";
        public override Task KillAsync() => server.KillAsync();
        public override Task StopAsync() => server.StopAsync();
        public override Task RestartAsync() => server.RestartAsync();
        public override Task<IStore> OpenAsync() => OpenedAsync(EtcdStore.OpenAsync(new() { Endpoints = [server.Endpoint], Prefix = "faults" }));
        public override ValueTask DisposeAsync() => server.DisposeAsync();
    }
}

using System.Diagnostics;
using Stateway.Store.Etcd;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Etcd;

/// <summary>What a node does while etcd is away, and that it comes back by itself.</summary>
public sealed class EtcdOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private EtcdServer _server = null!; // set before each test
    private EtcdStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed.");
        _server = await EtcdServer.StartAsync();
        _store = await OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    [Fact]
    public async Task While_etcd_is_away_reads_and_writes_are_refused_and_afterwards_all_goes_on()
    {
        long revision = await _store.WriteAsync(Put("shop/products", "p1", "1"));
        await _server.KillAsync();

        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => _store.GetAsync("shop/products", "p1").AsTask().WaitAsync(_patience));
        Assert.IsType<QueryResult.Unavailable>(await _store.QueryAsync(new("shop/products") { Limit = 1 }, CancellationToken.None));
        Assert.IsType<LogResult.Unavailable>(await _store.ReadLogAsync(revision, 10, CancellationToken.None));
        Assert.IsType<LeaseResult.Unavailable>(await _store.TakeLeaseAsync("a", "one", TimeSpan.FromSeconds(2), CancellationToken.None));

        // The first one may have been on its way over a connection that nobody knew to be dead.
        await _store.CommitAsync(Of(Put("shop/products", "p1", "2"))).AsTask().WaitAsync(_patience);
        Assert.IsType<CommitResult.Unavailable>(await _store.CommitAsync(Of(Put("shop/products", "p1", "3"))).AsTask().WaitAsync(_patience));

        await _server.RestartAsync();
        Assert.Equal("1", (await EventuallyAsync(() => _store.GetAsync("shop/products", "p1").AsTask()))!.Json());
        long next = await _store.WriteAsync(Put("shop/products", "p1", "4"));
        Assert.True(next > revision);
        Assert.Equal("4", (await _store.GetAsync("shop/products", "p1"))!.Json());
        Assert.Empty((await _store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task What_another_node_commits_after_a_restart_of_etcd_arrives()
    {
        await using var other = await OpenAsync();
        await _store.WriteAsync(Put("shop/products", "p1", "1"));
        await _server.KillAsync();
        await _server.RestartAsync();

        long revision = await EventuallyAsync(() => other.WriteAsync(Put("shop/products", "p1", "2")));
        using var patience = new CancellationTokenSource(_patience);
        while (_store.Revision < revision) await _store.WaitAsync(revision - 1, patience.Token);

        Assert.Equal("2", (await _store.GetAsync("shop/products", "p1"))!.Json());
    }

    [Fact]
    public async Task Whatever_was_acknowledged_is_there_when_etcd_is_killed_under_load_and_nothing_is_there_twice()
    {
        using var stop = new CancellationTokenSource();
        var acknowledged = new System.Collections.Concurrent.ConcurrentDictionary<string, long>();
        var refused = new System.Collections.Concurrent.ConcurrentDictionary<string, CommitResult>();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string path = $"w{writer}-{i}";
                var create = Of(Put("shop/products", path, $$"""{"n":{{i}}}""")).If(new Precondition.AtRevision(new("shop/products", path), 0));
                var result = await _store.CommitAsync(create);
                if (result is CommitResult.Committed committed) acknowledged[path] = committed.Revision;
                else refused[path] = result;
            }
        })).ToArray();

        for (int round = 0; round < 2; round++)
        {
            int before = acknowledged.Count;
            using var patience = new CancellationTokenSource(_patience);
            while (acknowledged.Count < before + 200) await _store.WaitAsync(_store.Revision, patience.Token);
            await _server.KillAsync();
            await _server.RestartAsync();
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers).WaitAsync(_patience);

        await using var fresh = await OpenAsync();
        foreach (var (path, revision) in acknowledged) Assert.Equal(revision, (await _store.GetAsync("shop/products", path))?.Revision);
        foreach (var (path, result) in refused)
        {
            // A conflict would mean that the same creation had come through before, unnoticed.
            Assert.IsNotType<CommitResult.Conflict>(result);
            if (result is CommitResult.Unavailable) Assert.Null(await _store.GetAsync("shop/products", path));
        }

        Assert.Empty((await _store.CheckAsync(null, CancellationToken.None)).Faults);
        Assert.Empty((await fresh.CheckAsync(null, CancellationToken.None)).Faults);
        Assert.Equal(fresh.Revision, _store.Revision);
    }

    [Fact]
    public async Task An_etcd_that_does_not_answer_hangs_nobody_and_it_is_learnt_what_became_of_a_commit()
    {
        await _store.WriteAsync(Put("shop/products", "p1", "1"));
        await _server.PauseAsync(true);
        var commit = _store.CommitAsync(Of(Put("shop/products", "p1", "2"))).AsTask();
        await Assert.ThrowsAnyAsync<StoreUnavailableException>(() => _store.GetAsync("shop/products", "p1").AsTask().WaitAsync(_patience));
        await _server.PauseAsync(false);

        string value = await commit.WaitAsync(_patience) switch
        {
            CommitResult.Committed => "2",
            CommitResult.Unknown => "either",
            var other => throw new InvalidOperationException(other.ToString()),
        };
        var entry = await EventuallyAsync(() => _store.GetAsync("shop/products", "p1").AsTask());
        if (value != "either") Assert.Equal(value, entry!.Json());
        Assert.Empty((await _store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task The_next_endpoint_serves_when_one_does_not()
    {
        await using var store = await OpenStore.AtAsync(new() { Endpoints = ["127.0.0.1:1", _server.Endpoint], Prefix = "test" });
        await store.DeclareAsync(Collection("shop/products"));

        await store.WriteAsync(Put("shop/products", "p1", "1"));

        Assert.Equal("1", (await _store.GetAsync("shop/products", "p1"))!.Json());
    }

    [Fact]
    public async Task A_compaction_by_somebody_else_is_noticed()
    {
        var revisions = new List<long>();
        for (int i = 0; i < 4; i++) revisions.Add(await _store.WriteAsync(Put("shop/products", "p1", $"{i}")));

        await _server.ControlAsync("compact", $"{revisions[2]}");

        Assert.Equal(new StoreState(revisions[3], revisions[2]), await _store.ReadStateAsync(CancellationToken.None));
        Assert.IsType<PastEntry.Gone>(await _store.GetAsync(new("shop/products", "p1"), revisions[1], CancellationToken.None));
        Assert.IsType<PastEntry.Found>(await _store.GetAsync(new("shop/products", "p1"), revisions[2], CancellationToken.None));
    }

    [Fact]
    public async Task A_compaction_behind_the_newest_commit_gives_up_nothing_that_is_current()
    {
        long first = await _store.WriteAsync(Put("shop/products", "p1", "1"));
        long revision = await _store.WriteAsync(Put("shop/products", "p1", "2"));
        for (int i = 0; i < 3; i++) await _server.CallAsync("/v3/kv/put", """{"key":"YQ=="}""");
        await _server.ControlAsync("compact", $"{revision + 3}");

        await using var fresh = await OpenAsync();
        foreach (var store in (EtcdStore[])[_store, fresh])
        {
            Assert.Equal(new StoreState(revision, revision), await store.ReadStateAsync(CancellationToken.None));
            Assert.Equal("2", Assert.IsType<PastEntry.Found>(await store.GetAsync(new("shop/products", "p1"), revision, CancellationToken.None)).Entry.Json());
            Assert.IsType<PastEntry.Gone>(await store.GetAsync(new("shop/products", "p1"), first, CancellationToken.None));
            Assert.Empty(Assert.IsType<LogResult.Commits>(await store.ReadLogAsync(revision, 10, CancellationToken.None)).Items);
        }

        long next = await fresh.WriteAsync(Put("shop/products", "p1", "3"));
        await _store.GetAsync("shop/products", "p1");
        Assert.Equal(next, Assert.Single(Assert.IsType<LogResult.Commits>(await _store.ReadLogAsync(revision, 10, CancellationToken.None)).Items).Revision);
    }

    [Fact]
    public async Task A_store_that_was_emptied_is_read_again()
    {
        await _store.WriteAsync(Put("shop/products", "p1", "1"));
        await _server.ControlAsync("del", "--prefix", "test/");

        Assert.Null(await EventuallyAsync<Entry?>(async () =>
        {
            var entry = await _store.GetAsync("shop/products", "p1");
            return entry is null ? null : throw new StoreUnavailableException("It is still there.");
        }));
        await _store.WriteAsync(Put("shop/products", "p2", "2"));
        Assert.Equal(["p2"], await _store.ListAsync(new("shop/products") { Limit = 10 }));
    }

    [Fact]
    public async Task A_store_that_was_replaced_by_another_one_is_read_again_though_its_revisions_are_higher()
    {
        await _store.WriteAsync(Put("shop/products", "p1", "1"));
        await _store.WriteAsync(Put("shop/products", "p1", "2"));
        await _server.KillAsync();
        await _server.RestartEmptyAsync();
        for (int i = 0; i < 50; i++) await _server.CallAsync("/v3/kv/put", """{"key":"YQ=="}""");
        await using var fresh = await OpenAsync();
        await fresh.WriteAsync(Put("shop/products", "p2", "1"));

        var paths = await EventuallyAsync(async () =>
        {
            var page = await _store.QueryAsync(new("shop/products") { Limit = 10 }, CancellationToken.None);
            return page is QueryResult.Page found ? found.Entries.Select(entry => entry.Key.Path).ToList() : throw new StoreUnavailableException("Not yet.");
        });

        Assert.Equal(["p2"], paths);
    }

    private async Task<EtcdStore> OpenAsync()
    {
        var store = await OpenStore.AtAsync(new() { Endpoints = [_server.Endpoint], Prefix = "test" });
        await store.DeclareAsync(Collection("shop/products"));
        return store;
    }

    /// <summary>Asks until the store is there again.</summary>
    private static async Task<T> EventuallyAsync<T>(Func<Task<T>> ask)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (e is StoreUnavailableException or Xunit.Sdk.XunitException && Stopwatch.GetElapsedTime(start) < _patience)
            {
                await Task.Yield();
            }
        }
    }
}

using Npgsql;
using Stateway.Store.Postgres;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Postgres;

/// <summary>Connections and servers that break.</summary>
public sealed class PostgresFaultTests
{
    private const string Things = "test/things";

    /// <summary>Said in the round trip that ends with COMMIT, and in no other.</summary>
    private const string CommitTrip = "UPDATE meta SET revision";

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_answered_truly()
    {
        var options = await SharedPostgres.OptionsAsync(SharedPostgres.NewSchema());
        await using var proxy = new CuttingProxy((await SharedPostgres.Server).Port);
        await using var store = await SharedPostgres.OpenAsync(Through(proxy, options));
        await store.DeclareAsync(Collection(Things));

        proxy.CutAt(CommitTrip, isPassedOn: true);
        var result = await store.CommitAsync(Of(Put(Things, "a", "{}")));

        Assert.Equal(new CommitResult.Committed(1), result);
        Assert.NotNull(await store.GetAsync(Things, "a"));
        Assert.Equal(2, await store.WriteAsync(Put(Things, "b", "{}")));
    }

    [Fact]
    public async Task A_commit_that_never_reached_the_server_is_answered_truly()
    {
        var options = await SharedPostgres.OptionsAsync(SharedPostgres.NewSchema());
        await using var proxy = new CuttingProxy((await SharedPostgres.Server).Port);
        await using var store = await SharedPostgres.OpenAsync(Through(proxy, options));
        await store.DeclareAsync(Collection(Things));

        proxy.CutAt(CommitTrip, isPassedOn: false);
        var result = await store.CommitAsync(Of(Put(Things, "a", "{}")));

        Assert.IsType<CommitResult.Unavailable>(result);
        Assert.Null(await store.GetAsync(Things, "a"));
        Assert.Equal(1, await store.WriteAsync(Put(Things, "b", "{}")));
    }

    [Fact]
    public async Task A_commit_that_nobody_can_be_asked_about_is_unknown()
    {
        var options = await SharedPostgres.OptionsAsync(SharedPostgres.NewSchema());
        await using var proxy = new CuttingProxy((await SharedPostgres.Server).Port);
        await using var store = await SharedPostgres.OpenAsync(Through(proxy, options));
        await store.DeclareAsync(Collection(Things));

        proxy.CutAt(CommitTrip, isPassedOn: true, forGood: true);

        Assert.IsType<CommitResult.Unknown>(await store.CommitAsync(Of(Put(Things, "a", "{}"))));
    }

    [Fact]
    public async Task A_restart_of_the_server_passes()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = await SharedPostgres.OpenAsync(new PostgresStoreOptions { ConnectionString = server.ConnectionString });
        await store.DeclareAsync(Collection(Things, "a"));
        await store.WriteAsync(Put(Things, "p1", """{"a":1}"""));
        await store.ListAsync(new(Things) { Limit = 10 });
        await store.GetAsync(Things, "p1");
        var waiting = store.WaitAsync(2, CancellationToken.None);

        await server.StopAsync();
        Assert.IsType<CommitResult.Unavailable>(await store.CommitAsync(Of(Put(Things, "p2", "{}"))));
        Assert.IsType<QueryResult.Unavailable>(await store.QueryAsync(new(Things) { Limit = 10 }, CancellationToken.None));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.GetAsync(Things, "p1"));
        await server.RestartAsync();

        Assert.NotNull(await store.GetAsync(Things, "p1"));
        Assert.Equal(["p1"], await store.ListAsync(new(Things) { Limit = 10 }));
        Assert.Equal(2, await store.WriteAsync(Put(Things, "p2", "{}")));
        Assert.Equal(3, await store.WriteAsync(Put(Things, "p3", "{}")));
        await waiting;
    }

    [Fact]
    public async Task A_restart_that_nobody_saw_passes_without_a_failure()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = await SharedPostgres.OpenAsync(new PostgresStoreOptions { ConnectionString = server.ConnectionString });
        await store.DeclareAsync(Collection(Things, "a"));
        await store.WriteAsync(Put(Things, "p1", """{"a":1}"""));
        await store.ListAsync(new(Things) { Limit = 10 });
        await store.GetAsync(Things, "p1");

        await server.StopAsync();
        await server.RestartAsync();

        Assert.Equal(["p1"], await store.ListAsync(new(Things) { Limit = 10 }));
        Assert.NotNull(await store.GetAsync(Things, "p1"));
        Assert.Equal(2, await store.WriteAsync(Put(Things, "p2", "{}")));
    }

    [Fact]
    public async Task A_read_that_nobody_waits_for_is_ended_at_the_server()
    {
        var server = await SharedPostgres.Server;
        string schema = SharedPostgres.NewSchema();
        var options = await SharedPostgres.OptionsAsync(schema);
        await using var store = await SharedPostgres.OpenAsync(options with
        {
            ConnectionString = $"{options.ConnectionString};Application Name={schema}",
            ReadersMax = 1,
        });
        await store.DeclareAsync(Collection(Things));
        await store.WriteAsync(Put(Things, "a", "{}"));
        string blocked = $"SELECT count(*) FROM pg_stat_activity WHERE application_name='{schema}' AND wait_event_type='Lock'";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        await using var other = new NpgsqlConnection(server.ConnectionString);
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"LOCK TABLE {schema}.t1", other)) await hold.ExecuteNonQueryAsync();
        using var client = new CancellationTokenSource();
        var reading = store.QueryAsync(new(Things) { Limit = 10 }, client.Token).AsTask();
        while ((await server.SqlAsync(blocked)).Trim() != "1") await Task.Delay(20, patience.Token);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        while ((await server.SqlAsync(blocked)).Trim() != "0") await Task.Delay(20, patience.Token);
        await transaction.RollbackAsync();
        Assert.Equal(["a"], await store.ListAsync(new(Things) { Limit = 10 }));
    }

    [Fact]
    public async Task A_node_that_only_reads_is_present_again_after_a_restart()
    {
        const string present = "SELECT count(*) FROM pg_locks WHERE locktype='advisory' AND objid=2 AND mode='ShareLock' AND granted";
        await using var server = await PostgresServer.StartAsync();
        await using var store = await SharedPostgres.OpenAsync(new PostgresStoreOptions { ConnectionString = server.ConnectionString });
        await store.DeclareAsync(Collection(Things, "a"));
        Assert.Equal("1", (await server.SqlAsync(present)).Trim());

        await server.StopAsync();
        await server.RestartAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await server.SqlAsync(present)).Trim() != "1") await Task.Delay(50, patience.Token);
    }

    [Fact]
    public async Task A_killed_server_has_every_commit_that_was_answered_and_none_that_was_refused()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var store = await SharedPostgres.OpenAsync(new PostgresStoreOptions { ConnectionString = server.ConnectionString });
        await store.DeclareAsync(Collection(Things, "a"));

        // Eight writers; the server dies when they have written some, and comes back while they go on.
        var answers = new System.Collections.Concurrent.ConcurrentDictionary<string, CommitResult>();
        using var stop = new CancellationTokenSource();
        var enough = new TaskCompletionSource();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string path = $"w{writer}-{i}";
                answers[path] = await store.CommitAsync(Of(Put(Things, path, $$"""{"a":{{i}}}""")).If(new Precondition.AtRevision(new(Things, path), 0)));
                if (answers.Count > 400) enough.TrySetResult();
            }
        })).ToArray();

        await enough.Task;
        await server.KillAsync();
        await server.RestartAsync();
        int before = answers.Values.Count(answer => answer is CommitResult.Committed);
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60)))
        {
            while (answers.Values.Count(answer => answer is CommitResult.Committed) < before + 100) await Task.Delay(10, patience.Token);
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);

        var stored = (await store.ListAsync(new(Things) { Limit = 1_000 })).ToHashSet();
        foreach (var (path, answer) in answers)
        {
            if (answer is CommitResult.Committed) Assert.Contains(path, stored);
            else if (answer is CommitResult.Unavailable) Assert.DoesNotContain(path, stored);
        }

        var report = await store.CheckAsync(null, CancellationToken.None);
        Assert.Empty(report.Faults);
        Assert.Equal(stored.Count, report.Entries);
    }

    private static PostgresStoreOptions Through(CuttingProxy proxy, PostgresStoreOptions options) =>
        options with { ConnectionString = options.ConnectionString + $";Port={proxy.Port}" };
}

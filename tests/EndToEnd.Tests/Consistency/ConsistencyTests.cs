using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>What concurrent clients see of a store, over HTTP and through all of its nodes. Each engine has a subclass.</summary>
public abstract class ConsistencyTests<TNodes>(TNodes nodes) : IClassFixture<TNodes> where TNodes : Nodes
{
    protected const int Clients = 8;

    protected TNodes Nodes { get; } = nodes;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_clients_do_at_once_is_explained_by_one_order()
    {
        Nodes.SkipIfMissing();
        var record = new ConcurrentQueue<Operation>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(c => Task.Run(async () =>
        {
            var client = new RandomClient(Nodes, "registers", $"c{c}", seed: 4711 + c, record);
            for (int i = 0; i < 150; i++) await client.StepAsync();
        }, Ct)));

        var operations = record.ToList();
        await AssertExplainedAsync("registers", operations);
        Assert.DoesNotContain(operations, o => o is Operation.Write { Outcome: Outcome.Lost });

        // Enough of everything, or it has shown nothing.
        var writes = operations.OfType<Operation.Write>().ToList();
        Assert.All((int[])[404, 409, 412], status => Assert.True(writes.Count(w => w.Outcome is Outcome.Refused r && r.Status == status) >= 10, $"{status}"));
        Assert.True(writes.Count(w => w.Outcome is Outcome.Done && w.Steps is [{ IfMatch: > 0 }]) >= 10);
        Assert.True(writes.Count(w => w.Outcome is Outcome.Done && w.Steps.Count == 2) >= 10);
        Assert.True(operations.Count(o => o is Operation.Get { Seen: not null }) >= 10);
    }

    [Fact]
    public async Task No_increment_under_If_Match_is_lost()
    {
        Nodes.SkipIfMissing();
        const int Increments = 20;
        Assert.Equal(201, (await Nodes.Http(0).SendAsync("PUT", "/counters/c", """{"n":0}""")).Status);
        var made = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(c => Task.Run(async () =>
        {
            var random = new Random(c);
            for (int done = 0; done < Increments;)
            {
                var read = await Nodes.Http(random.Next(Nodes.Count)).SendAsync("GET", "/counters/c", null);
                int next = (int)read.Json["n"]! + 1;
                var written = await Nodes.Http(random.Next(Nodes.Count)).SendAsync(
                    "PUT", "/counters/c", $$"""{"n":{{next.ToString(CultureInfo.InvariantCulture)}}}""", $"If-Match: \"{read.Tag}-j\"");
                Assert.True(written.Status is 200 or 412, written.ToString());
                if (written.Status != 200) continue;

                made.Add(next);
                done++;
            }
        }, Ct)));

        Assert.Equal(Enumerable.Range(1, Clients * Increments), made.Order());
        Assert.Equal(Clients * Increments, (int)(await Nodes.Http(0).SendAsync("GET", "/counters/c", null)).Json["n"]!);
    }

    /// <summary>Replays everything against the history that the store tells of each key.</summary>
    protected async Task AssertExplainedAsync(string collection, IReadOnlyList<Operation> operations)
    {
        var past = new List<PastValue>();
        for (int key = 0; key < RandomClient.KeysMax; key++) past.AddRange(await Nodes.Http(0).HistoryAsync(collection, RandomClient.Key(key)));
        var faults = HistoryChecker.Check(operations, past);
        Assert.True(faults.Count == 0, $"{faults.Count} of {operations.Count} operations:\n{string.Join('\n', faults.Take(10))}");
        Assert.True(past.Count >= 50, $"{past.Count} versions");
    }
}

public sealed class SqliteConsistencyTests(SqliteNodes nodes) : ConsistencyTests<SqliteNodes>(nodes);

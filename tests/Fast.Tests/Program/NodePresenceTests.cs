using Stateway.Collections;
using Stateway.Collections.Kinds;
using Stateway.Hosting;
using Stateway.Management;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class NodePresenceTests
{
    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();

    [Fact]
    public async Task A_node_that_died_is_not_ready_after_a_minute_and_forgotten_after_an_hour()
    {
        var catalog = new Catalog([Kinds.Read()]);
        var store = new SmallStore(_time, int.MaxValue);
        await store.DeclareAsync(catalog.ToSpecs(), default);
        var kinds = new KindStore(catalog, store, _time, "node");
        var dead = new Key(Kinds.Node, "dead");
        await kinds.CreateAsync(dead, new() { Spec = new NodeFacts("m", 1, "1", "http://a", "http://b").ToSpec(), Conditions = [new(NodePresence.Ready, true, "Serving", "")] }, null, null, default);
        Assert.IsType<LeaseResult.Held>(await store.TakeLeaseAsync(NodePresence.LeaseOf("dead"), "dead", NodePresence.LeaseDuration, default));

        await using var alive = new NodePresence(store, kinds, new("m", 2, "1", "http://c", "http://d"), _time, _log);
        await alive.StartAsync();
        var own = new Key(Kinds.Node, alive.Id);
        long revision = (await kinds.ReadAsync(own, default))!.Revision;
        Assert.True(await ReadyAsync(dead));

        await AdvanceUntilAsync(async () => await ReadyAsync(dead) == false, NodePresence.LeaseDuration + NodePresence.Interval);
        await AdvanceUntilAsync(async () => await kinds.ReadAsync(dead, default) is null, NodePresence.KeptFor + (NodePresence.Interval * 2));
        Assert.Equal(revision, (await kinds.ReadAsync(own, default))!.Revision); // a sign of life is no write
        Assert.Equal("Serving", Assert.Single((await kinds.ReadAsync(own, default))!.Conditions()).Reason);
        Assert.Empty(_log.Lines);

        async Task<bool?> ReadyAsync(Key key) =>
            (await kinds.ReadAsync(key, default))?.Conditions().Single(condition => condition.Type == NodePresence.Ready).Holds;
    }

    /// <summary>Lets the time pass in small steps, each of which everybody has seen before the next.</summary>
    private async Task AdvanceUntilAsync(Func<Task<bool>> holds, TimeSpan most)
    {
        var step = TimeSpan.FromSeconds(5);
        for (var waited = TimeSpan.Zero; waited <= most; waited += step)
        {
            if (await holds()) return;

            _time.Advance(step);
            for (int i = 0; i < 100; i++) await Task.Yield();
        }

        Assert.True(await holds());
    }
}

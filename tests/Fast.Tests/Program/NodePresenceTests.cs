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

        await using var alive = new NodePresence(kinds, new("m", 2, "1", "http://c", "http://d"), _time, _log);
        _time.Advance(NodePresence.UnseenMax - TimeSpan.FromSeconds(1));
        alive.Start();
        Assert.True(await ReadyAsync(dead));

        _time.Advance(NodePresence.Interval);
        await UntilAsync(async () => await ReadyAsync(dead) == false);
        Assert.True(await ReadyAsync(new(Kinds.Node, alive.Id)));

        for (var waited = TimeSpan.Zero; waited <= NodePresence.KeptFor + NodePresence.Interval; waited += NodePresence.Interval)
        {
            var seen = (await kinds.ReadAsync(new(Kinds.Node, alive.Id), default))!.Revision;
            _time.Advance(NodePresence.Interval);
            await UntilAsync(async () => (await kinds.ReadAsync(new(Kinds.Node, alive.Id), default))!.Revision > seen);
        }

        await UntilAsync(async () => await kinds.ReadAsync(dead, default) is null);
        Assert.Empty(_log.Lines);

        async Task<bool?> ReadyAsync(Key key) =>
            (await kinds.ReadAsync(key, default))?.Conditions().Single(condition => condition.Type == NodePresence.Ready).Holds;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

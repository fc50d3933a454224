using System.Collections.Concurrent;
using Stateway.Controllers;
using Stateway.Fast.Tests.Program;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Controllers;

public sealed class ChangeFollowerTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _told = [];
    private Cluster _cluster = null!;
    private Cluster.Node _node = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await Cluster.OpenAsync();
        _node = _cluster.AddNode("one");
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Listeners_are_told_the_changes_of_their_collections_in_order_and_how_far_it_has_come()
    {
        using var things = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        using var both = _node.Follower.Subscribe(Listener("second", Cluster.Things, Cluster.Parts));
        _node.Follower.Start();
        await ToldAsync(2);

        await _cluster.PutAsync("a", "1");
        await ToldAsync(6);
        await _cluster.PutAsync("a/p", "1", Cluster.Parts);
        await ToldAsync(9);
        await _cluster.PutAsync("c", "1", Cluster.Copies);
        await ToldAsync(11);
        await _cluster.WriteAsync(new Write.Delete(new(Cluster.Things, "a")));
        await ToldAsync(15);

        Assert.Equal(
            [
                "first began at 0", "second began at 0",
                "first a 1", "second a 1", "first seen 1", "second seen 1",
                "second a/p 2", "first seen 2", "second seen 2",
                "first seen 3", "second seen 3",
                "first -a 4", "second -a 4", "first seen 4", "second seen 4",
            ],
            _told);
    }

    [Fact]
    public async Task Who_comes_later_is_told_at_once_where_it_is_and_who_has_left_nothing()
    {
        _node.Follower.Start();
        using var first = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        await ToldAsync(1);
        await _cluster.PutAsync("a", "1");
        await ToldAsync(3);

        var second = _node.Follower.Subscribe(Listener("second", Cluster.Things));
        Assert.Contains("second began at 1", _told);
        second.Dispose();
        second.Dispose();
        await _cluster.PutAsync("b", "1");
        await ToldAsync(6);

        Assert.Equal(["first began at 0", "first a 1", "first seen 1", "second began at 1", "first b 2", "first seen 2"], _told);
    }

    [Fact]
    public async Task It_begins_anew_when_what_comes_next_is_no_longer_held()
    {
        using var first = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        _node.Follower.Start();
        await ToldAsync(1);
        await _node.Store.HoldLooksAsync();
        for (int i = 0; i < 5; i++) await _cluster.PutAsync("a", $"{i}");
        await _cluster.Store.CompactAsync(5, default);

        _node.Store.ReleaseLooks();
        await Cluster.UntilAsync(() => _told.Contains("first began at 5"));
        await _cluster.PutAsync("b", "1");
        await ToldAsync(4);

        Assert.Equal(["first began at 0", "first began at 5", "first b 6", "first seen 6"], _told);
        Assert.Equal(["4003 The store's log no longer holds revision 1, only from 5; controllers list everything."], _node.Log.Lines);
    }

    [Fact]
    public async Task A_store_that_is_away_is_asked_again_and_told_of_once()
    {
        using var first = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        _node.Follower.Start();
        await ToldAsync(1);
        await _node.Store.HoldLooksAsync();
        await _cluster.PutAsync("a", "1");
        _node.Store.IsCut = true;
        _node.Store.ReleaseLooks();
        await Cluster.UntilAsync(() => _node.Store.Refusals > 20);
        Assert.Single(_node.Log.Lines);

        _node.Store.IsCut = false;
        await Cluster.UntilAsync(() => _node.Log.Lines.Count > 1);
        await _cluster.PutAsync("b", "1");
        await Cluster.UntilAsync(() => _told.Contains("first b 2"));

        Assert.Equal(["first began at 0", "first began at 1", "first b 2"], _told.Take(3));
        Assert.Equal(
            [
                "4001 The store is not available (The store is away.); what is served stays as it is until the store is back.",
                "4002 The store is followed again; controllers list everything.",
            ],
            _node.Log.Lines);
    }

    [Fact]
    public async Task What_users_write_is_not_read_and_does_not_hide_what_is_told()
    {
        using var first = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        _node.Follower.Start();
        await ToldAsync(1);
        await _node.Store.HoldLooksAsync();
        await _cluster.PutAsync("a", "1");
        for (int i = 0; i < 40; i++) await _cluster.PutAsync($"c{i}", "1", Cluster.Copies);
        await _cluster.WriteAsync(Entries.Put(Cluster.Things, "b", "1"), Entries.Put(Cluster.Things, "c", "1"));
        await _cluster.PutAsync("c", "2", Cluster.Copies);

        _node.Store.ReleaseLooks();
        await Cluster.UntilAsync(() => _told.Contains("first seen 43"));

        Assert.Equal(["first a 1", "first b 42", "first c 42"], _told.Where(line => line[6] is 'a' or 'b' or 'c' && !line.Contains("began", StringComparison.Ordinal)));
        Assert.Equal(2, _node.Store.LogReads);
    }

    [Fact]
    public async Task As_many_changes_as_it_takes_are_told_each_and_more_make_it_begin_anew()
    {
        using var first = _node.Follower.Subscribe(Listener("first", Cluster.Things));
        _node.Follower.Start();
        await ToldAsync(1);
        await BehindAsync(ChangeFollower.CommitsMax);
        await Cluster.UntilAsync(() => _told.Contains($"first seen {ChangeFollower.CommitsMax}"));
        Assert.Equal(
            Enumerable.Range(1, ChangeFollower.CommitsMax).Select(i => $"first a {i}"), _told.Where(line => line.StartsWith("first a ", StringComparison.Ordinal)));

        await BehindAsync(ChangeFollower.CommitsMax + 1);
        int end = (2 * ChangeFollower.CommitsMax) + 1;
        await Cluster.UntilAsync(() => _told.Contains($"first began at {end}"));

        Assert.DoesNotContain(_told, line => line == $"first a {end}");
        Assert.Equal([$"4005 More than {ChangeFollower.CommitsMax} changes have gathered; controllers list everything."], _node.Log.Lines);

        async Task BehindAsync(int count)
        {
            await _node.Store.HoldLooksAsync();
            for (int i = 0; i < count; i++) await _cluster.PutAsync("a", $"{i}");
            _node.Store.ReleaseLooks();
        }
    }

    [Fact]
    public async Task Nothing_is_told_twice_or_left_out_while_others_write_and_compact()
    {
        // The state as it is told, against the state itself: a beginning takes all of it, as a listing would.
        var told = new ConcurrentDictionary<string, string>();
        var listener = new ChangeListener([Cluster.Things])
        {
            Changed = (change, _) => told[change.Key.Path] = System.Text.Encoding.UTF8.GetString(change.After!.Value.Span),
            Begun = _ =>
            {
                var page = Assert.IsType<QueryResult.Page>(_cluster.Store.QueryAsync(new(Cluster.Things) { Limit = 1_000 }, default).AsTask().GetAwaiter().GetResult());
                foreach (var entry in page.Entries) told[entry.Key.Path] = System.Text.Encoding.UTF8.GetString(entry.Value.Span);
            },
        };
        using var subscription = _node.Follower.Subscribe(listener);
        _node.Follower.Start();
        var random = new Random(11);
        var made = new Dictionary<string, string>();
        for (int i = 0; i < 600; i++)
        {
            string path = $"t{random.Next(40)}";
            await _cluster.PutAsync(path, made[path] = $"{i}");
            if (random.Next(3) == 0) await _cluster.PutAsync($"c{i}", "1", Cluster.Copies);
            if (random.Next(20) == 0) await _cluster.Store.CompactAsync(_cluster.Store.Revision - random.Next(5), default);
            if (random.Next(50) == 0) _node.Store.IsCut ^= true;
        }

        _node.Store.IsCut = false;
        await Cluster.UntilAsync(() => made.All(pair => told.GetValueOrDefault(pair.Key) == pair.Value));
        Assert.Equal(made.Count, told.Count);
    }

    [Fact]
    public async Task A_listener_that_throws_makes_it_begin_anew()
    {
        bool hasThrown = false;
        var thrower = new ChangeListener([Cluster.Things])
        {
            Changed = (_, _) =>
            {
                if (hasThrown) return;
                hasThrown = true;
                throw new InvalidOperationException("A bug.");
            },
        };
        using var first = _node.Follower.Subscribe(thrower);
        using var second = _node.Follower.Subscribe(Listener("second", Cluster.Things));
        _node.Follower.Start();
        await ToldAsync(1);

        await _cluster.PutAsync("a", "1");

        await Cluster.UntilAsync(() => _told.Contains("second began at 1"));
        Assert.StartsWith("4004 ", _node.Log.Lines[0], StringComparison.Ordinal);
    }

    private Task ToldAsync(int count) => Cluster.UntilAsync(() => _told.Count >= count);

    private ChangeListener Listener(string name, params string[] collections) => new(collections)
    {
        Changed = (change, revision) => _told.Enqueue($"{name} {(change.After is null ? "-" : "")}{change.Key.Path} {revision}"),
        Seen = through => _told.Enqueue($"{name} seen {through}"),
        Begun = revision => _told.Enqueue($"{name} began at {revision}"),
    };
}

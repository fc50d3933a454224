using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Stateway.Collections.Watching;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Watching;

/// <summary>Feed, topics and watchers over a plain store, through a real web server.</summary>
public sealed class WatchTests
{
    private static readonly WatchOptions Quick = new()
    {
        TickInterval = TimeSpan.FromMilliseconds(50), IdleMax = TimeSpan.FromMilliseconds(100), FlushMax = TimeSpan.FromMilliseconds(500),
    };

    [Fact]
    public async Task It_begins_with_the_current_state_and_goes_on_with_changes()
    {
        await using var watched = await WatchedStore.StartAsync();
        await watched.CommitAsync(("a", Item("a", 1)), ("b", Item("b", 1)));
        using var watch = await watched.WatchAsync();
        Assert.Equal(["added a @1 more", "added b @1 more", "bookmark @1 initial"], Names(await watch.InitialAsync()));

        await watched.CommitAsync(("a", Item("a", 2)));
        await watched.CommitAsync(("b", null));
        await watched.CommitAsync(("c", Item("c", 1)));
        Assert.Equal(["modified a @2", "deleted b @3", "added c @4"], Names(await ChangesAsync(watch, 3)));
    }

    [Fact]
    public async Task On_a_node_that_has_followed_nothing_yet_it_begins_where_the_store_is()
    {
        await using var watched = await WatchedStore.StartAsync();
        for (int i = 1; i <= 5; i++) await watched.CommitAsync(("a", Item("a", i)));
        await watched.Store.CompactAsync(4, CancellationToken.None);
        watched.Store.KnowOnly(1);

        using var watch = await watched.WatchAsync();
        Assert.Equal(["added a @5 more", "bookmark @5 initial"], Names(await watch.InitialAsync()));
        await watched.CommitAsync(("a", Item("a", 6)));
        Assert.Equal(["modified a @6"], Names(await ChangesAsync(watch, 1)));
    }

    [Fact]
    public async Task The_changes_of_one_revision_come_together_and_only_the_last_is_a_place_to_resume_at()
    {
        await using var watched = await WatchedStore.StartAsync();
        using var lines = await watched.WatchAsync();
        using var stream = await watched.WatchAsync("", "Accept: text/event-stream");
        await lines.InitialAsync();
        await stream.InitialAsync();
        await watched.CommitAsync(("b", Item("b", 1)), ("a", Item("a", 1)), ("c", Item("c", 1)));

        string[] expected = ["added a @1 more", "added b @1 more", "added c @1"];
        Assert.Equal(expected, Names(await ChangesAsync(lines, 3)));
        Assert.Equal(expected, Names(await ChangesAsync(stream, 3)));
    }

    [Fact]
    public async Task What_begins_to_match_is_added_and_what_stops_is_deleted_as_it_last_matched()
    {
        await using var watched = await WatchedStore.StartAsync();
        await watched.CommitAsync(("a", Item("a", 1, "x")), ("b", Item("b", 1, "y")));
        using var watch = await watched.WatchAsync("&group=x");
        Assert.Equal(["added a @1 more", "bookmark @1 initial"], Names(await watch.InitialAsync()));

        await watched.CommitAsync(("b", Item("b", 2, "x")));
        await watched.CommitAsync(("b", Item("b", 3, "x")));
        await watched.CommitAsync(("b", Item("b", 4, "y")));
        await watched.CommitAsync(("b", Item("b", 5, "y")));
        await watched.CommitAsync(("a", null));
        var changes = await ChangesAsync(watch, 4);
        Assert.Equal(["added b @2", "modified b @3", "deleted b @4", "deleted a @6"], Names(changes));
        Assert.Equal(3, changes[2].Object.GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task WriteOnly_fields_are_neither_shown_nor_filtered_by()
    {
        await using var watched = await WatchedStore.StartAsync();
        using var whole = await watched.WatchAsync();
        using var part = await watched.WatchAsync("&fields=n");
        await whole.InitialAsync();
        await part.InitialAsync();
        await watched.CommitAsync(("a", "{\"id\":\"a\",\"n\":1,\"secret\":\"HIDDEN\",\"text\":{\"a\":\r\n1}}"));

        Assert.Equal("""{"id":"a","n":1,"text":{"a":  1}}""", (await whole.NextChangeAsync()).Object.GetRawText()); // and in one line
        Assert.Equal("""{"id":"a","n":1}""", (await part.NextChangeAsync()).Object.GetRawText());
        using var refused = await watched.WatchAsync("&filter=" + Uri.EscapeDataString("secret == \"HIDDEN\""));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
    }

    [Fact]
    public async Task A_watch_resumes_behind_a_revision_by_parameter_or_by_the_last_event_s_id()
    {
        await using var watched = await WatchedStore.StartAsync();
        for (int i = 1; i <= 5; i++) await watched.CommitAsync(("a", Item("a", i)));

        using var byRevision = await watched.WatchAsync("&revision=3");
        Assert.Equal(["modified a @4", "modified a @5"], Names(await ChangesAsync(byRevision, 2)));
        using var byId = await watched.WatchAsync("&revision=1", "Last-Event-ID: 4", "Accept: text/event-stream");
        Assert.Equal("modified a @5", (await byId.NextChangeAsync()).ToString());
        using var fromNow = await watched.WatchAsync("&revision=5");
        await watched.CommitAsync(("a", null));
        Assert.Equal("deleted a @6", (await fromNow.NextChangeAsync()).ToString());
    }

    [Fact]
    public async Task The_compaction_point_itself_can_be_resumed_at_and_nothing_below()
    {
        await using var watched = await WatchedStore.StartAsync();
        for (int i = 1; i <= 5; i++) await watched.CommitAsync(("a", Item("a", i)));
        await watched.Store.CompactAsync(3, default);

        using var at = await watched.WatchAsync("&revision=3");
        Assert.Equal("modified a @4", (await at.NextChangeAsync()).ToString());
        foreach (int gone in new[] { 0, 2, 6 })
        {
            using var refused = await watched.WatchAsync($"&revision={gone}");
            Assert.Equal(HttpStatusCode.Gone, refused.Status);
            Assert.Equal("REVISION_GONE", (await refused.ProblemAsync()).GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("text/event-stream")]
    public async Task A_log_that_is_gone_ends_every_watch_with_the_problem(string accept)
    {
        await using var watched = await WatchedStore.StartAsync();
        using var watch = await watched.WatchAsync("", "Accept: " + accept);
        await watch.InitialAsync();
        watched.Store.Failure = new LogResult.Gone(new StoreState(9, 8));
        await watched.CommitAsync(("a", Item("a", 1)));

        var error = await watch.NextChangeAsync();
        Assert.Equal("error", error.Type);
        var problem = error.Json.TryGetProperty("problem", out var inside) ? inside : error.Json;
        Assert.Equal("REVISION_GONE", problem.GetProperty("code").GetString());
        Assert.Null(await watch.NextAsync());

        // Who begins anew is fed again.
        watched.Store.Failure = null;
        using var anew = await watched.WatchAsync();
        await anew.InitialAsync();
        await watched.CommitAsync(("a", Item("a", 2)));
        Assert.Equal("modified a @2", (await anew.NextChangeAsync()).ToString());
    }

    [Fact]
    public async Task A_store_that_was_unavailable_is_followed_again_without_a_gap()
    {
        await using var watched = await WatchedStore.StartAsync();
        using var watch = await watched.WatchAsync();
        await watch.InitialAsync();
        watched.Store.Failure = new LogResult.Unavailable("The network is down.");
        for (int i = 1; i <= 3; i++) await watched.CommitAsync(("a", Item("a", i)));
        while (watched.Store.Failures < 2) await Task.Yield();
        watched.Store.Failure = null;

        Assert.Equal(["added a @1", "modified a @2", "modified a @3"], Names(await ChangesAsync(watch, 3)));
    }

    [Fact]
    public async Task A_silent_watch_gets_bookmarks_that_come_nearer_though_its_filter_hides_everything()
    {
        await using var watched = await WatchedStore.StartAsync(Quick);
        using var watch = await watched.WatchAsync("&group=x", "Accept: text/event-stream");
        await watch.InitialAsync();
        for (int i = 1; i <= 3; i++) await watched.CommitAsync(("a", Item("a", i, "y")));

        long seen = 0;
        while (seen < 3)
        {
            var next = (await watch.NextAsync())!;
            Assert.Equal("bookmark", next.Type);
            Assert.True(next.Revision >= seen);
            seen = next.Revision;
        }

        using var resumed = await watched.WatchAsync("&group=x&revision=3");
        await watched.CommitAsync(("a", Item("a", 4, "x")));
        Assert.Equal("added a @4", (await resumed.NextChangeAsync()).ToString());
        Assert.Equal("added a @4", (await watch.NextChangeAsync()).ToString());
    }

    [Fact]
    public async Task One_resource_can_be_watched_before_it_is_there()
    {
        await using var watched = await WatchedStore.StartAsync();
        await watched.CommitAsync(("ab", Item("ab", 1)));
        using var watch = await WatchReader.OpenAsync(watched.Url, "/items/a?watch=true");
        Assert.Equal(["bookmark @1 initial"], Names(await watch.InitialAsync()));

        await watched.CommitAsync(("b", Item("b", 1)));
        await watched.CommitAsync(("a", Item("a", 1)), ("c", Item("c", 1)));
        await watched.CommitAsync(("a", null));
        Assert.Equal(["added a @3", "deleted a @4"], Names(await ChangesAsync(watch, 2)));
        using var there = await WatchReader.OpenAsync(watched.Url, "/items/b?watch=true");
        Assert.Equal(["added b @2 more", "bookmark @4 initial"], Names(await there.InitialAsync()));
    }

    [Fact]
    public async Task Who_falls_out_of_the_ring_reads_the_log_and_misses_nothing()
    {
        await using var watched = await WatchedStore.StartAsync(new WatchOptions { RingFramesMax = 2, FlushMax = TimeSpan.FromMinutes(5) });
        using var watch = await watched.WatchAsync();
        await watch.InitialAsync();

        // More than the connection's buffers take, while nobody reads.
        string text = new('t', 100_000);
        for (int i = 1; i <= 200; i++) await watched.CommitAsync(("a", Item("a", i, text)));
        for (int i = 1; i <= 200; i++)
        {
            var change = await watch.NextChangeAsync();
            Assert.Equal(i, change.Revision);
            Assert.Equal(i, change.Object.GetProperty("n").GetInt32());
        }

        await watched.CommitAsync(("b", Item("b", 1)));
        Assert.Equal("added b @201", (await watch.NextChangeAsync()).ToString());
    }

    [Fact]
    public async Task Who_does_not_read_is_cut_off_and_resumes()
    {
        await using var watched = await WatchedStore.StartAsync(Quick);
        using var watch = await watched.WatchAsync("&revision=0");
        string text = new('t', 1_000_000);
        for (int i = 1; i <= 60; i++) await watched.CommitAsync(("a", Item("a", i, text)));
        while (watched.Watches.Count > 0) await Task.Yield();

        long seen = 0;
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while ((await watch.NextChangeAsync()).Revision is var revision)
            {
                Assert.Equal(seen + 1, revision);
                seen = revision;
            }
        });

        using var resumed = await watched.WatchAsync($"&revision={seen}");
        for (; seen < 60; seen++) Assert.Equal(seen + 1, (await resumed.NextChangeAsync()).Revision);
    }

    [Fact]
    public async Task Watches_beyond_the_limit_are_503_until_others_have_gone()
    {
        await using var watched = await WatchedStore.StartAsync(new WatchOptions { WatchesMax = 2 });
        using var one = await watched.WatchAsync();
        using (var two = await watched.WatchAsync())
        {
            using var refused = await watched.WatchAsync();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.NotNull(refused["Retry-After"]);
        }

        while (watched.Watches.Count > 1) await Task.Yield();
        using var three = await watched.WatchAsync();
        Assert.Equal(HttpStatusCode.OK, three.Status);
    }

    [Fact]
    public async Task A_stopping_server_ends_watches_with_a_bookmark_and_takes_no_more()
    {
        await using var watched = await WatchedStore.StartAsync();
        await watched.CommitAsync(("a", Item("a", 1)));
        using var watch = await watched.WatchAsync();
        await watch.InitialAsync();
        await watched.Watches.StopAsync();

        Assert.Equal("bookmark @1", (await watch.NextAsync())!.ToString());
        Assert.Null(await watch.NextAsync());
        using var refused = await watched.WatchAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
    }

    [Fact]
    public async Task A_client_that_has_gone_leaves_its_place()
    {
        await using var watched = await WatchedStore.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            using var watch = await watched.WatchAsync($"&group={i}");
            await watch.InitialAsync();
        }

        while (watched.Watches.Count > 0) await Task.Yield();
    }

    [Fact]
    public async Task HTTP_1_0_gets_it_until_the_connection_closes()
    {
        await using var watched = await WatchedStore.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", watched.Url.Port);
        await socket.SendAsync("GET /items?watch=true HTTP/1.0\r\nHost: x\r\n\r\n"u8.ToArray());
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!text.ToString().Contains("initial", StringComparison.Ordinal)) text.Append(Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer)));
        await watched.Watches.StopAsync();
        while (await socket.ReceiveAsync(buffer) is var count and > 0) text.Append(Encoding.ASCII.GetString(buffer, 0, count));

        Assert.DoesNotContain("chunked", text.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n{\"type\":\"bookmark\",\"revision\":\"0\",\"initial\":true}\n{\"type\":\"bookmark\",\"revision\":\"0\"}\n", text.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Watchers of many views come, go and resume while writers write; each one's events, applied one by one, make what its view is.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whoever_comes_and_goes_sees_each_change_once_and_ends_with_what_is_there(int seed)
    {
        await using var watched = await WatchedStore.StartAsync(new WatchOptions { RingFramesMax = 1 + seed * 3, TickInterval = TimeSpan.FromMilliseconds(20), IdleMax = TimeSpan.FromMilliseconds(10) });
        const int Commits = 600;
        string[] queries = ["", "&group=x", "&filter=" + Uri.EscapeDataString("n > 50"), "&fields=n,group"];
        var readers = Enumerable.Range(0, 12).Select(i => Task.Run(() => FollowAsync(queries[i % queries.Length], new Random(seed * 100 + i)))).ToList();

        var random = new Random(seed);
        for (int i = 0; i < Commits; i++)
        {
            var writes = Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"i{random.Next(20)}").Distinct()
                .Select(id => (id, random.Next(4) == 0 ? null : Item(id, random.Next(100), random.Next(2) == 0 ? "x" : "y"))).ToArray();
            await watched.CommitAsync(writes);
            if (random.Next(3) == 0) await Task.Yield();
        }

        await watched.CommitAsync(("end", Item("end", 99, "x")));
        foreach (var (query, state) in await Task.WhenAll(readers))
        {
            using var now = await watched.WatchAsync(query);
            var expected = (await now.InitialAsync()).Where(e => e.Type == "added").ToDictionary(e => e.Id, e => e.Object.GetRawText());
            Assert.Equal(expected.OrderBy(p => p.Key), state.OrderBy(p => p.Key));
        }

        async Task<(string, Dictionary<string, string>)> FollowAsync(string query, Random random)
        {
            var state = new Dictionary<string, string>();
            long position = -1;
            while (true)
            {
                string accept = random.Next(2) == 0 ? "application/x-ndjson" : "text/event-stream";
                using var watch = await watched.WatchAsync(query + (position < 0 ? "" : $"&revision={position}"), "Accept: " + accept);
                if (position < 0)
                {
                    var initial = await watch.InitialAsync();
                    foreach (var one in initial.Where(e => e.Type == "added")) Assert.True(state.TryAdd(one.Id, one.Object.GetRawText()));
                    position = initial[^1].Revision;
                    if (state.ContainsKey("end")) return (query, state);
                }

                // Cut anywhere, within a revision as well; what was not complete comes again.
                var pending = new List<WatchedEvent>();
                for (int left = random.Next(1, 60); left > 0; left--)
                {
                    var next = (await watch.NextAsync())!;
                    if (next.Type == "bookmark")
                    {
                        Assert.Empty(pending);
                        Assert.True(next.Revision >= position);
                        position = next.Revision;
                        continue;
                    }

                    Assert.True(pending.Count == 0 ? next.Revision > position : next.Revision == pending[0].Revision, $"{next} behind {position}");
                    pending.Add(next);
                    if (next.More) continue;

                    foreach (var change in pending) Apply(change, state);
                    position = next.Revision;
                    pending.Clear();
                    if (state.ContainsKey("end")) return (query, state);
                }
            }
        }

        static void Apply(WatchedEvent change, Dictionary<string, string> state)
        {
            switch (change.Type)
            {
                case "added": Assert.True(state.TryAdd(change.Id, change.Object.GetRawText()), change.ToString()); break;
                case "modified":
                    Assert.True(state.ContainsKey(change.Id), change.ToString());
                    state[change.Id] = change.Object.GetRawText();
                    break;
                case "deleted":
                    Assert.Equal(state[change.Id], change.Object.GetRawText());
                    state.Remove(change.Id);
                    break;
                default: Assert.Fail(change.Type); break;
            }
        }
    }

    private static string Item(string id, int n, string group = "x") => JsonSerializer.Serialize(new { id, n, group });

    private static string[] Names(IEnumerable<WatchedEvent> events) => [.. events.Select(e => e.ToString())];

    private static async Task<List<WatchedEvent>> ChangesAsync(WatchReader watch, int count)
    {
        var changes = new List<WatchedEvent>();
        while (changes.Count < count) changes.Add(await watch.NextChangeAsync());
        return changes;
    }
}

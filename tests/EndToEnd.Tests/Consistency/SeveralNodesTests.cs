using System.Collections.Concurrent;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>What holds across two nodes over one store, and when one of them is killed.</summary>
public abstract class SeveralNodesTests<TNodes>(TNodes nodes) : ConsistencyTests<TNodes>(nodes) where TNodes : Nodes
{
    private const int AttemptsMax = 4; // one node at a time is away, but it may come and the other go between two attempts

    [Fact]
    public async Task What_one_node_has_answered_the_other_shows_at_once()
    {
        Nodes.SkipIfMissing();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(c => Task.Run(async () =>
        {
            for (int i = 0; i < 60; i++)
            {
                HttpClient one = Nodes.Http(i % 2), other = Nodes.Http(1 - i % 2);
                string id = $"c{c}.{i % 3}", url = "/notes/" + id, text = $"{c}.{i}";
                var written = await one.SendAsync("PUT", url, $$"""{"text":"{{text}}"}""");
                Assert.True(written.Status is 200 or 201, written.ToString());

                string minimum = i % 2 == 0 ? "" : $"min_revision={written.Revision}"; // it must make no difference
                var read = await other.SendAsync("GET", $"{url}?{minimum}", null);
                Assert.Equal((200, written.Revision, text), (read.Status, read.Tag, (string?)read.Json["text"]));

                var list = await other.SendAsync("GET", "/notes?" + minimum, null);
                Assert.Equal(text, (string?)Assert.Single(list.Json["results"]!.AsArray(), row => (string?)row!["id"] == id)!["text"]);
                Assert.True(WireCall.Number((string?)list.Json["revision"]) >= written.Revision);
                if (i % 5 != 0) continue;

                Assert.Equal(204, (await one.SendAsync("DELETE", url, null)).Status);
                Assert.Equal(404, (await other.SendAsync("GET", $"{url}?{minimum}", null)).Status);
                Assert.Equal(text, (string?)(await other.SendAsync("GET", $"{url}?revision={written.Revision}", null)).Json["text"]);
            }
        }, Ct)));
    }

    [Fact]
    public async Task Watches_on_both_nodes_tell_every_change_once_and_go_on_where_the_other_stopped()
    {
        Nodes.SkipIfMissing();
        var list = await Nodes.Http(0).SendAsync("GET", "/watched", null);
        long begin = WireCall.Number((string?)list.Json["revision"]);
        var fromThere = Task.Run(() => WatchAsync(node: 1, begin, isStream: false), Ct);

        var writers = Task.WhenAll(Enumerable.Range(0, Clients).Select(c => Task.Run(async () =>
        {
            var client = new RandomClient(Nodes, "watched", $"c{c}", seed: 1147 + c, new());
            for (int i = 0; i < 100; i++) await client.StepAsync();
        }, Ct)));
        var fromNow = Task.Run(() => WatchAsync(node: 0, from: null, isStream: true), Ct);
        await writers;
        Assert.Equal(201, (await Nodes.Http(0).SendAsync("PUT", "/watched/end", """{"text":"end"}""")).Status);

        var past = new List<PastValue>();
        foreach (string key in (string[])[.. Enumerable.Range(0, RandomClient.KeysMax).Select(RandomClient.Key), "end"])
            past.AddRange(await Nodes.Http(0).HistoryAsync("watched", key));
        Assert.True(past.Count >= 100, $"{past.Count} versions");
        Assert.Equal(EventsOf(past, begin), (await fromThere).Changes);

        // The state at the bookmark, and everything behind it.
        var (initial, at, changes) = await fromNow;
        var state = past.Where(p => p.Revision <= at).GroupBy(p => p.Key).Select(g => g.MaxBy(p => p.Revision)!).Where(p => p.Value is not null);
        Assert.Equal(state.Select(p => EventText("added", p.Key, p.Revision, p.Value)).Order(StringComparer.Ordinal), initial.Order(StringComparer.Ordinal));
        Assert.Equal(EventsOf(past, at), changes);
    }

    [Fact]
    public async Task Killing_either_node_under_load_is_a_failed_connection_to_clients_and_nothing_else()
    {
        Nodes.SkipIfMissing();
        var jobs = new ConcurrentDictionary<string, string>(); // ids, by ticket, as acknowledged
        int failures = 0;
        await WithKillsAsync(async (c, acknowledged, stop) =>
        {
            var random = new Random(c);
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string ticket = $"c{c}-{i}";
                var created = await AskAsync(random, "POST", "/jobs", $$"""{"text":"{{ticket}}"}""", "Idempotency-Key: " + ticket);
                Assert.True(created.Status == 201, created.ToString());
                Assert.True(jobs.TryAdd(ticket, (string)created.Json["id"]!));

                var replaced = await AskAsync(random, "PUT", "/slots/s" + c, $$"""{"n":{{i}}}""");
                Assert.True(replaced.Status is 200 or 201, replaced.ToString());
                var read = await AskAsync(random, "GET", "/slots/s" + c, null);
                Assert.Equal((200, i), (read.Status, (int)read.Json["n"]!));
                acknowledged();
            }
        });

        Assert.True(failures > 0);
        for (int node = 0; node < Nodes.Count; node++)
        {
            var stored = new List<(string, string)>();
            for (string? token = ""; token is not null;)
            {
                var page = await Nodes.Http(node).SendAsync("GET", "/jobs?max_page_size=1000" + (token.Length > 0 ? "&page_token=" + token : ""), null);
                stored.AddRange(page.Json["results"]!.AsArray().Select(row => ((string)row!["text"]!, (string)row["id"]!)));
                token = (string?)page.Json["next_page_token"];
            }

            Assert.Equal(jobs.Select(j => (j.Key, j.Value)).Order(), stored.Order());
        }

        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", Nodes.StoreUrl);
        Assert.True(code == 0, output + error);

        async Task<WireAnswer> AskAsync(Random random, string method, string url, string? body, params string[] headers)
        {
            for (int node = random.Next(Nodes.Count), attempt = 1; ; node++, attempt++)
            {
                try
                {
                    return await Nodes.Http(node % Nodes.Count).SendAsync(method, url, body, headers);
                }
                catch (HttpRequestException) when (attempt < AttemptsMax)
                {
                    Interlocked.Increment(ref failures);
                }
            }
        }
    }

    [Fact]
    public async Task What_clients_see_around_the_kill_of_a_node_is_explained_by_one_order()
    {
        Nodes.SkipIfMissing();
        var record = new ConcurrentQueue<Operation>();
        await WithKillsAsync(async (c, acknowledged, stop) =>
        {
            var client = new RandomClient(Nodes, "survivors", $"c{c}", seed: 7114 + c, record);
            while (!stop.IsCancellationRequested)
            {
                await client.StepAsync();
                acknowledged();
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{record.Count} operations, {record.Count(o => o is Operation.Write { Outcome: Outcome.Lost })} writes without an answer");
        await AssertExplainedAsync("survivors", [.. record]);
    }

    /// <summary>Lets clients work while one node after the other is killed and started again.</summary>
    private async Task WithKillsAsync(Func<int, Action, CancellationToken, Task> client)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var acknowledged = new SemaphoreSlim(0);
        var clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(c => Task.Run(async () =>
        {
            try
            {
                await client(c, () => acknowledged.Release(), stop.Token);
            }
            catch
            {
                await stop.CancelAsync(); // nobody need go on
                throw;
            }
        }, Ct)));

        try
        {
            for (int node = 0; node < Nodes.Count; node++)
            {
                await DoneAsync(60);
                await Nodes.KillAsync(node);
                await DoneAsync(30);
                await Nodes.RestartAsync(node);
                await DoneAsync(30);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // A client failed, and says why.
        }

        await stop.CancelAsync();
        await clients;

        async Task DoneAsync(int count)
        {
            while (acknowledged.CurrentCount > 0) await acknowledged.WaitAsync(stop.Token); // of before
            for (int i = 0; i < count; i++) await acknowledged.WaitAsync(stop.Token);
        }
    }

    /// <summary>
    /// Watches until <c>end</c> comes, changing to the next node every 50 events, wherever that is: what was told of an incomplete
    /// revision is forgotten, and the last complete one resumed from.
    /// </summary>
    /// <param name="from">Null: the current state first.</param>
    private async Task<(List<string> Initial, long At, List<string> Changes)> WatchAsync(int node, long? from, bool isStream)
    {
        List<string> initial = [], complete = [], incomplete = [];
        long last = from ?? 0, at = 0;
        while (true)
        {
            bool resumes = last > 0;
            using var watch = await WatchReader.OpenAsync(
                Nodes.Url(node++ % Nodes.Count), "/watched?watch=true" + (resumes && !isStream ? $"&revision={last}" : ""),
                [$"Accept: {(isStream ? "text/event-stream" : "application/x-ndjson")}", .. resumes && isStream ? [$"Last-Event-ID: {last}"] : Array.Empty<string>()]);
            Assert.Equal(200, (int)watch.Status);
            if (!resumes)
            {
                var all = await watch.InitialAsync();
                Assert.All(all.SkipLast(1), e => Assert.True(e.More));
                initial.AddRange(all.SkipLast(1).Select(TextOf));
                last = at = all[^1].Revision;
            }

            incomplete.Clear();
            long within = 0;
            for (int count = 0; count < 50; count++)
            {
                var next = await watch.NextAsync() ?? throw new EndOfStreamException("The watch ended.");
                Assert.True(next.Revision > last || (next.Type == "bookmark" && next.Revision == last), $"{next} behind {last}");
                Assert.True(within == 0 || within == next.Revision, $"{next} within {within}");
                if (next.Type != "bookmark") incomplete.Add(TextOf(next));
                within = next.More ? next.Revision : 0;
                if (next.More) continue;

                last = next.Revision;
                complete.AddRange(incomplete.Order(StringComparer.Ordinal)); // within a revision there is no order
                incomplete.Clear();
                if (next.Type != "bookmark" && next.Id == "end") return (initial, at, complete);
            }
        }
    }

    private static List<string> EventsOf(IEnumerable<PastValue> past, long behind)
    {
        var events = new List<(long Revision, string Text)>();
        foreach (var versions in past.GroupBy(p => p.Key))
        {
            Register? before = null;
            foreach (var version in versions.OrderBy(v => v.Revision))
            {
                string type = version.Value is null ? "deleted" : before is null ? "added" : "modified";
                events.Add((version.Revision, EventText(type, version.Key, version.Revision, version.Value ?? before)));
                before = version.Value;
            }
        }

        return [.. events.Where(e => e.Revision > behind).OrderBy(e => e.Revision).ThenBy(e => e.Text, StringComparer.Ordinal).Select(e => e.Text)];
    }

    private static string TextOf(WatchedEvent e) =>
        EventText(e.Type, e.Id, e.Revision, new(StringOf(e, "text"), StringOf(e, "note")));

    private static string? StringOf(WatchedEvent e, string field) => e.Object.TryGetProperty(field, out var value) ? value.GetString() : null;

    private static string EventText(string type, string key, long revision, Register? value) => $"{type} {key} @{revision} {value?.Text}/{value?.Note}";
}

public sealed class PostgresConsistencyTests(PostgresNodes nodes) : SeveralNodesTests<PostgresNodes>(nodes);

public sealed class EtcdConsistencyTests(EtcdNodes nodes) : SeveralNodesTests<EtcdNodes>(nodes);

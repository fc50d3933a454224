using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Watches of the built program.</summary>
public sealed class WatchTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task The_header_section_is_that_of_a_stream()
    {
        using var lines = await OpenAsync("/rows?watch=true", "Accept-Encoding: gzip, br");
        Assert.Equal("application/x-ndjson", lines["Content-Type"]);
        Assert.Equal("no-store", lines["Cache-Control"]);
        Assert.Equal("no", lines["X-Accel-Buffering"]);
        Assert.Null(lines["Content-Length"]);
        Assert.Null(lines["Content-Encoding"]);

        var head = await wire.SendAsync("HEAD", "/rows?watch=true", null, "Accept: text/event-stream");
        Assert.Equal("text/event-stream", head.Expect(200)["Content-Type"]);
    }

    [Theory]
    [InlineData("application/json", "application/x-ndjson")]
    [InlineData("application/x-ndjson", "application/x-ndjson")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("text/event-stream, */*", "text/event-stream")]
    [InlineData("text/event-stream;q=0.5, application/json", "application/x-ndjson")]
    [InlineData("*/*", "application/x-ndjson")]
    public async Task The_form_goes_by_Accept(string accept, string expected)
    {
        using var watch = await OpenAsync("/rows?watch=true", "Accept: " + accept);
        Assert.Equal(expected, watch["Content-Type"]);
    }

    [Fact]
    public async Task XML_is_no_form_of_a_watch() =>
        (await wire.GetAsync("/rows?watch=true", "Accept: application/xml")).Expect(406);

    [Theory]
    [InlineData("/rows?watch=maybe", "watch TYPE")]
    [InlineData("/rows?watch=", "watch TYPE")]
    [InlineData("/rows?watch=true&order_by=n", "order_by UNKNOWN_PARAMETER")]
    [InlineData("/rows?watch=true&page_token=x", "page_token UNKNOWN_PARAMETER")]
    [InlineData("/rows?watch=true&max_page_size=5", "max_page_size UNKNOWN_PARAMETER")]
    [InlineData("/things?watch=true&expand=maker", "expand UNKNOWN_PARAMETER")]
    [InlineData("/rows?watch=true&revision=x", "revision TYPE")]
    [InlineData("/rows?watch=true&revision=-1", "revision TYPE")]
    [InlineData("/rows/r?watch=true&order_by=n", "order_by UNKNOWN_PARAMETER")]
    public async Task A_parameter_that_is_no_watch_s_is_400_and_named(string url, string expected) =>
        Assert.Equal([expected], (await wire.GetAsync(url)).Problem(400, "INVALID_PARAMETER"));

    [Fact]
    public async Task A_malformed_Last_Event_ID_is_400() =>
        Assert.Equal(["Last-Event-ID TYPE"], (await wire.GetAsync("/rows?watch=true&revision=1", "Last-Event-ID: x")).Problem(400, "INVALID_PARAMETER"));

    [Fact]
    public async Task Watch_false_is_an_ordinary_list()
    {
        Assert.NotNull((await wire.GetAsync("/planets?watch=false")).Expect(200).Json["results"]);
        (await wire.PutAsync("/planets/w", """{"name":"w"}""")).Written();
        (await wire.GetAsync("/planets/w?watch=false")).Expect(200);
    }

    [Fact]
    public async Task A_revision_that_the_store_has_never_had_is_410() =>
        (await wire.GetAsync("/rows?watch=true&revision=999999999")).Problem(410, "REVISION_GONE");

    [Fact]
    public async Task The_children_of_a_parent_that_is_deleted_go_together()
    {
        (await wire.PutAsync("/albums/watched", """{"title":"a"}""")).Written();
        for (int i = 0; i < 5; i++) (await wire.PutAsync($"/albums/watched/tracks/t{i}", $$"""{"title":"watched {{i}}"}""")).Written();
        (await wire.PutAsync("/albums/other", """{"title":"b"}""")).Written();
        (await wire.PutAsync("/albums/other/tracks/t9", """{"title":"other 9"}""")).Written();
        using var watch = await OpenAsync("/albums/watched/tracks?watch=true");
        Assert.Equal(6, (await watch.InitialAsync()).Count);

        (await wire.PutAsync("/albums/other/tracks/t9", """{"title":"other 10"}""")).Written();
        (await wire.DeleteAsync("/albums/watched")).Expect(204);
        var gone = new List<WatchedEvent>();
        do gone.Add(await watch.NextChangeAsync());
        while (gone[^1].More);
        Assert.Equal(["t0", "t1", "t2", "t3", "t4"], gone.Select(e => e.Id));
        Assert.All(gone, e => Assert.Equal(("deleted", gone[0].Revision), (e.Type, e.Revision)));
        (await wire.GetAsync("/albums/nowhere/tracks?watch=true")).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task What_is_writeOnly_is_never_shown()
    {
        using var watch = await OpenAsync("/makers?watch=true");
        await watch.InitialAsync();
        (await wire.PutAsync("/makers/watched", """{"name":"m","key":"HIDDEN"}""")).Written();
        (await wire.DeleteAsync("/makers/watched")).Expect(204);
        foreach (string type in new[] { "added", "deleted" })
        {
            var change = await watch.NextChangeAsync();
            Assert.Equal(type, change.Type);
            Assert.DoesNotContain("HIDDEN", change.Json.GetRawText(), StringComparison.Ordinal);
        }
    }

    /// <summary>Writers write, and watchers come in the middle, are cut anywhere and resume in either form.</summary>
    [Fact]
    public async Task Under_writers_every_watch_tells_each_change_once_and_ends_with_what_is_there()
    {
        const string Group = "watched";
        const int Writers = 4, Writes = 100;
        var readers = Enumerable.Range(0, 6).Select(i => Task.Run(() => FollowAsync(new Random(i)))).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            var random = new Random(1_000 + w);
            for (int i = 0; i < Writes; i++)
            {
                string url = $"/rows/watched-{random.Next(12)}";
                if (random.Next(4) == 0) await wire.DeleteAsync(url);
                else (await wire.PutAsync(url, $$"""{"n":{{random.Next(100)}},"group":"{{(random.Next(3) == 0 ? "no" : Group)}}"}""")).Written();
            }
        })));
        (await wire.PutAsync("/rows/watched-end", $$"""{"n":0,"group":"{{Group}}"}""")).Written();

        var expected = (await wire.GetAsync($"/rows?max_page_size=1000&group={Group}")).Json["results"]!.AsArray().Select(r => r!.ToJsonString()).Order(StringComparer.Ordinal);
        foreach (var state in await Task.WhenAll(readers))
            Assert.Equal(expected, state.Values.Select(text => System.Text.Json.Nodes.JsonNode.Parse(text)!.ToJsonString()).Order(StringComparer.Ordinal));

        async Task<Dictionary<string, string>> FollowAsync(Random random)
        {
            var state = new Dictionary<string, string>();
            long position = -1;
            while (!state.ContainsKey("watched-end"))
            {
                bool isStream = random.Next(2) == 0;
                string[] headers = isStream ? ["Accept: text/event-stream", .. position < 0 ? (string[])[] : [$"Last-Event-ID: {position}"]] : [];
                using var watch = await OpenAsync($"/rows?watch=true&group={Group}" + (position < 0 || isStream ? "" : $"&revision={position}"), headers);
                if (position < 0)
                {
                    var initial = await watch.InitialAsync();
                    foreach (var one in initial.SkipLast(1)) Assert.True(state.TryAdd(one.Id, one.Object.GetRawText()));
                    position = initial[^1].Revision;
                }

                for (int left = random.Next(1, 30); left > 0 && !state.ContainsKey("watched-end"); left--)
                {
                    var next = (await watch.NextAsync())!;
                    Assert.True(next.Type == "bookmark" ? next.Revision >= position : next.Revision > position, $"{next} behind {position}");
                    position = next.Revision;
                    if (next.Type == "bookmark") continue;
                    Assert.False(next.More);
                    if (next.Type == "added") Assert.True(state.TryAdd(next.Id, next.Object.GetRawText()), next.ToString());
                    else if (next.Type == "deleted") Assert.True(state.Remove(next.Id, out string? last) && last == next.Object.GetRawText(), next.ToString());
                    else
                    {
                        Assert.True(state.ContainsKey(next.Id), next.ToString());
                        state[next.Id] = next.Object.GetRawText();
                    }
                }
            }

            return state;
        }
    }

    [Fact]
    public async Task A_large_state_comes_whole_in_pages()
    {
        using var watch = await OpenAsync("/seeded?watch=true&fields=n");
        var initial = await watch.InitialAsync();
        Assert.Equal(20_003, initial.Count);
        Assert.Equal(20_002, initial.SkipLast(1).Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_program_that_stops_ends_its_watches_at_once_and_one_that_follows_its_documents_ends_those_of_what_is_gone()
    {
        using var folder = new TempFolder();
        string document = """
            openapi: 3.1.0
            info: { title: Watch, version: 1.0.0 }
            x-stateway-collections:
              staying: { schema: { type: object, properties: { n: { type: integer }, hidden: { type: string } } } }
              going: { schema: { type: object, properties: { n: { type: integer } } } }
            paths: {}
            """;
        await File.WriteAllTextAsync(folder.File("watch.yaml"), document);
        await using var program = await StatewayProgram.RunAsync(folder.File("watch.yaml"), folder.File("data"));
        using var staying = await WatchReader.OpenAsync(program.Url, "/staying?watch=true");
        using var going = await WatchReader.OpenAsync(program.Url, "/going?watch=true", "Accept: text/event-stream");
        await staying.InitialAsync();
        await going.InitialAsync();

        var applied = program.LineAsync("are in force");
        await File.WriteAllTextAsync(folder.File("watch.yaml"), document
            .Replace("hidden: { type: string }", "hidden: { type: string, writeOnly: true }", StringComparison.Ordinal)
            .Replace("  going:", "  coming:", StringComparison.Ordinal));
        await applied;
        Assert.Equal("error", (await going.NextChangeAsync()).Type);
        Assert.Null(await going.NextAsync());

        using var put = await program.Http.PutAsync("/staying/a", new StringContent("""{"n":1,"hidden":"HIDDEN"}""", null, "application/json"));
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        var added = await staying.NextChangeAsync();
        Assert.Equal("added", added.Type);
        Assert.False(added.Object.TryGetProperty("hidden", out _), added.Json.GetRawText());

        Assert.Equal(0, await program.StopAsync());
        Assert.Equal($"bookmark @{added.Revision}", (await staying.NextAsync())!.ToString());
        Assert.Null(await staying.NextAsync());
        Assert.DoesNotContain(" error ", program.Output, StringComparison.Ordinal);
    }

    private Task<WatchReader> OpenAsync(string url, params string[] headers) => WatchReader.OpenAsync(wire.Url, "/v1" + url, headers);
}

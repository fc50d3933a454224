using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>A list is one state, however long its pages are turned: that of the first page.</summary>
public sealed class PinnedPageTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("&order_by=group,-n", 4)]
    [InlineData("&order_by=-n", 3)]
    [InlineData("&order_by=-id", 7)]
    [InlineData("&filter=other%20%3C%2050", 2)]
    public async Task While_writers_change_everything_every_page_is_as_of_the_first(string query, int size)
    {
        string group = $"p{(uint)query.GetHashCode(StringComparison.Ordinal)}x{size}";
        for (int i = 0; i < 40; i++) await PutAsync(i, new Random(i));
        string url = $"/rows?group={group}{query}";
        var before = (await wire.GetAsync(url + "&max_page_size=1000")).Expect(200);

        using var enough = new CancellationTokenSource();
        var rows = new List<JsonNode>();
        var revisions = new HashSet<string>();
        var first = (await wire.GetAsync($"{url}&max_page_size={size}", "Prefer: count=exact")).Expect(200);
        Assert.Equal((string?)before.Json["revision"], (string?)first.Json["revision"]);

        // Everything is written, deleted, moved out of the list and back while the pages are turned.
        var writers = Enumerable.Range(0, 3).Select(w => WriteAsync(new Random(w), enough.Token)).ToArray();
        int rounds = 0;
        for (var page = first; ;)
        {
            rows.AddRange(page.Json["results"]!.AsArray().Select(r => r!));
            revisions.Add((string)page.Json["revision"]!);
            Assert.Equal(before.Ids.Length, (int)page.Json["total_size"]!);
            if (page.NextPageToken is not { } token) break;

            // At least one change between any two pages.
            await PutAsync(rounds++ % 40, new Random(rounds));
            page = (await wire.GetAsync($"{url}&max_page_size={size}&page_token={token}", "Prefer: count=exact")).Expect(200);
        }

        await enough.CancelAsync();
        await Task.WhenAll(writers);

        Assert.Single(revisions);
        Assert.Equal(before.Json["results"]!.ToJsonString(), new JsonArray([.. rows.Select(r => r.DeepClone())]).ToJsonString());
        Assert.NotEqual(before.Json["results"]!.ToJsonString(), (await wire.GetAsync(url + "&max_page_size=1000")).Json["results"]!.ToJsonString());

        async Task WriteAsync(Random random, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested) await PutAsync(random.Next(60), random);
        }

        async Task PutAsync(int i, Random random)
        {
            string row = $"/rows/{group}-{i:00}";
            if (random.Next(4) == 0) Assert.Contains((await wire.DeleteAsync(row)).Status, (int[])[204, 404]);
            else (await wire.PutAsync(row, $$"""{"n":{{random.Next(10)}},"other":{{random.Next(100)}},"group":"{{(random.Next(5) == 0 ? "out" : group)}}"}""")).Written();
        }
    }

    [Fact]
    public async Task A_page_behind_a_long_value_begins_where_the_row_was()
    {
        // An order by texts that no token holds: the row is found again as it was, though it has moved or is gone.
        for (int i = 0; i < 9; i++) (await wire.PutAsync($"/makers/long{i}", $$"""{"name":"{{Name(i)}}"}""")).Written();
        const string Url = "/makers?order_by=-name&max_page_size=3";
        var expected = Enumerable.Range(0, 9).Reverse().Select(i => "long" + i).ToArray();

        int page = 0;
        var ids = await wire.AllIdsAsync(Url, async () =>
        {
            // The last row of the page moves, or goes.
            string last = "/makers/" + expected[(++page * 3) - 1];
            if (page == 1) (await wire.PutAsync(last, $$"""{"name":"{{Name(20)}}"}""")).Expect(200);
            else (await wire.DeleteAsync(last)).Expect(204);
        });
        Assert.Equal(expected, ids);

        static string Name(int i) => new string((char)('a' + i), 1_100);
    }

    [Fact]
    public async Task A_token_and_a_revision_go_together_only_when_they_are_of_one()
    {
        for (int i = 0; i < 4; i++) (await wire.PutAsync($"/rows/r{i}", """{"group":"one"}""")).Written();
        var first = (await wire.GetAsync("/rows?group=one&max_page_size=2")).Expect(200);
        long revision = long.Parse((string)first.Json["revision"]!, System.Globalization.CultureInfo.InvariantCulture);
        string next = "/rows?group=one&page_token=" + first.NextPageToken;

        Assert.Equal(["r2", "r3"], (await wire.GetAsync($"{next}&revision={revision}&min_revision={revision}")).Expect(200).Ids);
        Assert.Equal(["page_token INVALID"], (await wire.GetAsync($"{next}&revision={revision - 1}")).Problem(400, "INVALID_PAGE_TOKEN"));
        Assert.Equal(["min_revision CONTRADICTION"], (await wire.GetAsync($"{next}&min_revision={revision + 1}")).Problem(400, "INVALID_PARAMETER"));

        // A list of the past is linked on with its revision.
        (await wire.DeleteAsync("/rows/r3")).Expect(204);
        var past = (await wire.GetAsync($"/rows?group=one&max_page_size=3&revision={revision}")).Expect(200);
        Assert.Contains($"revision={revision}&", past["Link"]!, StringComparison.Ordinal);
        Assert.Equal(["r3"], (await wire.GetAsync("/" + past["Link"]![1..past["Link"]!.IndexOf('>')])).Expect(200).Ids);
    }

    [Fact]
    public async Task A_page_that_others_follow_has_another_tag_when_the_store_has_changed()
    {
        for (int i = 0; i < 4; i++) (await wire.PutAsync($"/rows/e{i}", """{"group":"tag"}""")).Written();
        var first = (await wire.GetAsync("/rows?group=tag&max_page_size=2")).Expect(200);
        (await wire.GetAsync("/rows?group=tag&max_page_size=2", "If-None-Match: " + first.ETag)).Expect(304);
        var second = (await wire.GetAsync("/rows?group=tag&page_token=" + first.NextPageToken)).Expect(200);

        // The page behind changes: what the old token leads to is not what is.
        (await wire.PutAsync("/rows/e3", """{"group":"tag","n":1}""")).Written();
        var again = (await wire.GetAsync("/rows?group=tag&max_page_size=2", "If-None-Match: " + first.ETag)).Expect(200);
        (await wire.GetAsync("/rows?group=tag&page_token=" + first.NextPageToken, "If-None-Match: " + second.ETag)).Expect(304);
        Assert.Equal(1, (int?)(await wire.GetAsync("/rows?group=tag&page_token=" + again.NextPageToken, "If-None-Match: " + second.ETag)).Expect(200).Json["results"]![1]!["n"]);
    }
}

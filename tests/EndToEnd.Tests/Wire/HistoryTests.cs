using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>What a resource has been: its versions, the newest first.</summary>
public sealed class HistoryTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task A_filter_where_there_is_none_is_an_unknown_parameter()
    {
        (await wire.PutAsync("/things/unfiltered", """{"name":"a"}""")).Expect(201);
        Assert.Equal(["filter UNKNOWN_PARAMETER"], (await wire.GetAsync("/things/unfiltered/history?filter=true")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["filter UNKNOWN_PARAMETER"], (await wire.GetAsync("/things/unfiltered?filter=true")).Problem(400, "INVALID_PARAMETER"));
    }

    [Fact]
    public async Task A_history_tells_every_version_with_its_revision_and_time()
    {
        string first = (await wire.PutAsync("/things/h1", """{"name":"a"}""")).Expect(201).Text;
        string second = (await wire.PatchAsync("/things/h1", """{"count":2}""")).Expect(200).Text;
        (await wire.DeleteAsync("/things/h1")).Expect(204);
        string third = (await wire.PutAsync("/things/h1", """{"name":"b"}""")).Expect(201).Text;

        var results = (await wire.GetAsync("/things/h1/history")).Expect(200).Json["results"]!.AsArray();

        Assert.Equal(["added", "deleted", "modified", "added"], results.Select(r => (string)r!["type"]!));
        Assert.All(new[] { third, null, second, first }.Zip(results), pair =>
            Assert.True(JsonNode.DeepEquals(pair.First is null ? null : JsonNode.Parse(pair.First), pair.Second!["object"]), pair.Second!.ToJsonString()));
        long[] revisions = [.. results.Select(r => long.Parse((string)r!["revision"]!))];
        Assert.Equal(revisions.OrderDescending().Distinct(), revisions);
        // The time is the commit's, which comes a little after the resource got its own.
        string[] times = [.. results.Select(r => (string)r!["time"]!)];
        Assert.All(times, time => Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", time));
        Assert.Equal(times.OrderDescending(StringComparer.Ordinal), times);
        Assert.True(string.CompareOrdinal((string)results[0]!["object"]!["update_time"]!, times[0]) <= 0);
        foreach (var result in results)
        {
            var then = await wire.GetAsync("/things/h1?revision=" + (string)result!["revision"]!);
            if (result["object"] is null) then.Problem(404, "NOT_FOUND");
            else Assert.True(JsonNode.DeepEquals(result["object"], then.Expect(200).Json));
        }
    }

    [Fact]
    public async Task What_has_never_been_has_no_history()
    {
        (await wire.GetAsync("/things/never/history")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/things/.x/history")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/albums/never/tracks/t/history")).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/things/never/history", "{}")).Problem(405, "METHOD_NOT_ALLOWED");
    }

    [Fact]
    public async Task A_history_comes_in_pages_that_stay_while_it_grows()
    {
        for (int i = 0; i < 40; i++) (await wire.PutAsync("/rows/h", $$"""{"n":{{i}}}""")).Written();
        foreach (int size in new[] { 1, 7, 16, 17, 39, 40, 1_000 })
        {
            var seen = new List<int>();
            int pages = 0;
            string url = $"/v1/rows/h/history?fields=n&max_page_size={size}";
            for (string? next = url; next is not null; pages++)
            {
                var page = (await wire.GetAsync("/" + next)).Expect(200);
                seen.AddRange(page.Json["results"]!.AsArray().Select(r => (int)r!["object"]!["n"]!));
                Assert.All(page.Json["results"]!.AsArray(), r => Assert.Equal(((int)r!["object"]!["n"]!) == 0 ? "added" : "modified", (string)r["type"]!));
                next = page["Link"] is { } link ? link[1..link.IndexOf('>')] : null;
                Assert.Equal(next is null, page.NextPageToken is null);
                if (size > 1) (await wire.PutAsync("/rows/h", """{"n":100}""")).Written(); // in front of what is read
            }

            Assert.Equal(Enumerable.Range(0, 40).Reverse(), seen.Where(n => n < 100));
            Assert.Equal((seen.Count + size - 1) / size, pages);
        }
    }

    [Fact]
    public async Task A_token_belongs_to_the_history_of_one_resource()
    {
        foreach (string id in new[] { "t1", "t2" })
        {
            for (int i = 0; i < 3; i++) (await wire.PutAsync("/rows/" + id, $$"""{"n":{{i}}}""")).Written();
        }

        string token = (await wire.GetAsync("/rows/t1/history?max_page_size=1")).NextPageToken!;
        (await wire.GetAsync("/rows/t1/history?page_token=" + token)).Expect(200);
        foreach (string url in new[] { "/rows/t2/history", "/rows", "/seeded/t1/history", "/rows/T1/history" })
            Assert.Equal(["page_token INVALID"], (await wire.GetAsync($"{url}?page_token={token}")).Problem(400, "INVALID_PAGE_TOKEN"));

        string list = (await wire.GetAsync("/rows?max_page_size=1")).NextPageToken!;
        (await wire.GetAsync("/rows/t1/history?page_token=" + list)).Problem(400, "INVALID_PAGE_TOKEN");
    }

    [Fact]
    public async Task What_is_never_served_is_not_in_the_history_either()
    {
        (await wire.PutAsync("/things/h2", """{"name":"a","secret":"HIDDEN","address":{"city":"Rome","pin":"HIDDEN"},"lines":[{"sku":"x","cost":4711}]}""")).Written();
        (await wire.PatchAsync("/things/h2", """{"secret":"HIDDEN2"}""")).Expect(200);
        foreach (string query in new[] { "", "?fields=address,lines,name" })
        {
            foreach (string accept in new[] { "application/json", "application/xml" })
            {
                string text = (await wire.GetAsync("/things/h2/history" + query, "Accept: " + accept)).Expect(200).Text;
                Assert.Contains("Rome", text, StringComparison.Ordinal);
                Assert.DoesNotContain("HIDDEN", text, StringComparison.Ordinal);
                Assert.DoesNotContain("4711", text, StringComparison.Ordinal);
            }
        }

        Assert.Equal(["fields UNKNOWN_FIELD"], (await wire.GetAsync("/things/h2/history?fields=secret")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal("""{"id":"h2","name":"a"}""", (await wire.GetAsync("/things/h2/history?fields=name")).Json["results"]![0]!["object"]!.ToJsonString());
        Assert.Equal("""{"id":"h2","name":"a"}""", (await wire.GetAsync("/things/h2?fields=name&revision=" + (string)(await wire.GetAsync("/things/h2/history")).Json["results"]![1]!["revision"]!)).Text);
    }

    [Fact]
    public async Task Children_have_a_history_that_outlives_them_and_their_parent()
    {
        (await wire.PutAsync("/albums/h", """{"title":"a"}""")).Written();
        (await wire.PutAsync("/albums/h/tracks/t", """{"title":"b"}""")).Written();
        (await wire.PutAsync("/albums/h/tracks/t/marks/m", """{"at":1}""")).Written();
        (await wire.PostAsync("/albums/h/tracks/t/mute", null)).Expect(200);
        (await wire.DeleteAsync("/albums/h")).Expect(204);

        Assert.Equal(["deleted", "modified", "added"], await TypesAsync("/albums/h/tracks/t"));
        Assert.Equal(["deleted", "added"], await TypesAsync("/albums/h/tracks/t/marks/m"));
        Assert.Equal(["deleted", "added"], await TypesAsync("/albums/h"));
        Assert.Equal(0, (int?)(await wire.GetAsync("/albums/h/tracks/t/history")).Json["results"]![1]!["object"]!["seconds"]);
    }

    [Fact]
    public async Task A_history_has_a_tag_and_comes_as_XML()
    {
        (await wire.PutAsync("/makers/h", """{"name":"a"}""")).Written();
        var history = (await wire.GetAsync("/makers/h/history")).Expect(200);
        Assert.StartsWith("W/\"", history.ETag, StringComparison.Ordinal);
        (await wire.PutAsync("/makers/h9", """{"name":"a"}""")).Written();
        (await wire.GetAsync("/makers/h/history", "If-None-Match: " + history.ETag)).Expect(304);
        (await wire.PutAsync("/makers/h", """{"name":"b"}""")).Written();
        (await wire.GetAsync("/makers/h/history", "If-None-Match: " + history.ETag)).Expect(200);
        Assert.Empty((await wire.SendAsync("HEAD", "/makers/h/history", null)).Expect(200).Bytes);

        var xml = (await wire.GetAsync("/makers/h/history?max_page_size=1", "Accept: application/xml")).Expect(200).Xml;
        Assert.Equal("history", xml.Name.LocalName);
        var result = xml.Element("results")!.Elements().Single();
        Assert.Equal("modified", result.Element("type")!.Value);
        Assert.Equal("b", result.Element("object")!.Element("name")!.Value);
        Assert.NotEmpty(xml.Element("next_page_token")!.Value);
    }

    private async Task<string[]> TypesAsync(string url) =>
        [.. (await wire.GetAsync(url + "/history")).Expect(200).Json["results"]!.AsArray().Select(r => (string)r!["type"]!)];
}

using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Reads at least as new as a revision, and reads of what was at one.</summary>
public sealed class RevisionTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task A_resource_can_be_read_as_it_was()
    {
        long before = await RevisionAsync();
        var first = (await wire.PutAsync("/things/was", """{"name":"a"}""")).Expect(201);
        long created = await RevisionAsync();
        var second = (await wire.PatchAsync("/things/was", """{"name":"b"}""")).Expect(200);
        long changed = await RevisionAsync();
        (await wire.DeleteAsync("/things/was")).Expect(204);
        long deleted = await RevisionAsync();

        (await wire.GetAsync($"/things/was?revision={before}")).Problem(404, "NOT_FOUND");
        foreach (var (revision, expected) in new[] { (created, first), (changed, second) })
        {
            var then = (await wire.GetAsync($"/things/was?revision={revision}")).Expect(200);
            Assert.Equal(expected.Text, then.Text);
            Assert.Equal(expected.ETag, then.ETag);
            Assert.Equal(expected["Last-Modified"], then["Last-Modified"]);
            (await wire.GetAsync($"/things/was?revision={revision}", "If-None-Match: " + then.ETag)).Expect(304);
            (await wire.GetAsync($"/things/was?revision={revision}", "If-Match: \"1-j\"")).Problem(412, "PRECONDITION_FAILED");
            Assert.Equal("was", (string?)(await wire.GetAsync($"/things/was?revision={revision}", "Accept: application/xml")).Expect(200).Xml.Element("id"));
        }

        (await wire.GetAsync($"/things/was?revision={deleted}")).Problem(404, "NOT_FOUND");
        Assert.Equal(["revision NOT_REACHED"], (await wire.GetAsync($"/things/was?revision={deleted + 1_000}")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["revision NOT_REACHED"], (await wire.GetAsync($"/things?revision={deleted + 1_000}")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["revision TYPE"], (await wire.GetAsync("/things/was?revision=now")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["revision DUPLICATE"], (await wire.GetAsync("/things/was?revision=1&revision=2")).Problem(400, "INVALID_PARAMETER"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("&order_by=group,-n")]
    [InlineData("&order_by=-n")]
    [InlineData("&filter=n%20%3E%203")]
    [InlineData("&filter=other%20%3C%2050")]
    public async Task A_list_can_be_read_as_it_was(string query)
    {
        string group = "w" + (uint)query.GetHashCode(StringComparison.Ordinal);
        string url = $"/rows?group={group}{query}";
        var then = new List<(string Revision, string Text)>();
        var random = new Random(4711);
        for (int i = 0; i < 120; i++)
        {
            string id = $"{group}-{random.Next(25):00}";
            if (random.Next(4) == 0) Assert.Contains((await wire.DeleteAsync("/rows/" + id)).Status, (int[])[204, 404]);
            else (await wire.PutAsync("/rows/" + id, $$"""{"n":{{random.Next(10)}},"other":{{random.Next(100)}},"group":"{{(random.Next(5) == 0 ? "elsewhere" : group)}}"}""")).Written();
            if (i % 6 != 0) continue;

            var now = (await wire.GetAsync(url)).Expect(200);
            then.Add(((string)now.Json["revision"]!, now.Json["results"]!.ToJsonString()));
        }

        foreach (var (revision, text) in then)
        {
            var was = (await wire.GetAsync($"{url}&revision={revision}", "Prefer: count=exact")).Expect(200).Json;
            Assert.Equal(text, was["results"]!.ToJsonString());
            Assert.Equal(revision, (string?)was["revision"]);
            Assert.Equal(was["results"]!.AsArray().Count, (int)was["total_size"]!);

            var ids = await wire.AllIdsAsync($"{url}&revision={revision}&max_page_size=3");
            Assert.Equal(JsonNode.Parse(text)!.AsArray().Select(r => (string)r!["id"]!), ids);
        }
    }

    [Fact]
    public async Task What_is_expanded_is_as_it_was_too()
    {
        (await wire.PutAsync("/makers/x1", """{"name":"old"}""")).Written();
        (await wire.PutAsync("/things/x1", """{"name":"a","maker":"x1"}""")).Written();
        long then = await RevisionAsync();
        (await wire.PutAsync("/makers/x1", """{"name":"new"}""")).Written();

        Assert.Equal("new", (string?)(await wire.GetAsync("/things/x1?expand=maker")).Json["maker"]!["name"]);
        var was = (await wire.GetAsync($"/things/x1?expand=maker&revision={then}")).Expect(200);
        Assert.Equal("old", (string?)was.Json["maker"]!["name"]);
        Assert.Null(was["ETag"]);
        Assert.Equal("old", (string?)(await wire.GetAsync($"/things?maker=x1&expand=maker&revision={then}")).Json["results"]![0]!["maker"]!["name"]);
    }

    [Fact]
    public async Task Children_are_listed_as_they_were_when_the_parent_was()
    {
        long before = await RevisionAsync();
        (await wire.PutAsync("/albums/was", """{"title":"a"}""")).Written();
        (await wire.PutAsync("/albums/was/tracks/t", """{"title":"was"}""")).Written();
        long then = await RevisionAsync();
        (await wire.DeleteAsync("/albums/was")).Expect(204);

        Assert.Equal(["t"], (await wire.GetAsync($"/albums/was/tracks?revision={then}")).Expect(200).Ids);
        Assert.Equal("was", (string?)(await wire.GetAsync($"/albums/was/tracks/t?revision={then}")).Expect(200).Json["title"]);
        (await wire.GetAsync($"/albums/was/tracks?revision={before}")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/albums/was/tracks")).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task A_read_can_ask_to_see_a_write()
    {
        (await wire.PutAsync("/things/min", """{"name":"a"}""")).Written();
        long now = await RevisionAsync();
        (await wire.GetAsync($"/things/min?min_revision={now}")).Expect(200);
        Assert.Equal(["min"], (await wire.GetAsync($"/things?min_revision={now}&filter=id%20%3D%3D%20%22min%22")).Expect(200).Ids);
        (await wire.GetAsync($"/things/min/history?min_revision={now}")).Expect(200);
        Assert.Equal((await wire.GetAsync("/things/min")).ETag, (await wire.GetAsync($"/things/min?min_revision={now}")).ETag);

        // What comes while it waits.
        var waiting = wire.GetAsync($"/planets/min?min_revision={now + 1}");
        (await wire.PutAsync("/planets/min", """{"name":"a"}""")).Expect(201);
        (await waiting).Expect(200);

        var late = await wire.GetAsync($"/things/min?min_revision={long.MaxValue}");
        late.Problem(503, "REVISION_NOT_REACHED");
        Assert.Equal("1", late["Retry-After"]);
        Assert.Equal(["min_revision TYPE"], (await wire.GetAsync("/things?min_revision=-1")).Problem(400, "INVALID_PARAMETER"));
    }

    private async Task<long> RevisionAsync() =>
        long.Parse((string)(await wire.GetAsync("/countries?max_page_size=1")).Expect(200).Json["revision"]!, CultureInfo.InvariantCulture);
}

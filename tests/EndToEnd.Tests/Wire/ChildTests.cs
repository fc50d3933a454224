using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Collections that belong to one resource.</summary>
public sealed class ChildTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task Children_are_resources_of_their_own_below_their_parent()
    {
        await AlbumAsync("a1");
        await AlbumAsync("a2");
        var created = (await wire.PostAsync("/albums/a1/tracks?id=t1", """{"title":"one","seconds":10}""")).Expect(201);
        Assert.Equal("/v1/albums/a1/tracks/t1", created["Location"]);
        Assert.Equal("t1", (string?)created.Json["id"]);
        (await wire.PutAsync("/albums/a1/tracks/t2", """{"title":"two","seconds":5}""")).Expect(201);
        (await wire.PutAsync("/albums/a2/tracks/t1", """{"title":"three"}""")).Expect(201); // ids are one parent's
        string chosen = (await wire.PostAsync("/albums/a2/tracks", """{"title":"four"}""")).Expect(201)["Location"]!;
        Assert.StartsWith("/v1/albums/a2/tracks/", chosen, StringComparison.Ordinal);

        Assert.Equal(["t1", "t2"], (await wire.GetAsync("/albums/a1/tracks")).Expect(200).Ids);
        Assert.Equal(["t2", "t1"], await wire.AllIdsAsync("/albums/a1/tracks?order_by=seconds&max_page_size=1"));
        Assert.Equal(["t2", "t1"], await wire.AllIdsAsync("/albums/a1/tracks?order_by=-id&max_page_size=1"));
        Assert.Equal(["t1"], (await wire.GetAsync("/albums/a1/tracks?title=one")).Ids);
        Assert.Empty((await wire.GetAsync("/albums/a1/tracks?title=three")).Ids);
        Assert.Equal(2, (int?)(await wire.GetAsync("/albums/a2/tracks?max_page_size=1", "Prefer: count=exact")).Json["total_size"]);
        Assert.Equal("three", (string?)(await wire.GetAsync("/albums/a2/tracks/t1")).Json["title"]);

        (await wire.PatchAsync("/albums/a1/tracks/t1", """{"seconds":11}""", "If-Match: " + created.ETag)).Expect(200);
        (await wire.PatchAsync("/albums/a1/tracks/t1", """{"seconds":12}""", "If-Match: " + created.ETag)).Problem(412, "PRECONDITION_FAILED");
        Assert.Equal(0, (int?)(await wire.PostAsync("/albums/a1/tracks/t1/mute", null)).Expect(200).Json["seconds"]);
        Assert.Equal(0, (int?)(await wire.PostAsync("/albums/a1/tracks/t2:mute", null)).Expect(200).Json["seconds"]);
        (await wire.DeleteAsync("/albums/a1/tracks/t1")).Expect(204);
        Assert.Equal(["t2"], (await wire.GetAsync("/albums/a1/tracks")).Ids);
        Assert.Equal(["id", "title", "create_time", "update_time"], (await wire.GetAsync("/albums/a1")).Json.AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task A_page_token_is_one_parents()
    {
        await AlbumAsync("p1");
        await AlbumAsync("p2");
        for (int i = 0; i < 3; i++) (await wire.PutAsync($"/albums/p1/tracks/t{i}", $$"""{"title":"p1 {{i}}"}""")).Expect(201);
        var page = await wire.GetAsync("/albums/p1/tracks?max_page_size=2");
        Assert.StartsWith("</v1/albums/p1/tracks?", page["Link"], StringComparison.Ordinal);
        (await wire.GetAsync("/albums/p2/tracks?page_token=" + page.NextPageToken)).Problem(400, "INVALID_PAGE_TOKEN");
        Assert.Equal(["t2"], (await wire.GetAsync("/albums/p1/tracks?page_token=" + page.NextPageToken)).Ids);
    }

    [Fact]
    public async Task Below_a_missing_parent_there_is_nothing()
    {
        const string Track = """{"title":"lost"}""";
        (await wire.GetAsync("/albums/none/tracks")).Problem(404, "NOT_FOUND");
        var missing = await wire.PostAsync("/albums/none/tracks", Track);
        missing.Problem(404, "NOT_FOUND");
        Assert.Contains("albums has no resource \"none\"", missing.Detail, StringComparison.Ordinal);
        (await wire.PutAsync("/albums/none/tracks/t", Track)).Problem(404, "NOT_FOUND");
        (await wire.PatchAsync("/albums/none/tracks/t", "{}")).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/albums/none/tracks/t")).Problem(404, "NOT_FOUND");
        (await wire.DeleteAsync("/albums/none/tracks/t")).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/albums/none/tracks/t/mute", null)).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/albums/.bad/tracks")).Problem(404, "NOT_FOUND");

        // A reference into the parent's own collection is another matter.
        (await wire.PutAsync("/albums/none/tracks/t", """{"title":"lost","album":"none"}""")).Problem(404, "NOT_FOUND");
        await AlbumAsync("some");
        Assert.Equal(["/album REFERENCE"], (await wire.PutAsync("/albums/some/tracks/t", """{"title":"lost","album":"none"}""")).Problem(422, "INVALID_BODY"));
        (await wire.PutAsync("/albums/some/tracks/t", """{"title":"lost","album":"some"}""")).Expect(201);
    }

    [Fact]
    public async Task Children_go_with_their_parent_at_every_level()
    {
        await AlbumAsync("gone");
        await AlbumAsync("gone2");
        (await wire.PutAsync("/albums/gone/tracks/t", """{"title":"gone"}""")).Expect(201);
        (await wire.PutAsync("/albums/gone/tracks/t/marks/m", """{"at":1}""")).Expect(201);
        (await wire.PutAsync("/albums/gone2/tracks/t", """{"title":"stays"}""")).Expect(201);
        (await wire.PutAsync("/albums/gone2/tracks/t/marks/m", """{"at":2}""")).Expect(201);
        (await wire.DeleteAsync("/albums/gone")).Expect(204);
        foreach (string url in new[] { "/albums/gone/tracks", "/albums/gone/tracks/t", "/albums/gone/tracks/t/marks", "/albums/gone/tracks/t/marks/m" })
            (await wire.GetAsync(url)).Problem(404, "NOT_FOUND");

        // They don't come back with it, and their unique values are free.
        await AlbumAsync("gone");
        Assert.Empty((await wire.GetAsync("/albums/gone/tracks")).Ids);
        (await wire.PutAsync("/albums/gone/tracks/t", """{"title":"gone"}""")).Expect(201);
        Assert.Empty((await wire.GetAsync("/albums/gone/tracks/t/marks")).Ids);
        Assert.Equal(2, (int?)(await wire.GetAsync("/albums/gone2/tracks/t/marks/m")).Expect(200).Json["at"]);
    }

    [Fact]
    public async Task A_child_and_the_deletion_of_its_parent_never_leave_an_orphan()
    {
        for (int round = 0; round < 40; round++)
        {
            await AlbumAsync($"race{round}");
            var answers = await Task.WhenAll(wire.PutAsync($"/albums/race{round}/tracks/t", $$"""{"title":"race {{round}}"}"""), wire.DeleteAsync($"/albums/race{round}"));
            Assert.True(answers[0].Status is 201 or 404, answers[0].Text);
            Assert.Equal(204, answers[1].Status);
            await AlbumAsync($"race{round}");
            Assert.Empty((await wire.GetAsync($"/albums/race{round}/tracks")).Expect(200).Ids);
        }
    }

    [Fact]
    public async Task A_unique_value_is_unique_among_all_parents()
    {
        await AlbumAsync("u1");
        await AlbumAsync("u2");
        (await wire.PutAsync("/albums/u1/tracks/t", """{"title":"only"}""")).Expect(201);
        Assert.Equal(["/title NOT_UNIQUE"], (await wire.PutAsync("/albums/u2/tracks/t", """{"title":"only"}""")).Problem(409, "NOT_UNIQUE"));
        (await wire.PatchAsync("/albums/u1/tracks/t", """{"seconds":1}""")).Expect(200);
    }

    private async Task AlbumAsync(string id) => (await wire.PutAsync("/albums/" + id, """{"title":"A"}""")).Written();
}

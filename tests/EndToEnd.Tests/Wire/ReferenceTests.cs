using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>References: they lead somewhere, what they lead to stays, and they can be expanded.</summary>
public sealed class ReferenceTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task A_reference_must_lead_somewhere()
    {
        (await wire.PutAsync("/makers/known", """{"name":"M"}""")).Written();
        Assert.Equal(["/maker REFERENCE"], (await wire.PutAsync("/things/r", """{"name":"a","maker":"nobody"}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/backup REFERENCE"], (await wire.PutAsync("/things/r", """{"name":"a","maker":"known","backup":"nobody"}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/address/owner REFERENCE", "/backup REFERENCE", "/maker REFERENCE"],
            (await wire.PostAsync("/things", """{"name":"a","maker":"nobody","backup":"no-one","address":{"city":"c","owner":"a/b"}}""")).Problem(422, "INVALID_BODY"));
        (await wire.PutAsync("/things/r", """{"name":"a","maker":"known","backup":"known"}""")).Written();
        Assert.Equal(["/maker REFERENCE"], (await wire.PatchAsync("/things/r", """{"maker":"nobody"}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/maker REFERENCE"], (await wire.PostAsync("/things/r/assign", """{"maker":"nobody"}""")).Problem(422, "INVALID_BODY"));
        (await wire.PatchAsync("/things/r", """{"maker":null,"backup":null}""")).Expect(200);
        (await wire.PutAsync("/things/r", """{"name":"a","maker":null}""")).Expect(200);
    }

    [Fact]
    public async Task What_something_refers_to_can_not_be_deleted()
    {
        (await wire.PutAsync("/makers/used", """{"name":"M"}""")).Written();
        (await wire.PutAsync("/things/user1", """{"name":"a","maker":"used"}""")).Written();
        (await wire.PutAsync("/things/user2", """{"name":"a","address":{"city":"c","owner":"used"}}""")).Written();
        var refused = await wire.DeleteAsync("/makers/used");
        refused.Problem(409, "STILL_REFERENCED");
        Assert.Contains("things", refused.Detail, StringComparison.Ordinal);
        (await wire.DeleteAsync("/things/user1")).Expect(204);
        (await wire.DeleteAsync("/makers/used")).Problem(409, "STILL_REFERENCED");
        (await wire.PatchAsync("/things/user2", """{"address":{"owner":null}}""")).Expect(200);
        (await wire.DeleteAsync("/makers/used")).Expect(204);
    }

    [Fact]
    public async Task A_resource_may_refer_to_itself()
    {
        (await wire.PutAsync("/countries/alone", """{"name":"a","neighbour":"alone"}""")).Expect(201);
        (await wire.PutAsync("/countries/beside", """{"name":"b","neighbour":"alone"}""")).Expect(201);
        (await wire.DeleteAsync("/countries/alone")).Problem(409, "STILL_REFERENCED");
        (await wire.DeleteAsync("/countries/beside")).Expect(204);
        (await wire.DeleteAsync("/countries/alone")).Expect(204);
    }

    [Fact]
    public async Task A_reference_and_the_deletion_of_what_it_leads_to_never_both_succeed()
    {
        for (int round = 0; round < 50; round++)
        {
            (await wire.PutAsync($"/makers/fate{round}", """{"name":"M"}""")).Written();
            var answers = await Task.WhenAll(wire.PutAsync($"/things/fate{round}", $$"""{"name":"a","maker":"fate{{round}}"}"""), wire.DeleteAsync($"/makers/fate{round}"));
            Assert.True((answers[0].Status, answers[1].Status) is (201, 409) or (422, 204), $"{answers[0].Status} {answers[1].Status}");
        }
    }

    [Fact]
    public async Task Expand_puts_the_resources_in_place_of_their_ids_at_most_three_deep()
    {
        (await wire.PutAsync("/continents/eu", """{"name":"Europe"}""")).Written();
        (await wire.PutAsync("/countries/it", """{"name":"Italy","continent":"eu"}""")).Written();
        (await wire.PutAsync("/makers/m", """{"name":"M","country":"it","key":"HIDDEN"}""")).Written();
        (await wire.PutAsync("/makers/n", """{"name":"N"}""")).Written();
        (await wire.PutAsync("/things/x1", """{"name":"a","price":1.50,"maker":"m","backup":"n","address":{"city":"c","owner":"m"}}""")).Written();
        (await wire.PutAsync("/things/x2", """{"name":"b","maker":null}""")).Written();

        var one = (await wire.GetAsync("/things/x1?expand=maker")).Expect(200);
        Assert.Equal((await wire.GetAsync("/makers/m")).Text, one.Json["maker"]!.ToJsonString());
        Assert.Equal("n", (string?)one.Json["backup"]);
        Assert.Contains("\"price\":1.50", one.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("HIDDEN", one.Text, StringComparison.Ordinal);
        Assert.Null(one["ETag"]); // it changes without this resource's revision

        Assert.Equal("Europe", (string?)(await wire.GetAsync("/things/x1?expand=maker.country.continent")).Json["maker"]!["country"]!["continent"]!["name"]);
        var several = (await wire.GetAsync("/things/x1?expand=maker.country,backup,address.owner")).Expect(200).Json;
        Assert.Equal("eu", (string?)several["maker"]!["country"]!["continent"]);
        Assert.Equal("N", (string?)several["backup"]!["name"]);
        Assert.Equal("M", (string?)several["address"]!["owner"]!["name"]);
        Assert.Equal("it", (string?)several["address"]!["owner"]!["country"]);

        var list = (await wire.GetAsync("/things?expand=maker&filter=" + Uri.EscapeDataString("id in [\"x1\",\"x2\"]"))).Expect(200);
        Assert.Equal("M", (string?)list.Json["results"]![0]!["maker"]!["name"]);
        Assert.Null(list.Json["results"]![1]!["maker"]);
        Assert.Null(list["ETag"]);
        Assert.StartsWith("""{"id":"x1","maker":{"id":"m","name":"M","country":"it",""", (await wire.GetAsync("/things/x1?expand=maker&fields=maker")).Text, StringComparison.Ordinal);
        Assert.Equal("""{"id":"x1","name":"a"}""", (await wire.GetAsync("/things/x1?expand=maker&fields=name")).Text);

        (await wire.GetAsync("/things/x1?expand=maker.country.continent.planet")).Problem(400, "INVALID_PARAMETER");
        Assert.Equal(["expand UNKNOWN_REFERENCE"], (await wire.GetAsync("/things/x1?expand=maker.name")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["expand UNKNOWN_REFERENCE"], (await wire.GetAsync("/planets?expand=maker")).Problem(400, "INVALID_PARAMETER"));
    }
}

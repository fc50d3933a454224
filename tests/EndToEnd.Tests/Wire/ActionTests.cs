using System.Globalization;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary>Actions: changes of state by name.</summary>
public sealed class ActionTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Theory]
    [InlineData("/things/c1/close")]
    [InlineData("/things/c2:close")]
    public async Task An_action_sets_fields_while_its_condition_holds(string url)
    {
        string id = url[8..10];
        var before = (await wire.PutAsync("/things/" + id, """{"name":"a","price":1.50,"address":{"city":"c","pin":"HIDDEN"}}""")).Expect(201);
        var closed = (await wire.PostAsync(url, null)).Expect(200);
        Assert.Equal("closed", (string?)closed.Json["state"]);
        Assert.Equal("a", (string?)closed.Json["name"]);
        Assert.InRange(DateTimeOffset.Parse((string)closed.Json["closed_at"]!, CultureInfo.InvariantCulture),
            DateTimeOffset.Parse((string)before.Json["update_time"]!, CultureInfo.InvariantCulture), DateTimeOffset.Parse((string)closed.Json["update_time"]!, CultureInfo.InvariantCulture).AddMilliseconds(1));
        Assert.NotEqual(before.ETag, closed.ETag);
        Assert.Equal((string?)before.Json["create_time"], (string?)closed.Json["create_time"]);
        var read = await wire.GetAsync("/things/" + id);
        Assert.Equal(closed.Text, read.Text);
        Assert.Equal(closed.ETag, read.ETag);

        var again = await wire.PostAsync(url, null);
        again.Problem(409, "WRONG_STATE");
        Assert.Contains("close needs resource.state == \"open\"", again.Detail, StringComparison.Ordinal);
        Assert.Equal(closed.ETag, (await wire.GetAsync("/things/" + id)).ETag);
    }

    [Fact]
    public async Task An_actions_body_is_validated_and_used()
    {
        (await wire.PutAsync("/things/n", """{"name":"a"}""")).Expect(201);
        var noted = (await wire.PostAsync("/things/n/note", """{"text":"hello","by":"me"}""")).Expect(200).Json;
        Assert.Equal("hello", (string?)noted["note"]);
        Assert.Equal("me", (string?)noted["noted_by"]);

        // What the body leaves out is cleared.
        var second = (await wire.PostAsync("/things/n/note", """{"text":"again"}""")).Expect(200).Json;
        Assert.Equal("again", (string?)second["note"]);
        Assert.False(second.AsObject().ContainsKey("noted_by"));

        Assert.Equal("xml", (string?)(await wire.PostAsync("/things/n/note", "<remark><text>xml</text></remark>", "Content-Type: application/xml")).Expect(200).Json["note"]);
        Assert.Equal("xml", (string?)(await wire.PostAsync("/things/n/note", """{"text":"xml"}""", "Accept: application/xml")).Expect(200).Xml.Element("note"));

        Assert.Equal(["/nope UNKNOWN_FIELD", "/text REQUIRED"], (await wire.PostAsync("/things/n/note", """{"nope":1}""")).Problem(422, "INVALID_BODY"));
        (await wire.PostAsync("/things/n/note", "{")).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/things/n/note", "")).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/things/n/note", null)).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/things/n/note", "text=a", "Content-Type: application/x-www-form-urlencoded")).Problem(415, "UNSUPPORTED_MEDIA_TYPE");

        // What comes out must fit the schema as well.
        Assert.Equal(["/note MAX_LENGTH"], (await wire.PostAsync("/things/n/note", """{"text":"longer than twenty characters"}""")).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task An_action_sets_fields_inside_objects_and_leaves_the_rest_as_it_is()
    {
        (await wire.PutAsync("/things/z", """{"name":"a","weight":5,"price":1.50,"address":{"city":"c","pin":"P"},"vault":{"j":{"sku":"j"},"k":{"sku":"k","quantity":3}}}""")).Expect(201);
        var zoned = (await wire.PostAsync("/things/z/zone", null)).Expect(200);
        Assert.Equal("""{"city":"c","zone":"B","verified":true}""", zoned.Json["address"]!.ToJsonString());
        Assert.Equal("""{"j":{"sku":"j","quantity":1},"k":{"sku":"k","quantity":7}}""", zoned.Json["vault"]!.ToJsonString());
        Assert.Contains("\"weight\":null", zoned.Text, StringComparison.Ordinal);
        Assert.Contains("\"price\":1.50", zoned.Text, StringComparison.Ordinal);
        (await wire.JsonPatchAsync("/things/z", """[{"op":"replace","path":"/address/pin","value":"Q"}]""")).Expect(200); // it is still there

        // Where the object is missing it is made, and the schema has the last word.
        (await wire.PutAsync("/things/y", """{"name":"a"}""")).Expect(201);
        Assert.Equal(["/address/city REQUIRED", "/vault/k/sku REQUIRED"], (await wire.PostAsync("/things/y/zone", null)).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task Another_target_answers_an_action_once_its_condition_holds()
    {
        string etag = (await wire.PutAsync("/things/q", """{"name":"a"}""")).Expect(201).ETag;
        Assert.Contains("1.50", (await wire.PostAsync("/things/q/quote", null)).Expect(200).Text, StringComparison.Ordinal);
        Assert.Equal(true, (bool?)(await wire.GetAsync("/things/q/look")).Expect(200).Json["seen"]);
        Assert.Equal(true, (bool?)(await wire.GetAsync("/things/q:look")).Expect(200).Json["seen"]);
        (await wire.GetAsync("/things/q/look", "If-None-Match: " + etag)).Expect(200); // its own answer, not the resource
        (await wire.PostAsync("/things/q/quote", null, "Accept: image/png")).Expect(200); // what it answers is its own business
        Assert.Equal(etag, (await wire.GetAsync("/things/q")).ETag);
        (await wire.PostAsync("/things/q/close", null)).Expect(200);
        (await wire.PostAsync("/things/q/quote", null)).Problem(409, "WRONG_STATE");
        (await wire.PostAsync("/things/nobody/quote", null)).Problem(404, "NOT_FOUND");
        (await wire.GetAsync("/things/nobody/look")).Problem(404, "NOT_FOUND");

        (await wire.PostAsync("/things/q/forward", """{"text":"sent on"}""")).Expect(201);
        Assert.Equal("sent on", (string?)(await wire.GetAsync("/inbox/forwarded")).Expect(200).Json["text"]);
        Assert.Equal(["/text REQUIRED"], (await wire.PostAsync("/things/q/forward", "{}")).Problem(422, "INVALID_BODY"));
    }

    [Fact]
    public async Task An_action_of_what_is_not_there_is_404()
    {
        (await wire.PostAsync("/things/nobody/close", null)).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/things/nobody:close", null)).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/things/.bad/close", null)).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/things/nobody/close", null, "If-Match: *")).Problem(412, "PRECONDITION_FAILED");
        (await wire.PostAsync("/things/nobody/nothing", null)).Problem(404, "NOT_FOUND");
        (await wire.PostAsync("/things/nobody:nothing", null)).Problem(405, "METHOD_NOT_ALLOWED"); // as /things/{id}
    }

    [Fact]
    public async Task Of_many_that_act_at_once_one_succeeds()
    {
        for (int round = 0; round < 20; round++)
        {
            (await wire.PutAsync($"/things/once{round}", """{"name":"a"}""")).Expect(201);
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => wire.PostAsync($"/things/once{round}/close", null)));
            Assert.Single(answers, a => a.Status == 200);
            Assert.Equal(7, answers.Count(a => a.Status == 409));
        }
    }
}

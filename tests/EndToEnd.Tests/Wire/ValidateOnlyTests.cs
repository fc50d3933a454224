using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary><c>Prefer: validate-only</c>: everything is checked, nothing is stored.</summary>
public sealed class ValidateOnlyTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private const string Tried = "Prefer: validate-only";

    [Fact]
    public async Task A_write_that_is_only_tried_answers_as_it_would_and_leaves_nothing()
    {
        var created = (await wire.PostAsync("/things?id=tried", """{"name":"a"}""", Tried)).Expect(201);
        AssertTried(created);
        Assert.Equal("tried", (string?)created.Json["id"]);
        Assert.Equal(0, (int?)created.Json["count"]); // defaults and all
        (await wire.GetAsync("/things/tried")).Expect(404);

        AssertTried((await wire.PutAsync("/things/tried", """{"name":"a"}""", Tried)).Expect(201));
        (await wire.GetAsync("/things/tried")).Expect(404);

        string etag = (await wire.PutAsync("/things/kept", """{"name":"before"}""")).Expect(201).ETag;
        AssertTried((await wire.PutAsync("/things/kept", """{"name":"after"}""", Tried)).Expect(200));
        Assert.Equal("after", (string?)(await wire.PatchAsync("/things/kept", """{"name":"after"}""", Tried)).Expect(200).Json["name"]);
        Assert.Equal("closed", (string?)(await wire.PostAsync("/things/kept/close", null, Tried)).Expect(200).Json["state"]);
        var deleted = (await wire.DeleteAsync("/things/kept", Tried)).Expect(204);
        AssertTried(deleted);
        var read = (await wire.GetAsync("/things/kept")).Expect(200);
        Assert.Equal(etag, read.ETag);
        Assert.Equal("before", (string?)read.Json["name"]);
    }

    [Fact]
    public async Task A_write_that_is_only_tried_is_refused_for_everything_that_it_would_be_refused_for()
    {
        Assert.Equal(["/name REQUIRED"], (await wire.PostAsync("/things", "{}", Tried)).Problem(422, "INVALID_BODY"));
        Assert.Equal(["/maker REFERENCE"], (await wire.PostAsync("/things", """{"name":"a","maker":"nobody"}""", Tried)).Problem(422, "INVALID_BODY"));
        (await wire.PostAsync("/things", """{"name":"a"}""", Tried, "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");

        (await wire.PutAsync("/things/unique", """{"name":"a","code":"VO-1"}""")).Expect(201);
        Assert.Equal(["/code NOT_UNIQUE"], (await wire.PostAsync("/things", """{"name":"a","code":"VO-1"}""", Tried)).Problem(409, "NOT_UNIQUE"));
        (await wire.PostAsync("/things?id=unique", """{"name":"a"}""", Tried)).Problem(409, "ALREADY_EXISTS");
        (await wire.PutAsync("/things/unique", """{"name":"b"}""", Tried, "If-Match: \"1-j\"")).Problem(412, "PRECONDITION_FAILED");
        (await wire.PatchAsync("/things/nobody", "{}", Tried)).Problem(404, "NOT_FOUND");
        (await wire.PutAsync("/albums/none/tracks/t", """{"title":"a"}""", Tried)).Problem(404, "NOT_FOUND");

        (await wire.PutAsync("/makers/held", """{"name":"a"}""")).Expect(201);
        (await wire.PutAsync("/things/holder", """{"name":"a","maker":"held"}""")).Expect(201);
        (await wire.DeleteAsync("/makers/held", Tried)).Problem(409, "STILL_REFERENCED");
        (await wire.PostAsync("/things/holder/close", null)).Expect(200);
        (await wire.PostAsync("/things/holder/close", null, Tried)).Problem(409, "WRONG_STATE");

        (await wire.PutAsync("/guarded/g", """{"title":"a"}""")).Expect(201);
        (await wire.PutAsync("/guarded/g", """{"title":"b"}""", Tried)).Problem(428, "PRECONDITION_REQUIRED");
    }

    [Fact]
    public async Task It_goes_with_other_preferences()
    {
        var answer = (await wire.PostAsync("/things", """{"name":"a","nope":1}""", "Prefer: validate-only, handling=lenient, return=minimal")).Expect(201);
        Assert.Equal("validate-only, handling=lenient, return=minimal", answer["Preference-Applied"]);
        Assert.Empty(answer.Bytes);
        Assert.Null(answer["Location"]);
    }

    [Fact]
    public async Task An_action_of_another_service_can_not_be_tried()
    {
        (await wire.PutAsync("/things/other", """{"name":"a"}""")).Expect(201);
        Assert.Equal(["Prefer VALIDATE_ONLY"], (await wire.PostAsync("/things/other/forward", """{"text":"never"}""", Tried)).Problem(400, "INVALID_PARAMETER"));
        (await wire.GetAsync("/inbox/forwarded")).Expect(404);
        (await wire.GetAsync("/things/other/look", Tried)).Expect(200); // it only tells
    }

    private static void AssertTried(Answer answer)
    {
        Assert.Equal("validate-only", answer["Preference-Applied"]);
        foreach (string header in (string[])["ETag", "Location", "Stateway-Revision", "Last-Modified"]) Assert.Null(answer[header]);
    }
}

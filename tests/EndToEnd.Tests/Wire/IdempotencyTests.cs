using System.Globalization;
using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary><c>Idempotency-Key</c>: a request that is repeated is carried out once.</summary>
public sealed class IdempotencyTests(WireProgram wire) : IClassFixture<WireProgram>
{
    [Fact]
    public async Task A_repeated_create_answers_the_same_and_creates_nothing()
    {
        const string Key = "Idempotency-Key: create-1";
        var first = (await wire.PostAsync("/things", """{"name":"once","secret":"s","price":1.50}""", Key)).Expect(201);
        Assert.Null(first["Idempotency-Replayed"]);
        Assert.NotNull(first["Stateway-Revision"]);

        // Also after the resource has gone on.
        string url = first["Location"]![3..];
        (await wire.PatchAsync(url, """{"name":"changed"}""")).Expect(200);
        foreach (string form in (string[])["create-1", "\"create-1\""])
        {
            var again = (await wire.PostAsync("/things", """{"name":"once","secret":"s","price":1.50}""", "Idempotency-Key: " + form)).Expect(201);
            Assert.Equal("true", again["Idempotency-Replayed"]);
            AssertSame(first, again);
        }

        Assert.Single((await wire.GetAsync("/things?name=changed")).Ids);
        Assert.Empty((await wire.GetAsync("/things?name=once")).Ids);
    }

    [Fact]
    public async Task The_form_of_a_repeated_answer_is_what_the_repeated_request_accepts()
    {
        const string Key = "Idempotency-Key: form";
        var first = (await wire.PostAsync("/things", """{"name":"form"}""", Key)).Expect(201);
        var again = (await wire.PostAsync("/things", """{"name":"form"}""", Key, "Accept: application/xml")).Expect(201);
        Assert.Equal("form", (string?)again.Xml.Element("name"));
        Assert.Equal(first.ETag.Replace("-j", "-x", StringComparison.Ordinal), again.ETag);
        (await wire.PostAsync("/things", """{"name":"form"}""", Key, "Accept: image/png")).Problem(406, "NOT_ACCEPTABLE");
    }

    [Fact]
    public async Task A_repeated_patch_is_applied_once()
    {
        (await wire.PutAsync("/things/p", """{"name":"a","tags":["one"]}""")).Expect(201);
        string[] headers = ["Content-Type: application/json-patch+json", "Idempotency-Key: patch-1", "Prefer: return=minimal"];
        var first = await wire.SendAsync("PATCH", "/things/p", """[{"op":"add","path":"/tags/-","value":"two"}]""", headers);
        var again = await wire.SendAsync("PATCH", "/things/p", """[{"op":"add","path":"/tags/-","value":"two"}]""", headers);
        first.Expect(204);
        AssertSame(first, again.Expect(204));
        Assert.Equal("return=minimal", again["Preference-Applied"]);
        Assert.Equal("""["one","two"]""", (await wire.GetAsync("/things/p")).Json["tags"]!.ToJsonString());
    }

    [Fact]
    public async Task A_repeated_action_is_done_once_though_its_condition_holds_no_more()
    {
        (await wire.PutAsync("/things/act", """{"name":"a"}""")).Expect(201);
        var first = (await wire.PostAsync("/things/act/close", null, "Idempotency-Key: act-1")).Expect(200);
        AssertSame(first, (await wire.PostAsync("/things/act/close", null, "Idempotency-Key: act-1")).Expect(200));
        (await wire.PostAsync("/things/act/close", null, "Idempotency-Key: act-2")).Problem(409, "WRONG_STATE");
    }

    [Fact]
    public async Task A_key_belongs_to_one_request()
    {
        const string Key = "Idempotency-Key: reused";
        (await wire.PostAsync("/things", """{"name":"a"}""", Key)).Expect(201);
        (await wire.PostAsync("/things", """{"name":"b"}""", Key)).Problem(422, "IDEMPOTENCY_KEY_REUSED");
        (await wire.PostAsync("/things?id=x", """{"name":"a"}""", Key)).Problem(422, "IDEMPOTENCY_KEY_REUSED");
        (await wire.PostAsync("/things", """{"name":"a"}""", Key, "Content-Type: application/json; charset=utf-8")).Problem(422, "IDEMPOTENCY_KEY_REUSED");

        // Another caller's, and another URL's, are others.
        Assert.Null((await wire.PostAsync("/things", """{"name":"b"}""", Key, "Authorization: Bearer other")).Expect(201)["Idempotency-Replayed"]);
        Assert.Null((await wire.PostAsync("/makers", """{"name":"b"}""", Key)).Expect(201)["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task What_was_refused_runs_again()
    {
        const string Key = "Idempotency-Key: refused";
        (await wire.PostAsync("/things", """{"name":"a","maker":"later"}""", Key)).Problem(422, "INVALID_BODY");
        (await wire.PutAsync("/makers/later", """{"name":"m"}""")).Expect(201);
        Assert.Null((await wire.PostAsync("/things", """{"name":"a","maker":"later"}""", Key)).Expect(201)["Idempotency-Replayed"]);
        Assert.NotNull((await wire.PostAsync("/things", """{"name":"a","maker":"later"}""", Key)).Expect(201)["Idempotency-Replayed"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("a b")]
    [InlineData("\"open")]
    [InlineData("\"a\"b")]
    [InlineData("LONG")]
    public async Task A_malformed_key_is_refused(string key)
    {
        key = key.Replace("LONG", new string('k', 256), StringComparison.Ordinal);
        Assert.Equal(["Idempotency-Key IDEMPOTENCY_KEY"], (await wire.PostAsync("/things", """{"name":"a"}""", "Idempotency-Key: " + key)).Problem(400, "INVALID_PARAMETER"));
    }

    [Fact]
    public async Task A_key_is_not_looked_at_where_repeating_does_no_harm_anyway()
    {
        const string Malformed = "Idempotency-Key: a b";
        (await wire.PutAsync("/things/free", """{"name":"a"}""", Malformed)).Expect(201);
        (await wire.GetAsync("/things/free", Malformed)).Expect(200);
        (await wire.DeleteAsync("/things/free", Malformed)).Expect(204);
    }

    [Fact]
    public async Task A_request_that_is_only_tried_leaves_its_key_free()
    {
        (await wire.PostAsync("/things", """{"name":"a"}""", "Idempotency-Key: tried", "Prefer: validate-only")).Expect(201);
        Assert.Null((await wire.PostAsync("/things", """{"name":"b"}""", "Idempotency-Key: tried")).Expect(201)["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task Of_many_with_one_key_at_once_one_creates_and_all_others_say_so()
    {
        for (int round = 0; round < 10; round++)
        {
            string name = $"race{round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => wire.PostAsync("/things", $$"""{"name":"{{name}}"}""", "Idempotency-Key: " + name)));
            var first = Assert.Single(answers, a => a.Status == 201 && a["Idempotency-Replayed"] is null);
            foreach (var other in answers.Where(a => a != first))
            {
                if (other.Status == 409) Assert.Equal("1", AssertInUse(other)["Retry-After"]);
                else AssertSame(first, other.Expect(201));
            }

            Assert.Single((await wire.GetAsync("/things?name=" + name)).Ids);
        }
    }

    [Fact]
    public async Task Every_answer_to_a_write_tells_its_revision()
    {
        long last = 0;
        foreach (var answer in new[]
        {
            (await wire.PostAsync("/things?id=rev", """{"name":"a"}""")).Expect(201),
            (await wire.PutAsync("/things/rev", """{"name":"b"}""")).Expect(200),
            (await wire.PatchAsync("/things/rev", "{}", "Prefer: return=minimal")).Expect(204),
            (await wire.PostAsync("/things/rev/close", null)).Expect(200),
            (await wire.DeleteAsync("/things/rev")).Expect(204),
        })
        {
            long revision = long.Parse(answer["Stateway-Revision"]!, CultureInfo.InvariantCulture);
            Assert.True(revision > last);
            if (answer["ETag"] is { } etag) Assert.Equal($"\"{revision}-j\"", etag);
            last = revision;
        }
    }

    private static Answer AssertInUse(Answer answer)
    {
        answer.Problem(409, "IDEMPOTENCY_KEY_IN_USE");
        return answer;
    }

    private static void AssertSame(Answer first, Answer again)
    {
        Assert.Equal(first.Status, again.Status);
        Assert.Equal(first.Text, again.Text);
        foreach (string header in (string[])["Location", "ETag", "Last-Modified", "Stateway-Revision", "Content-Type", "Preference-Applied", "Vary"]) Assert.Equal(first[header], again[header]);
    }
}

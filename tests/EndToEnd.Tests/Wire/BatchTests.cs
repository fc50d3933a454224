using Xunit;

namespace Stateway.EndToEnd.Tests.Wire;

/// <summary><c>POST /_/batch</c>: many changes, one commit.</summary>
public sealed class BatchTests(WireProgram wire) : IClassFixture<WireProgram>
{
    private Task<Answer> BatchAsync(string requests, params string[] headers) => wire.PostAsync("/_/batch", $$"""{"requests":[{{requests}}]}""", headers);

    [Fact]
    public async Task Later_requests_see_earlier_ones_and_refer_to_their_ids()
    {
        var answer = (await BatchAsync("""
            {"as":"album","method":"POST","path":"/albums","body":{"title":"A"}},
            {"as":"track","method":"POST","path":"/albums/${album.id}/tracks","body":{"title":"T ${album.id}, $${album.id}","seconds":1.50e1,"album":"${album.id}"}},
            {"method":"PATCH","path":"/albums/${album.id}/tracks/${track.id}","body":{"seconds":7}},
            {"method":"POST","path":"/albums/${album.id}/tracks/${track.id}/mute"},
            {"method":"PUT","path":"/albums/${album.id}","headers":{"If-Match":"*","prefer":"return=minimal"},"body":{"title":"B"}}
            """)).Expect(200);
        var results = answer.Json["results"]!.AsArray();
        string revision = (string)answer.Json["revision"]!;
        Assert.Equal(revision, answer["Stateway-Revision"]);
        Assert.Equal([201, 201, 200, 200, 204], results.Select(r => (int)r!["status"]!));
        Assert.All(results, r => Assert.Equal($"\"{revision}-j\"", (string?)r!["headers"]!["ETag"]));
        Assert.Equal("return=minimal", (string?)results[4]!["headers"]!["Preference-Applied"]);
        Assert.Null(results[4]!["body"]);

        string album = (string)results[0]!["headers"]!["Location"]!;
        string id = album[(album.LastIndexOf('/') + 1)..];
        string track = (string)results[1]!["headers"]!["Location"]!;
        Assert.StartsWith(album + "/tracks/", track, StringComparison.Ordinal);
        Assert.Contains("\"seconds\":1.50e1", answer.Text, StringComparison.Ordinal);

        var stored = (await wire.GetAsync(track[3..])).Expect(200);
        Assert.Equal($"\"{revision}-j\"", stored.ETag);
        Assert.Equal($"T {id}, ${{album.id}}", (string?)stored.Json["title"]);
        Assert.Equal(0, (int?)stored.Json["seconds"]);
        Assert.Equal("B", (string?)(await wire.GetAsync(album[3..])).Json["title"]);
    }

    [Fact]
    public async Task A_refusal_of_one_refuses_all()
    {
        var refused = await BatchAsync("""
            {"method":"PUT","path":"/things/all1","body":{"name":"a"}},
            {"as":"second","method":"PUT","path":"/things/all2","body":{"count":"many"}}
            """);
        Assert.Equal(["/requests/1/body/count TYPE", "/requests/1/body/name REQUIRED"], refused.Problem(422, "INVALID_BODY"));
        Assert.StartsWith("Request 1 (\"second\"), PUT /things/all2: ", refused.Detail, StringComparison.Ordinal);
        Assert.EndsWith("Nothing of the batch was done.", refused.Detail, StringComparison.Ordinal);
        (await wire.GetAsync("/things/all1")).Expect(404);

        (await wire.PutAsync("/things/old", """{"name":"a"}""")).Expect(201);
        var stale = await BatchAsync("""{"method":"DELETE","path":"/things/old","headers":{"If-Match":"\"1-j\""}}""");
        Assert.Equal(["/requests/0 PRECONDITION_FAILED"], stale.Problem(412, "PRECONDITION_FAILED"));
        Assert.Null(stale["ETag"]);
        Assert.Equal(["/requests/0/path UNKNOWN_PARAMETER"], (await BatchAsync("""{"method":"DELETE","path":"/things/old?nope=1"}""")).Problem(400, "INVALID_PARAMETER"));
        Assert.Equal(["/requests/0 NOT_FOUND"], (await BatchAsync("""{"method":"PATCH","path":"/things/nobody","body":{}}""")).Problem(404, "NOT_FOUND"));
        Assert.Equal(["/requests/0 UNSUPPORTED_MEDIA_TYPE"], (await BatchAsync("""{"method":"PUT","path":"/things/old","headers":{"Content-Type":"application/json-patch+json"},"body":[]}""")).Problem(415, "UNSUPPORTED_MEDIA_TYPE"));
        Assert.Equal(["/requests/0 MALFORMED_BODY"], (await BatchAsync("""{"method":"PUT","path":"/things/old"}""")).Problem(400, "MALFORMED_BODY"));
        Assert.Equal(["/requests/0 MALFORMED_BODY"], (await BatchAsync("""{"method":"PATCH","path":"/things/old"}""")).Problem(400, "MALFORMED_BODY"));
    }

    [Theory]
    [InlineData("application/xml")]
    [InlineData("text/csv")]
    [InlineData("application/json;q=0, */*")]
    public async Task A_batch_whose_answer_the_client_can_not_read_is_refused(string accept)
    {
        (await BatchAsync("""{"method":"PUT","path":"/things/unread","body":{"name":"a"}}""", "Accept: " + accept)).Expect(406);
        (await wire.GetAsync("/things/unread")).Expect(404);
    }

    [Fact]
    public async Task What_a_batch_has_changed_already_has_no_tag_yet()
    {
        string etag = (await wire.PutAsync("/guarded/twice", """{"title":"a"}""")).Expect(201).ETag.Replace("\"", "\\\"", StringComparison.Ordinal);
        var stale = await BatchAsync($$"""
            {"method":"PUT","path":"/guarded/twice","headers":{"If-Match":"{{etag}}"},"body":{"title":"b"} },
            {"method":"PUT","path":"/guarded/twice","headers":{"If-Match":"{{etag}}"},"body":{"title":"c"} }
            """);
        stale.Problem(412, "PRECONDITION_FAILED");
        Assert.Contains("this batch has changed the resource already", stale.Detail, StringComparison.Ordinal);
        Assert.Contains("Send If-Match: *", (await BatchAsync($$"""
            {"method":"PUT","path":"/guarded/twice","headers":{"If-Match":"{{etag}}"},"body":{"title":"b"} },
            {"method":"PUT","path":"/guarded/twice","body":{"title":"c"} }
            """)).Expect(428).Detail, StringComparison.Ordinal);
        (await BatchAsync($$"""
            {"method":"PUT","path":"/guarded/twice","headers":{"If-Match":"{{etag}}"},"body":{"title":"b"} },
            {"method":"PUT","path":"/guarded/twice","headers":{"If-Match":"*"},"body":{"title":"c"} },
            {"method":"PUT","path":"/guarded/twice","headers":{"If-None-Match":"*","if-match":"*"},"body":{"title":"d"} }
            """)).Problem(412, "PRECONDITION_FAILED");
    }

    [Fact]
    public async Task Uniqueness_and_references_hold_across_a_batch()
    {
        Assert.Equal(["/requests/1/body/code NOT_UNIQUE"], (await BatchAsync("""
            {"method":"PUT","path":"/things/u1","body":{"name":"a","code":"B-1"}},
            {"method":"PUT","path":"/things/u2","body":{"name":"a","code":"B-1"}}
            """)).Problem(409, "NOT_UNIQUE"));

        // A value can change hands.
        (await wire.PutAsync("/things/u3", """{"name":"a","code":"B-3"}""")).Expect(201);
        (await BatchAsync("""
            {"method":"PATCH","path":"/things/u3","body":{"code":"B-4"}},
            {"method":"PUT","path":"/things/u4","body":{"name":"a","code":"B-3"}}
            """)).Expect(200);

        (await BatchAsync("""
            {"as":"maker","method":"POST","path":"/makers","body":{"name":"m"}},
            {"method":"PUT","path":"/things/r1","body":{"name":"a","maker":"${maker.id}"}}
            """)).Expect(200);
        (await wire.PutAsync("/makers/rm", """{"name":"m"}""")).Expect(201);
        (await BatchAsync("""
            {"method":"PUT","path":"/things/r2","body":{"name":"a","maker":"rm"}},
            {"method":"DELETE","path":"/makers/rm"}
            """)).Problem(409, "STILL_REFERENCED");
        Assert.Equal(["/requests/1/body/maker REFERENCE"], (await BatchAsync("""
            {"method":"DELETE","path":"/makers/rm"},
            {"method":"PUT","path":"/things/r2","body":{"name":"a","maker":"rm"}}
            """)).Problem(422, "INVALID_BODY"));
        (await wire.GetAsync("/makers/rm")).Expect(200);
    }

    [Fact]
    public async Task A_parent_that_goes_takes_its_staged_children_along()
    {
        (await wire.PutAsync("/albums/gone", """{"title":"a"}""")).Expect(201);
        (await wire.PutAsync("/albums/gone/tracks/old", """{"title":"a"}""")).Expect(201);
        (await BatchAsync("""
            {"method":"PUT","path":"/albums/gone/tracks/new","body":{"title":"b"}},
            {"method":"DELETE","path":"/albums/gone"},
            {"method":"PUT","path":"/albums/gone","body":{"title":"again"}},
            {"method":"PUT","path":"/albums/gone/tracks/last","body":{"title":"c"} }
            """)).Expect(200);
        Assert.Equal(["last"], (await wire.GetAsync("/albums/gone/tracks")).Ids);
        (await BatchAsync("""
            {"method":"DELETE","path":"/albums/gone"},
            {"method":"PUT","path":"/albums/gone/tracks/last","body":{"title":"c"} }
            """)).Problem(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_batch_is_said_at_once()
    {
        Assert.Equal(["/requests/0/as PATTERN", "/requests/0/method ENUM", "/requests/0/path PATTERN", "/requests/1/body_ UNKNOWN_FIELD", "/requests/1/method REQUIRED"],
            (await BatchAsync("""{"as":"1","method":"GET","path":"things"},{"path":"/things","body_":1}""")).Problem(422, "INVALID_BODY"));
        Assert.Equal(
            [
                "/requests/0/body/tags/1 UNKNOWN_REFERENCE", "/requests/0/headers/X-Other UNKNOWN_HEADER", "/requests/0/path UNKNOWN_REFERENCE",
                "/requests/1/as DUPLICATE", "/requests/1/body/a~1b/0/c MALFORMED_REFERENCE", "/requests/1/headers/Prefer VALIDATE_ONLY",
            ],
            (await BatchAsync("""
                {"as":"a","method":"POST","path":"/things/${a.id}","headers":{"X-Other":"1"},"body":{"name":"a","tags":["x","\u0024{b.id}"]}},
                {"as":"a","method":"POST","path":"/things","headers":{"Prefer":"validate-only"},"body":{"a/b":[{"c":"${a.name}"}]}}
                """)).Problem(400, "INVALID_BATCH"));

        (await wire.PostAsync("/_/batch", "{")).Problem(400, "MALFORMED_BODY");
        (await wire.PostAsync("/_/batch", """{"requests":[]}""")).Problem(422, "INVALID_BODY");
        (await BatchAsync(string.Join(',', Enumerable.Repeat("""{"method":"DELETE","path":"/things/x"}""", 101)))).Problem(422, "INVALID_BODY");
        (await wire.PostAsync("/_/batch", "<batch/>", "Content-Type: application/xml")).Problem(415, "UNSUPPORTED_MEDIA_TYPE");
        (await wire.PostAsync("/_/batch?x=1", """{"requests":[]}""")).Problem(400, "INVALID_PARAMETER");
        (await BatchAsync($$"""{"method":"PUT","path":"/open/x","body":{"text":"{{new string('x', 1 << 20)}}"} }""")).Problem(413, "BODY_TOO_LARGE");
        (await wire.GetAsync("/_/batch")).Problem(405, "METHOD_NOT_ALLOWED");
    }

    [Theory]
    [InlineData("POST", "/echo/x")]           // a mock
    [InlineData("POST", "/receive")]          // a service
    [InlineData("POST", "/things/a/quote")]   // an action that another target answers
    [InlineData("POST", "/nothing/at/all")]
    [InlineData("DELETE", "/things")]
    [InlineData("POST", "/_/batch")]
    [InlineData("POST", "//v1/things")]
    [InlineData("DELETE", "/things/../makers/a")]
    public async Task A_batch_takes_changes_of_stored_collections_and_nothing_else(string method, string path)
    {
        var refused = await BatchAsync($$"""{"method":"{{method}}","path":"{{path}}","body":{} }""");
        Assert.Equal(["/requests/0/path NOT_TAKEN"], refused.Problem(400, "INVALID_BATCH"));
    }

    [Fact]
    public async Task Text_that_is_no_reference_stays_as_it_was_written()
    {
        string text = """{"a":"\ud83d\ude00 $ {x} $$ \u0024","b":[1.0,1e2],"c":{"$":"}"}}""";
        (await BatchAsync($$"""{"method":"PUT","path":"/open/text","body":{{text}} }""")).Expect(200);
        Assert.Contains(text[1..^1], (await wire.GetAsync("/open/text")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_can_be_tried_and_repeated()
    {
        const string Requests = """
            {"as":"m","method":"POST","path":"/makers","body":{"name":"rep"}},
            {"method":"POST","path":"/things","body":{"name":"rep","maker":"${m.id}","secret":"HIDDEN"}},
            {"method":"PUT","path":"/things/repeated","headers":{"Prefer":"return=minimal"},"body":{"name":"rep"}},
            {"method":"DELETE","path":"/things/repeated"}
            """;
        var tried = (await BatchAsync(Requests, "Prefer: validate-only", "Idempotency-Key: batch")).Expect(200);
        Assert.Equal("validate-only", tried["Preference-Applied"]);
        Assert.Null(tried["Stateway-Revision"]);
        Assert.Null(tried.Json["revision"]);
        Assert.Equal("{}", tried.Json["results"]![0]!["headers"]!.ToJsonString());
        Assert.Empty((await wire.GetAsync("/things?name=rep")).Ids);

        var first = (await BatchAsync(Requests, "Idempotency-Key: batch")).Expect(200);
        Assert.Null(first["Idempotency-Replayed"]);
        var again = (await BatchAsync(Requests, "Idempotency-Key: batch")).Expect(200);
        Assert.Equal("true", again["Idempotency-Replayed"]);
        Assert.Equal(first.Text, again.Text);
        Assert.Equal(first["Stateway-Revision"], again["Stateway-Revision"]);
        Assert.Single((await wire.GetAsync("/things?name=rep")).Ids);
        (await BatchAsync("""{"method":"DELETE","path":"/things/x"}""", "Idempotency-Key: batch")).Problem(422, "IDEMPOTENCY_KEY_REUSED");
    }

    [Fact]
    public async Task Batches_that_meet_run_again_until_each_has_seen_the_others()
    {
        (await wire.PutAsync("/open/counter", """{"n":0}""")).Expect(201);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => BatchAsync($$"""
            {"method":"PATCH","path":"/open/counter","body":{"by{{i}}":true} },
            {"method":"PUT","path":"/open/of{{i}}","body":{} }
            """)));
        int done = answers.Count(a => a.Status == 200);
        Assert.All(answers.Where(a => a.Status != 200), a => a.Problem(409, "TOO_MUCH_CONTENTION"));
        Assert.True(done > 0);
        var counter = (await wire.GetAsync("/open/counter")).Json.AsObject();
        Assert.Equal(done, counter.Count(field => field.Key.StartsWith("by", StringComparison.Ordinal)));
        for (int i = 0; i < answers.Length; i++) (await wire.GetAsync($"/open/of{i}")).Expect(answers[i].Status == 200 ? 200 : 404);
    }
}

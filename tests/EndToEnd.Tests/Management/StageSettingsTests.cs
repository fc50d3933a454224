using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>What a stage does with its requests beyond answering them: throttle, cache, log.</summary>
public sealed class StageSettingsTests : IAsyncLifetime
{
    private const string Stage = "/apis/notes/stages/live";

    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;
    private Administrator _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _administrator = new(_program);
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
    }

    [Fact]
    public async Task What_is_beyond_a_stages_throttle_is_refused_until_the_setting_goes()
    {
        await SetAsync("v1", """{ "throttle": { "rate": 0.001, "burst": 3 } }""");
        var answers = new List<HttpResponseMessage>();
        for (int i = 0; i < 200 && answers.All(answer => answer.StatusCode != HttpStatusCode.TooManyRequests); i++) answers.Add(await _program.Http.GetAsync("/notes-api/version"));

        var refused = answers[^1];
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 1000);
        Assert.Equal("\"stage\";q=3;w=3000", refused.Headers.NonValidated["RateLimit-Policy"].ToString());
        Assert.StartsWith("\"stage\";r=0;t=", refused.Headers.NonValidated["RateLimit"].ToString(), StringComparison.Ordinal);
        Assert.Equal("THROTTLED", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _program.Http.GetAsync("/notes-api/nowhere")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _program.Http.GetAsync("/things")).StatusCode);

        // The bucket outlives a change of anything else.
        var inForce = _program.LineAsync("status=429");
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "deployment": "v2", "log": { "requests": "all" } }"""));
        while (!inForce.IsCompleted) Assert.Equal(HttpStatusCode.TooManyRequests, (await _program.Http.GetAsync("/notes-api/version")).StatusCode);
        await inForce;

        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "throttle": null }"""));
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");
    }

    [Fact]
    public async Task Answers_that_say_nothing_about_caching_get_the_stages_word()
    {
        await SetAsync("v1", """{ "cache": { "max_age": "90s" } }""");

        Assert.Equal("max-age=90", await CacheControlAsync("GET", "/notes-api/version"));
        Assert.Equal("max-age=90", await CacheControlAsync("HEAD", "/notes-api/notes"));
        Assert.Equal("private, max-age=90", await CacheControlAsync("GET", "/notes-api/version", "Authorization: Bearer x"));
        Assert.Equal("private, max-age=90", await CacheControlAsync("GET", "/notes-api/version", "Cookie: a=b"));
        Assert.Equal("no-store", await CacheControlAsync("GET", "/notes-api/notes/none"));
        Assert.Equal("", await CacheControlAsync("PUT", "/notes-api/notes/b"));

        using var document = await _program.Http.GetAsync("/notes-api/openapi.json");
        Assert.Equal("max-age=90", await CacheControlAsync("GET", "/notes-api/openapi.json", $"If-None-Match: {document.Headers.ETag}"));
        Assert.Equal("", await CacheControlAsync("GET", "/things"));
    }

    [Fact]
    public async Task Requests_are_logged_as_the_stage_says_without_what_their_callers_keep_to_themselves()
    {
        await SetAsync("v1", """{ "log": { "requests": "all" } }""");

        var line = _program.LineAsync("request method=GET path=/notes-api/version status=200 duration_ms=");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/notes-api/version?token=geheim1");
        request.Headers.Add("X-Token", "geheim2");
        await _program.Http.SendAsync(request);
        await _program.Http.GetAsync("/notes-api/version");
        await line;
        var missing = _program.LineAsync("path=/notes-api/a%0Ab status=404");
        await _program.Http.GetAsync("/notes-api/a%0Ab");
        await missing;
        string all = _program.Output;
        Assert.Matches(@"path=/notes-api/version status=200 duration_ms=[0-9.]+ bytes=3 request=[^ ]+ stage=notes/live deployment=v1 canary=false\n", all + "\n");
        Assert.DoesNotContain("geheim", all, StringComparison.Ordinal);

        // Errors alone: what clients do wrong is none of the stage's.
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "deployment": "v2", "log": { "requests": "errors", "slow": "1h" } }"""));
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");
        await _program.Http.GetAsync("/notes-api/only-now");
        Assert.DoesNotContain("only-now", _program.Output, StringComparison.Ordinal);
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "deployment": "v1", "log": { "slow": "0.001ms", "requests": "none" } }"""));
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"1\"");
        var slow = _program.LineAsync("path=/notes-api/slow-enough status=404");
        await _program.Http.GetAsync("/notes-api/slow-enough");
        await slow;
    }

    [Fact]
    public async Task Settings_that_make_no_sense_are_refused_with_what_is_wrong()
    {
        Assert.Equal(["/canary CANARY A canary is given a percentage of the callers, or those with a certain value in a header: one of the two."], await RefusedAsync("""{ "canary": { "deployment": "v2" } }"""));
        Assert.Equal(["/canary SETTING promote_after is 00:00:02; it must be from one interval (00:00:10) to 30 days."], await RefusedAsync("""{ "canary": { "deployment": "v2", "percentage": 1, "promote_after": "2s" } }"""));
        Assert.Equal(["/canary/deployment REFERENCE notes has no deployment \"v9\"."], await RefusedAsync("""{ "canary": { "deployment": "v9", "percentage": 1 } }"""));
        Assert.Equal(["/canary/deployment CANARY The stage points at v1 itself; leave the canary away, or give another deployment."], await RefusedAsync("""{ "canary": { "deployment": "v1", "percentage": 1 } }"""));
        Assert.Equal(["/mirror/deployment REFERENCE notes has no deployment \"v9\"."], await RefusedAsync("""{ "mirror": { "deployment": "v9" } }"""));
        Assert.StartsWith("/mirror/methods/0 ", Assert.Single(await RefusedAsync("""{ "mirror": { "deployment": "v2", "methods": ["POST"] } }""")), StringComparison.Ordinal);
        Assert.StartsWith("/cache/max_age PATTERN", Assert.Single(await RefusedAsync("""{ "cache": { "max_age": "1 minute" } }""")), StringComparison.Ordinal);
        Assert.StartsWith("/throttle/rate ", Assert.Single(await RefusedAsync("""{ "throttle": { "rate": 0 } }""")), StringComparison.Ordinal);

        await SetAsync("v1", """{ "canary": { "deployment": "v2", "percentage": 1 } }""");
        var problem = await _administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", "/apis/notes/deployments/v2");
        Assert.Contains("The stage live points at it", (string?)problem["detail"], StringComparison.Ordinal);
    }

    private async Task<string[]> RefusedAsync(string settings) =>
        Administrator.Errors(await _administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", Stage, With("v1", settings)));

    private async Task SetAsync(string deployment, string settings)
    {
        await _administrator.SendAsync("PUT", Stage, With(deployment, settings));
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK);
    }

    private static JsonNode With(string deployment, string settings)
    {
        var body = JsonNode.Parse(settings)!;
        body["deployment"] = deployment;
        return body;
    }

    private async Task<string> CacheControlAsync(string method, string path, string? header = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (header is not null) request.Headers.TryAddWithoutValidation(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 2)..]);
        if (method == "PUT") request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        using var answer = await _program.Http.SendAsync(request);
        return answer.Headers.NonValidated.TryGetValues("Cache-Control", out var values) ? values.ToString() : "";
    }

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}

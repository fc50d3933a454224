using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A mirror is asked what the stage is asked, and changes nothing, neither data nor answers.</summary>
public sealed class MirrorTests : IAsyncLifetime
{
    private const string Stage = "/apis/shop/stages/live";

    private readonly TempFolder _folder = new();
    private readonly CountingService _service = new();
    private StatewayProgram _program = null!;
    private Administrator _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _administrator = new(_program);
        await _administrator.DeployAsync("shop", "v1", Document("1", "/good"));
        await _administrator.DeployAsync("shop", "v2", Document("2", "/slow"));
    }

    [Fact]
    public async Task A_mirror_finds_what_is_different_writes_nothing_and_is_not_seen()
    {
        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", Stage, JsonNode.Parse("""{ "deployment": "v1", "mirror": { "deployment": "v2", "percentage": 100 } }"""));
        await Administrator.UntilAsync(_program.Http, "/shop/notes", HttpStatusCode.OK);
        await UntilAsync(findings => (int)findings["alike"]! >= 1);

        Assert.Equal(HttpStatusCode.Created, (await _program.Http.PostAsync("/shop/notes?id=a", Json("""{"text":"one"}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await _program.Http.PostAsync("/shop/notes?id=b", Json("{}"))).StatusCode);
        Assert.Equal("ok", await (await _program.Http.PostAsync("/shop/thing", null)).Content.ReadAsStringAsync());
        Assert.Equal("ok", await _program.Http.GetStringAsync("/shop/thing"));
        Assert.Contains("one", await _program.Http.GetStringAsync("/shop/notes/a"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _program.Http.GetAsync("/shop/notes/none")).StatusCode);
        Assert.Contains("next_page_token", await _program.Http.GetStringAsync("/shop/notes?max_page_size=1"), StringComparison.Ordinal);
        using var answer = await _program.Http.GetAsync("/shop/version?n=7");
        Assert.Equal("\"1\"", await answer.Content.ReadAsStringAsync());

        // The planted one is the only one.
        var findings = await UntilAsync(findings => (int)findings["different"]! >= 1 && (int)findings["alike"]! >= 5);
        Assert.Equal("v2", (string?)findings["deployment"]);
        Assert.Equal("""[{"operation":"getVersion","place":"body","count":1}]""", findings["places"]!.ToJsonString());
        var example = Assert.Single(findings["examples"]!.AsArray())!;
        Assert.Equal(("GET", "/shop/version?n=7"), ((string?)example["method"], (string?)example["target"]));
        Assert.Equal(("1", "2"), (Text(example["differences"]![0]!["base"]), Text(example["differences"]![0]!["mirror"])));

        Assert.Equal((1, 1, 1, 0), (_service.CountOf("GET /good"), _service.CountOf("GET /slow"), _service.CountOf("POST /good"), _service.CountOf("POST /slow")));
        Assert.Equal(["a", "b"], JsonNode.Parse(await _program.Http.GetStringAsync("/shop/notes"))!["results"]!.AsArray().Select(note => (string?)note!["id"]));

        // It is there until it goes.
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "mirror": null }"""));
        while ((await _administrator.SendAsync("GET", Stage + "/differences")).Status != HttpStatusCode.NotFound) { }
    }

    [Fact]
    public async Task A_share_of_the_requests_is_mirrored_and_the_report_outlives_other_changes()
    {
        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", Stage, JsonNode.Parse("""{ "deployment": "v1", "mirror": { "deployment": "v2", "percentage": 50, "ignored_pointers": ["/"] } }"""));
        await Administrator.UntilAsync(_program.Http, "/shop/version", HttpStatusCode.OK);
        for (int i = 0; i < 19; i++) await _program.Http.GetAsync("/shop/version");
        await UntilAsync(findings => (int)findings["different"]! == 10);

        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "cache": { "max_age": "5s" } }"""));
        while ((await _program.Http.GetAsync("/shop/notes")).Headers.CacheControl is null) { }
        var findings = await _administrator.GetAsync(Stage + "/differences");
        Assert.Equal(10, (int)findings["different"]!);
    }

    private async Task<JsonNode> UntilAsync(Func<JsonNode, bool> isThere)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonNode? findings = null;
        while (!patience.IsCancellationRequested)
        {
            (var status, findings) = await _administrator.SendAsync("GET", Stage + "/differences");
            if (status == HttpStatusCode.OK && isThere(findings!)) return findings!;
        }

        throw new TimeoutException($"To the end: {findings}");
    }

    /// <summary>Of a body's summary: what stands behind the number of bytes.</summary>
    private static string Text(JsonNode? difference) => ((string)difference!)[((string)difference!).IndexOf('"')..].Trim('"');

    private string Document(string version, string servicePath) => $$"""
        openapi: 3.1.0
        info: { title: Shop, version: "{{version}}" }
        servers: [ { url: /shop } ]
        x-stateway-collections:
          notes: { schema: { type: object, properties: { text: { type: string } } } }
        paths:
          /thing:
            get: { x-stateway-target: { http: '{{_service.Url}}{{servicePath}}' }, responses: { '200': { description: It. } } }
            post: { x-stateway-target: { http: '{{_service.Url}}{{servicePath}}' }, responses: { '200': { description: It. } } }
          /version:
            get:
              operationId: getVersion
              parameters: [ { name: n, in: query, schema: { type: string } } ]
              x-stateway-target: { mock: version }
              responses: { '200': { description: Which., content: { application/json: { examples: { version: { value: "{{version}}" } } } } } }
        """;

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _program.DisposeAsync();
        _service.Dispose();
        _folder.Dispose();
    }
}

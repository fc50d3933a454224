using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A canary takes its callers, is counted on every node, and ends by itself, one way or the other.</summary>
public sealed class CanaryTests : IAsyncLifetime
{
    private const string Stage = "/apis/shop/stages/live";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private readonly CountingService _service = new();

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        return default;
    }

    [Theory]
    [InlineData("/bad", "rolled_back", "v1", "100 % of the canary's requests fail, and 0 % of the base's.")]
    [InlineData("/slow", "rolled_back", "v1", "The canary's 99th percentile is")]
    [InlineData("/good", "promoted", "v2", "of the canary's requests fail")]
    public async Task A_canary_ends_by_what_it_does(string path, string verdict, string deployment, string reason)
    {
        await using var program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        using var administrator = await DeployedAsync(program, path);
        string promoteAfter = path == "/good" ? "2s" : "1h";
        await SetAsync(administrator, $$"""{ "percentage": 50, "sticky": "X-User", "interval": "1s", "promote_after": "{{promoteAfter}}", "requests_min": 20, "false_alarms": 0.5, "latency_margin": 100 }""".Replace("100 }", path == "/slow" ? "1 }" : "100 }", StringComparison.Ordinal));
        var told = program.LineAsync($"The canary v2 of the stage shop/live is {verdict.Replace('_', ' ')}: ");
        using var enough = new CancellationTokenSource(Patience);
        var callers = Enumerable.Range(0, 24).Select(i => CallAsync(program, i, enough.Token)).ToList();

        var stage = await EndedAsync(administrator);
        await told;
        await enough.CancelAsync();
        await Task.WhenAll(callers);

        Assert.Equal((deployment, verdict, "v2"), ((string?)stage["deployment"], (string?)stage["status"]!["last_canary"]!["verdict"], (string?)stage["status"]!["last_canary"]!["deployment"]));
        Assert.Contains(reason, (string?)stage["status"]!["last_canary"]!["reason"], StringComparison.Ordinal);
        Assert.Null(stage["canary"]);
        await Administrator.UntilAsync(program.Http, "/shop/version", HttpStatusCode.OK, $"\"{deployment[1]}\"");
        await UntilCanaryAsync(program, isOn: false);

        // A new one begins anew, and what a client says of the last is not heard.
        await SetAsync(administrator, """{ "percentage": 0 }""", deployment == "v1" ? "v2" : "v1");
        var again = await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse("""{ "status": { "last_canary": { "verdict": "promoted", "reason": "mine" } } }"""));
        Assert.NotEqual("mine", (string?)again["status"]!["last_canary"]!["reason"]);
    }

    [Fact]
    public async Task Callers_of_a_canary_get_all_of_its_document_and_nothing_but()
    {
        await using var program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        using var administrator = new Administrator(program);
        await administrator.DeployAsync("shop", "v1", Document("1", "/good", "/old", "/things/{id}"));
        await administrator.DeployAsync("shop", "v2", Document("2", "/good", "/new", "/things/{id}", "/things/best"));
        await administrator.PointAsync(Stage, "v1");
        await Administrator.UntilAsync(program.Http, "/shop/version", HttpStatusCode.OK);
        const string Canary = """{ "canary": { "deployment": "v2", "header": { "name": "X-Canary", "values": ["yes", "of course"] } } }""";

        var problem = await administrator.ExpectAsync(HttpStatusCode.Conflict, "PATCH", Stage, JsonNode.Parse(Canary));
        Assert.Equal("BREAKING_CHANGE", (string?)problem["code"]);
        Assert.Contains("set allow_breaking to \"v2\"", (string?)problem["detail"], StringComparison.Ordinal);
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, JsonNode.Parse(Canary.Replace("{ \"canary\"", "{ \"allow_breaking\": \"v2\", \"canary\"", StringComparison.Ordinal)));
        await UntilCanaryAsync(program);

        Assert.Equal("200 v1 1", await AskAsync(program, "/shop/version", null));
        Assert.Equal("200 v2 2", await AskAsync(program, "/shop/version", "yes"));
        Assert.Equal("200 v2 2", await AskAsync(program, "/shop/version", "of course"));
        Assert.Equal("200 v1 1", await AskAsync(program, "/shop/version", "no"));
        Assert.Equal("200 v1 /old", await AskAsync(program, "/shop/old", null));
        Assert.StartsWith("404 v2 ", await AskAsync(program, "/shop/old", "yes"), StringComparison.Ordinal);
        Assert.StartsWith("404 v1 ", await AskAsync(program, "/shop/new", null), StringComparison.Ordinal);
        Assert.Equal("200 v2 /new", await AskAsync(program, "/shop/new", "yes"));
        Assert.Equal("200 v1 /things/{id}", await AskAsync(program, "/shop/things/best", null));
        Assert.Equal("200 v2 /things/best", await AskAsync(program, "/shop/things/best", "yes"));
        Assert.Contains("\"version\":\"2\"", (await AskAsync(program, "/shop/openapi.json", "yes")).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);

        // Both write the same data.
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(program, HttpMethod.Post, "/shop/notes?id=a", "yes", "{}")).StatusCode);
        Assert.StartsWith("200 v1 ", await AskAsync(program, "/shop/notes/a", null), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_nodes_give_a_caller_the_same_side_also_after_a_restart_and_judge_by_what_both_have_counted()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["STATEWAY_STORE_PASSWORD"] = PostgresServer.Password,
            ["STATEWAY_STORE"] = $"postgres://{PostgresServer.User}@127.0.0.1:{server.Port}/{PostgresServer.Database}?sslmode=disable",
        };
        string[] arguments = ["serve", _folder.File("api"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
        await using var one = await StatewayProgram.ServeAsync(arguments, environment);
        using var administrator = await DeployedAsync(one, "/good");
        await SetAsync(administrator, """{ "percentage": 30, "sticky": "X-User", "promote_after": "1h", "interval": "30m" }""");
        await UntilCanaryAsync(one);
        string before = await SidesAsync(one);
        Assert.InRange(before.Count(side => side == '2'), 5, 60);

        var two = await StatewayProgram.ServeAsync(arguments, environment);
        Assert.Equal(before, await SidesAsync(two));
        await two.KillAsync();
        await two.DisposeAsync();
        await using var again = await StatewayProgram.ServeAsync(arguments, environment);
        Assert.Equal(before, await SidesAsync(again));

        // Neither node has seen enough alone.
        await SetAsync(administrator, """{ "header": { "name": "X-Canary", "values": ["yes"] }, "promote_after": "1s", "interval": "1s", "requests_min": 20 }""");
        foreach (var node in new[] { one, again })
        {
            while (await AskAsync(node, "/shop/version", "yes") != "200 v2 2") { }
            for (int i = 0; i < 13; i++)
            {
                await AskAsync(node, "/shop/version", null);
                await AskAsync(node, "/shop/version", "yes");
            }
        }

        var stage = await EndedAsync(administrator);
        Assert.Equal(("v2", "promoted"), ((string?)stage["deployment"], (string?)stage["status"]!["last_canary"]!["verdict"]));
        await Administrator.UntilAsync(again.Http, "/shop/version", HttpStatusCode.OK, "\"2\"");

        async Task<string> SidesAsync(StatewayProgram node)
        {
            var sides = new System.Text.StringBuilder();
            for (int i = 0; i < 100; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/shop/version");
                request.Headers.Add("X-User", $"user-{i}");
                using var answer = await node.Http.SendAsync(request);
                sides.Append((await answer.Content.ReadAsStringAsync())[1]);
            }

            return sides.ToString();
        }
    }

    private async Task<Administrator> DeployedAsync(StatewayProgram program, string canaryPath)
    {
        var administrator = new Administrator(program);
        await administrator.DeployAsync("shop", "v1", Document("1", "/good"));
        await administrator.DeployAsync("shop", "v2", Document("2", canaryPath));
        await administrator.PointAsync(Stage, "v1");
        await Administrator.UntilAsync(program.Http, "/shop/version", HttpStatusCode.OK, "\"1\"");
        return administrator;
    }

    private static async Task SetAsync(Administrator administrator, string canary, string deployment = "v2")
    {
        var json = JsonNode.Parse(canary)!;
        json["deployment"] = deployment;
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["canary"] = null });
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["canary"] = json });
    }

    private static async Task CallAsync(StatewayProgram program, int caller, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/shop/thing");
            request.Headers.Add("X-User", $"user-{caller}");
            using var answer = await program.Http.SendAsync(request, CancellationToken.None);
        }
    }

    private static async Task<JsonNode> EndedAsync(Administrator administrator)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!patience.IsCancellationRequested)
        {
            var stage = await administrator.GetAsync(Stage);
            if (stage["status"]!["last_canary"] is not null) return stage;
            await Task.Yield();
        }

        throw new TimeoutException("The canary goes on.");
    }

    private static async Task UntilCanaryAsync(StatewayProgram program, bool isOn = true)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            using var answer = await program.Http.GetAsync("/shop/version", patience.Token);
            if (answer.Headers.Contains("Stateway-Deployment") == isOn) return;
        }
    }

    private static async Task<string> AskAsync(StatewayProgram program, string path, string? canary)
    {
        using var answer = await SendAsync(program, HttpMethod.Get, path, canary);
        string deployment = answer.Headers.TryGetValues("Stateway-Deployment", out var values) ? values.Single() : "none";
        return $"{(int)answer.StatusCode} {deployment} {(await answer.Content.ReadAsStringAsync()).Trim('"')}";
    }

    private static async Task<HttpResponseMessage> SendAsync(StatewayProgram program, HttpMethod method, string path, string? canary, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (canary is not null) request.Headers.Add("X-Canary", canary);
        if (body is not null) request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await program.Http.SendAsync(request);
    }

    private string Document(string version, string servicePath, params string[] more) => $$"""
        openapi: 3.1.0
        info: { title: Shop, version: "{{version}}" }
        servers: [ { url: /shop } ]
        x-stateway-collections:
          notes: { schema: { type: object } }
        paths:
          /thing: { get: { x-stateway-target: { http: '{{_service.Url}}{{servicePath}}' }, responses: { '200': { description: It. } } } }
        {{string.Concat(more.Prepend("/version").Select(path => $$"""
              {{path}}:
                get:
                  {{(path.Contains('{') ? "parameters: [ { name: id, in: path, required: true, schema: { type: string } } ]" : "summary: Fixed.")}}
                  x-stateway-target: { mock: it }
                  responses: { '200': { description: It., content: { application/json: { examples: { it: { value: "{{(path == "/version" ? version : path)}}" } } } } } }

            """))}}
        """;

    public ValueTask DisposeAsync()
    {
        _service.Dispose();
        _folder.Dispose();
        return default;
    }
}

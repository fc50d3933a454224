using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Short words for what the tests say to the management API.</summary>
internal sealed class Administrator(StatewayProgram program) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = program.Administrator();

    /// <summary>A document whose <c>GET {base}/version</c> says which one it is, and whose <c>notes</c> are stored.</summary>
    public static string Document(string version, string basePath = "/notes-api", string more = "") => $$"""
        openapi: 3.1.0
        info: { title: Notes, version: "{{version}}" }
        servers: [ { url: {{basePath}} } ]
        x-stateway-collections:
          notes: { schema: { type: object, properties: { text: { type: string }{{more}} } } }
        paths:
          /version:
            get:
              x-stateway-target: { mock: version }
              responses: { '200': { description: Which., content: { application/json: { examples: { version: { value: "{{version}}" } } } } } }
        """;

    public async Task<(HttpStatusCode Status, JsonNode? Body)> SendAsync(string method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var answer = await _http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task<JsonNode> ExpectAsync(HttpStatusCode status, string method, string path, JsonNode? body = null)
    {
        var (actual, answer) = await SendAsync(method, path, body);
        Assert.True(actual == status, $"{method} {path} was answered with {(int)actual}: {answer}");
        return answer ?? new JsonObject();
    }

    public Task<JsonNode> GetAsync(string path) => ExpectAsync(HttpStatusCode.OK, "GET", path);

    /// <returns>The ids of a collection.</returns>
    public async Task<string[]> ListAsync(string path) => [.. (await GetAsync(path))["results"]!.AsArray().Select(each => (string)each!["id"]!)];

    public async Task DeployAsync(string api, string id, string document)
    {
        await SendAsync("PUT", $"/apis/{api}", new JsonObject());
        await ExpectAsync(HttpStatusCode.Created, "POST", $"/apis/{api}/deployments?id={id}", Deployment(document));
    }

    public static JsonObject Deployment(string document) => new() { ["file"] = "notes.yaml", ["files"] = new JsonObject { ["notes.yaml"] = document } };

    public Task PointAsync(string stage, string deployment, string path = "") =>
        SendAsync("PUT", stage, new JsonObject { ["deployment"] = deployment, ["path"] = path });

    /// <summary>Asks users' side until it answers with this.</summary>
    public static async Task UntilAsync(HttpClient http, string path, HttpStatusCode status, string? content = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        string seen = "";
        while (!patience.IsCancellationRequested)
        {
            using var answer = await http.GetAsync(path);
            seen = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}";
            if (answer.StatusCode == status && (content is null || seen.EndsWith(content, StringComparison.Ordinal))) return;
        }

        Assert.Fail($"{path} was answered with {seen} to the end.");
    }

    public static string[] Errors(JsonNode problem) =>
        [.. problem["errors"]!.AsArray().Select(error => $"{error!["pointer"]} {error["code"]} {error["detail"]}")];

    public void Dispose() => _http.Dispose();
}

using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>What a document leaves to its stages.</summary>
public sealed class StageVariableTests : IAsyncLifetime
{
    private SecretServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await SecretServer.StartAsync("sqlite");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Stages_of_one_deployment_serve_side_by_side_with_values_of_their_own()
    {
        string deployment = (string)(await _server.Administrator.GetAsync("/apis/shop/stages/live"))["deployment"]!;
        foreach (string stage in new[] { "one", "two" })
        {
            await _server.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", $"/apis/shop/stages/{stage}", new JsonObject
            {
                ["deployment"] = deployment, ["path"] = "/" + stage, ["variables"] = new JsonObject { ["backend"] = _server.Backend + "/" + stage, ["token"] = stage + "&/" },
            });
        }

        await Administrator.UntilAsync(_server.Program.Http, "/one/shop/echo/x%20y", HttpStatusCode.OK, "Bearer one&/ /one/e/x%20y/one&%2F?t=one%26%2F");
        await Administrator.UntilAsync(_server.Program.Http, "/two/shop/echo/1?q=2", HttpStatusCode.OK, "Bearer two&/ /two/e/1/two&%2F?t=two%26%2F&q=2");
        Assert.Equal(HttpStatusCode.BadGateway, (await _server.Program.Http.GetAsync("/shop/echo/1")).StatusCode);

        await _server.Administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/apis/shop/stages/one", new JsonObject { ["variables"] = new JsonObject { ["token"] = "three" } });
        await Administrator.UntilAsync(_server.Program.Http, "/one/shop/echo/1", HttpStatusCode.OK, "Bearer three /one/e/1/three?t=three");
    }

    [Theory]
    [InlineData("""{ "backnd": "https://b.example" }""", "/variables/backnd VARIABLE The document declares no variable 'backnd'. Did you mean 'backend'?")]
    [InlineData("""{ "backend": "ftp://b.example" }""", "/variables/backend VARIABLE With it {stage.backend}/e/{id}/{stage.token}?t={stage.token} is no http or https URL.")]
    [InlineData("""{ "backend": { "secret": "here" } }""", "a secret may stand in path, query and header fields.")]
    [InlineData("""{ "token": { "secret": "nowhere" } }""", "/variables/token REFERENCE There is no secret \"nowhere\".")]
    [InlineData("""{ "token": "a\nb" }""", "no line breaks")]
    [InlineData("""{ "token": ".." }""", "'.' or '..'")]
    [InlineData("""{ "token": 5 }""", "/variables/token TYPE")]
    [InlineData("""{ "token": { "secre": "here" } }""", "/variables/token")]
    public async Task A_stage_with_wrong_values_is_refused(string variables, string message)
    {
        await _server.SetAsync("here", "https://h.example");

        var problem = await _server.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PATCH", "/apis/shop/stages/live", new JsonObject { ["variables"] = JsonNode.Parse(variables) });

        Assert.Contains(Administrator.Errors(problem), error => error.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_variable_without_a_default_needs_a_value_in_every_stage()
    {
        await _server.Administrator.ExpectAsync(HttpStatusCode.Created, "POST", "/apis/shop/deployments?id=v2", Administrator.Deployment(SecretServer.Document("{}")));

        var problem = await _server.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/apis/shop/stages/new", new JsonObject { ["deployment"] = "v2", ["path"] = "/new" });

        Assert.Contains("The variable 'token' has no default", Assert.Single(Administrator.Errors(problem)), StringComparison.Ordinal);
        await _server.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/shop/stages/new",
            new JsonObject { ["deployment"] = "v2", ["path"] = "/new", ["variables"] = new JsonObject { ["token"] = "t" } });
    }

    [Fact]
    public async Task A_folder_is_served_with_the_defaults_and_keeps_what_an_administrator_has_set()
    {
        await _server.Administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/apis/shop/stages/live",
            new JsonObject { ["variables"] = new JsonObject { ["backend"] = _server.Backend, ["token"] = "kept" } });
        await _server.SeesAsync("kept");

        var applied = _server.Program.LineAsync("are in force");
        await File.WriteAllTextAsync(_server.File("api/shop.yaml"), SecretServer.Document(version: "2"));
        await applied;
        await _server.SeesAsync("kept");

        var refused = _server.Program.LineAsync("were refused with 1 errors");
        await File.WriteAllTextAsync(_server.File("api/shop.yaml"), SecretServer.Document().Replace("token: ", "tokn: ", StringComparison.Ordinal).Replace("stage.token", "stage.tokn", StringComparison.Ordinal));
        await refused;
        await _server.SeesAsync("kept");
        Assert.Contains("The document declares no variable 'token'. Did you mean 'tokn'?", _server.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_whose_document_leaves_a_value_open_does_not_start()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("shop.yaml"), SecretServer.Document("{}"));

        var (exitCode, _, error) = await StatewayProgram.CallAsync("run", folder.Path, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.Contains("shop.yaml, stage shop/live: The variable 'token' has no default: the stage must give it a value under variables, or the document a default", error, StringComparison.Ordinal);
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Deployments are snapshots, stages are pointers, and a change of one is a change of what is served.</summary>
public sealed class DeployingTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;
    private Administrator _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _administrator = new(_program);
    }

    [Fact]
    public async Task A_stage_serves_its_deployment_and_one_write_changes_it_and_takes_it_back()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        Assert.Equal(HttpStatusCode.NotFound, (await _program.Http.GetAsync("/notes-api/version")).StatusCode);

        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"1\"");
        Assert.Equal(HttpStatusCode.Created, (await _program.Http.PostAsync("/notes-api/notes?id=a", Json("""{"text":"one"}"""))).StatusCode);

        await _administrator.PointAsync("/apis/notes/stages/live", "v2");
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");

        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"1\"");
        Assert.Contains("one", await _program.Http.GetStringAsync("/notes-api/notes/a"), StringComparison.Ordinal);

        await _administrator.ExpectAsync(HttpStatusCode.NoContent, "DELETE", "/apis/notes/stages/live");
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Stages_stand_side_by_side_with_documents_of_their_own_over_the_same_data()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2", more: ", done: { type: boolean }"));
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await _administrator.PointAsync("/apis/notes/stages/dev", "v2", "/dev");
        await Administrator.UntilAsync(_program.Http, "/dev/notes-api/version", HttpStatusCode.OK, "\"2\"");
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"1\"");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await _program.Http.PutAsync("/notes-api/notes/a", Json("""{"done":true}"""))).StatusCode);
        using var made = await _program.Http.PostAsync("/dev/notes-api/notes?id=a", Json("""{"text":"x","done":true}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("/dev/notes-api/notes/a", made.Headers.Location?.OriginalString);
        Assert.Contains("\"x\"", await _program.Http.GetStringAsync("/notes-api/notes/a"), StringComparison.Ordinal);

        var document = JsonNode.Parse(await _program.Http.GetStringAsync("/dev/notes-api/openapi.json"))!;
        Assert.Equal("/dev/notes-api", (string?)document["servers"]![0]!["url"]);
        Assert.Equal(HttpStatusCode.OK, (await _program.Http.PostAsync("/dev/notes-api/_/batch",
            Json("""{"requests":[{"method":"PUT","path":"/notes/b","body":{"done":true}}]}"""))).StatusCode);
    }

    [Fact]
    public async Task A_deployment_that_can_not_be_served_is_refused_with_all_errors()
    {
        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/notes", new JsonObject());

        var problem = await _administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "POST", "/apis/notes/deployments", Administrator.Deployment("""
            openapi: 3.1.0
            info: { title: Notes }
            x-stateway-collections:
              notes: { schema: { type: objct } }
            paths: {}
            """));

        Assert.Equal(
            ["/files/notes.yaml DOCUMENT notes.yaml:2:1 /info/version: version is missing.",
                "/files/notes.yaml DOCUMENT notes.yaml:4:12 /x-stateway-collections/notes/schema: A resource is an object; the schema says otherwise.",
                "/files/notes.yaml DOCUMENT notes.yaml:4:28 /x-stateway-collections/notes/schema/type: 'objct' is no type; the types are string, number, integer, boolean, object, array and null."],
            Administrator.Errors(problem));
        Assert.Empty(await _administrator.ListAsync("/apis/notes/deployments"));
    }

    [Fact]
    public async Task A_stage_points_at_a_deployment_of_its_api_and_answers_what_no_other_stage_does()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/notes/stages/live", new JsonObject { ["deployment"] = "v1" });
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK);

        Assert.Equal(["/deployment REFERENCE notes has no deployment \"v9\"."], await RefusedAsync("v9", "/x"));
        Assert.Equal(["/path CLASH The stage notes/live answers GET /notes-api/notes already; give one of the two another path."], await RefusedAsync("v1", ""));
        Assert.StartsWith("/path PATTERN", Assert.Single(await RefusedAsync("v1", "x/")), StringComparison.Ordinal);

        async Task<string[]> RefusedAsync(string deployment, string path) => Administrator.Errors(await _administrator.ExpectAsync(
            HttpStatusCode.UnprocessableEntity, "PUT", "/apis/notes/stages/more", new JsonObject { ["deployment"] = deployment, ["path"] = path }));
    }

    [Fact]
    public async Task A_deployment_never_changes_and_stays_while_a_stage_points_at_it()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");

        var problem = await _administrator.ExpectAsync(HttpStatusCode.Conflict, "PUT", "/apis/notes/deployments/v1", Administrator.Deployment(Administrator.Document("2")));
        Assert.Contains("immutable", (string?)problem["detail"], StringComparison.Ordinal);
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/apis/notes/deployments/v1", new JsonObject { ["note"] = "The first." });
        problem = await _administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", "/apis/notes/deployments/v1");
        Assert.Contains("The stage live points at it", (string?)problem["detail"], StringComparison.Ordinal);

        await _administrator.ExpectAsync(HttpStatusCode.NoContent, "DELETE", "/apis/notes/stages/live");
        await _administrator.ExpectAsync(HttpStatusCode.NoContent, "DELETE", "/apis/notes/deployments/v1");
    }

    [Fact]
    public async Task A_deployment_that_breaks_a_stages_clients_is_refused_unless_the_stage_allows_that_very_one()
    {
        const string Stage = "/apis/notes/stages/live";
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1", more: ", done: { type: boolean }"));
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await _administrator.DeployAsync("notes", "v3", Administrator.Document("3", more: ", done: { type: boolean }"));
        await _administrator.PointAsync(Stage, "v1");

        var problem = await _administrator.ExpectAsync(HttpStatusCode.Conflict, "PATCH", Stage, new JsonObject { ["deployment"] = "v2" });

        Assert.Equal("BREAKING_CHANGE", (string?)problem["code"]);
        Assert.Contains("set allow_breaking to \"v2\"", (string?)problem["detail"], StringComparison.Ordinal);
        Assert.Contains(Administrator.Errors(problem), error => error.Contains("done", StringComparison.Ordinal));
        Assert.Equal("v1", (string?)(await _administrator.GetAsync(Stage))["deployment"]);

        await _administrator.ExpectAsync(HttpStatusCode.Conflict, "PATCH", Stage, new JsonObject { ["deployment"] = "v2", ["allow_breaking"] = "v3" });
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["deployment"] = "v2", ["allow_breaking"] = "v2" });
        await Administrator.UntilAsync(_program.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["deployment"] = "v3" });
    }

    [Fact]
    public async Task A_deployment_may_be_answered_by_the_collections_of_another_api()
    {
        await _administrator.DeployAsync("front", "v1", """
            openapi: 3.1.0
            info: { title: Front, version: "1" }
            servers: [ { url: /front } ]
            paths:
              /all: { get: { x-stateway-target: { collection: other/things }, responses: { '200': { description: All. } } } }
            """);
        await _administrator.PointAsync("/apis/front/stages/live", "v1");
        await Administrator.UntilAsync(_program.Http, "/front/all", HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.Created, (await _program.Http.PostAsync("/things?id=t1", Json("{}"))).StatusCode);
        Assert.Contains("\"t1\"", await _program.Http.GetStringAsync("/front/all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_deployed_is_served_again_after_a_kill()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await _program.KillAsync();

        await using var again = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));

        Assert.Equal("\"1\"", await again.Http.GetStringAsync("/notes-api/version"));
    }

    [Fact]
    public async Task No_api_takes_the_platforms_own_name()
    {
        var problem = await _administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/apis/stateway", new JsonObject());

        Assert.StartsWith("/id ID", Assert.Single(Administrator.Errors(problem)), StringComparison.Ordinal);
    }

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A domain is a host name whose paths lead to stages; nothing else is served there.</summary>
public sealed class DomainTests : IAsyncLifetime
{
    private DomainProgram _node = null!;

    public async ValueTask InitializeAsync() => _node = await DomainProgram.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Hosts_answer_the_same_path_each_with_its_own_stage_and_nothing_else()
    {
        await PutAsync("one.example", ("", "notes/live"));
        await PutAsync("two.example", ("", "notes/dev"), ("/sub", "notes/live"));

        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("two.example", "/notes-api/version"), answer => answer.Content == "\"2\"");
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("one.example", "/notes-api/version")).Content);
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("ONE.example.", "/notes-api/version")).Content);
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("two.example", "/sub/notes-api/version")).Content);

        // Stages' own paths are for hosts that are no domain.
        Assert.Equal(404, (await _node.OpenlyAsync("one.example", "/one/notes-api/version")).Status);
        Assert.Equal(404, (await _node.OpenlyAsync("one.example", "/things")).Status);
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("else.example", "/one/notes-api/version")).Content);
        Assert.Equal(404, (await _node.OpenlyAsync("else.example", "/notes-api/version")).Status);

        var document = JsonNode.Parse((await _node.OpenlyAsync("two.example", "/sub/notes-api/openapi.json")).Content)!;
        Assert.Equal("/sub/notes-api", (string?)document["servers"]![0]!["url"]);
    }

    [Fact]
    public async Task Collections_batches_and_pages_of_a_domain_name_its_own_paths()
    {
        await PutAsync("two.example", ("/sub", "notes/dev"));
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("two.example", "/sub/notes-api/version"), answer => answer.Status == 200);

        var made = await _node.OpenlyAsync("two.example", "/sub/notes-api/notes?id=a", "--json", "{\"text\":\"x\"}");
        Assert.Equal((201, "/sub/notes-api/notes/a"), (made.Status, made.Field("Location")));
        var batch = await _node.OpenlyAsync("two.example", "/sub/notes-api/_/batch", "--json", """{"requests":[{"method":"PUT","path":"/notes/b","body":{"text":"y"}}]}""");
        Assert.True(batch.Status == 200, batch.Text);
        Assert.Contains("/sub/notes-api/notes/b", batch.Content, StringComparison.Ordinal);
        Assert.StartsWith("</sub/notes-api/notes?", (await _node.OpenlyAsync("two.example", "/sub/notes-api/notes?max_page_size=1")).Field("Link"), StringComparison.Ordinal);
        Assert.Equal(200, (await _node.OpenlyAsync("else.example", "/one/notes-api/notes/b")).Status); // stages share their data
    }

    [Fact]
    public async Task Subdomains_are_one_label_below_and_give_way_to_domains_of_their_own()
    {
        await _node.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/one.example",
            new JsonObject { ["paths"] = DomainProgram.Paths(("", "notes/live")), ["subdomains"] = true });
        await PutAsync("own.one.example", ("", "notes/dev"));

        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("own.one.example", "/notes-api/version"), answer => answer.Content == "\"2\"");
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("any.one.example", "/notes-api/version")).Content);
        Assert.Equal(404, (await _node.OpenlyAsync("a.any.one.example", "/notes-api/version")).Status);
    }

    [Fact]
    public async Task A_change_and_the_end_of_a_domain_are_in_force_soon()
    {
        await PutAsync("one.example", ("", "notes/live"));
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/notes-api/version"), answer => answer.Content == "\"1\"");

        await _node.Administrator.ExpectAsync(HttpStatusCode.OK, "PUT", "/domains/one.example", new JsonObject { ["paths"] = DomainProgram.Paths(("", "notes/dev")) });
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/notes-api/version"), answer => answer.Content == "\"2\"");

        // What its stage points at is the domain's, too.
        await _node.Administrator.ExpectAsync(HttpStatusCode.OK, "PUT", "/apis/notes/stages/dev", DomainProgram.Stage("v1", "/two"));
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/notes-api/version"), answer => answer.Content == "\"1\"");

        await _node.Administrator.ExpectAsync(HttpStatusCode.NoContent, "DELETE", "/domains/one.example");
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/notes-api/version"), answer => answer.Status == 404);
        Assert.Equal(200, (await _node.OpenlyAsync("one.example", "/one/notes-api/version")).Status);
    }

    [Fact]
    public async Task What_can_not_be_served_is_refused_with_all_reasons()
    {
        var refused = await _node.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/domains/Shop.example", new JsonObject
        {
            ["paths"] = DomainProgram.Paths(("", "notes/live"), ("", "notes/dev"), ("/x", "notes/gone")),
            ["client_certificates"] = new JsonObject { ["authorities"] = "/etc/ca.pem" },
        });
        Assert.Collection(Administrator.Errors(refused),
            error => Assert.StartsWith("/id ID ", error, StringComparison.Ordinal),
            error => Assert.StartsWith("/client_certificates DEPENDENCY ", error, StringComparison.Ordinal),
            error => Assert.StartsWith("/paths/1/path CLASH The stage notes/live answers ", error, StringComparison.Ordinal),
            error => Assert.Equal("/paths/2/stage REFERENCE There is no stage \"notes/gone\".", error));

        foreach (string name in new[] { "127.0.0.1", "a..b", "-a.example", "a_b.example", "~" })
            await _node.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/domains/" + name, new JsonObject { ["paths"] = DomainProgram.Paths(("", "notes/live")) });
        await _node.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/domains/a.example",
            new JsonObject { ["paths"] = DomainProgram.Paths(("", "notes/live")), ["tls"] = new JsonObject { ["certificate"] = "relative.pem" } });
    }

    [Fact]
    public async Task A_stage_that_a_domain_points_at_stays_and_may_not_come_to_clash_there()
    {
        await PutAsync("one.example", ("", "notes/live"));
        foreach (string path in new[] { "/apis/notes/stages/live", "/apis/notes" })
        {
            var refused = await _node.Administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", path);
            Assert.Contains("one.example", (string?)refused["detail"], StringComparison.Ordinal);
        }

        // Side by side under one path as long as they answer different requests.
        await _node.Administrator.DeployAsync("memos", "v1", Administrator.Document("3", "/memos-api"));
        await _node.Administrator.DeployAsync("memos", "v2", Administrator.Document("3"));
        await _node.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/memos/stages/live",
            new JsonObject { ["deployment"] = "v1", ["path"] = "/three", ["allow_breaking"] = "v2" });
        await PutAsync("both.example", ("", "notes/live"), ("", "memos/live"));
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("both.example", "/memos-api/version"), answer => answer.Content == "\"3\"");
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("both.example", "/notes-api/version")).Content);

        var clash = await _node.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/apis/memos/stages/live",
            new JsonObject { ["deployment"] = "v2", ["path"] = "/three", ["allow_breaking"] = "v2" });
        Assert.Contains("/deployment CLASH At the domain both.example: ", string.Join('\n', Administrator.Errors(clash)), StringComparison.Ordinal);

        // One batch takes the domain away, and what it stood in the way of.
        await _node.Administrator.ExpectAsync(HttpStatusCode.OK, "POST", "/_/batch", JsonNode.Parse(
            """{"requests":[{"method":"DELETE","path":"/domains/both.example"},{"method":"DELETE","path":"/apis/memos/stages/live"}]}"""));
    }

    [Fact]
    public async Task A_stage_that_goes_with_its_document_leaves_the_rest_of_the_domain_and_is_told()
    {
        await PutAsync("one.example", ("", "other/live"), ("", "notes/live"));
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/things"), answer => answer.Status == 200);

        var told = _node.Program.LineAsync("The domain one.example can't be served whole: The stage other/live is not served.");
        await File.WriteAllTextAsync(_node.PathOf("api/another.yaml"), Documents.Of("Another", "parts: { schema: { type: object } }"));
        File.Delete(_node.PathOf("api/other.yaml"));
        await told;
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("one.example", "/things"), answer => answer.Status == 404);
        Assert.Equal("\"1\"", (await _node.OpenlyAsync("one.example", "/notes-api/version")).Content);
    }

    [Fact]
    public async Task Files_with_an_API_its_stage_and_its_domain_are_applied_in_one_step()
    {
        await File.WriteAllTextAsync(_node.PathOf("resources.yaml"), $$"""
            kind: domain
            id: memos.example
            paths: [ { path: /v1, stage: memos/live } ]
            ---
            kind: stage
            api: memos
            id: live
            deployment: first
            path: /memos
            ---
            kind: deployment
            api: memos
            id: first
            file: notes.yaml
            files:
              notes.yaml: {{JsonValue.Create(Administrator.Document("7")).ToJsonString()}}
            ---
            kind: api
            id: memos
            """);
        var (code, output, error) = await StatewayProgram.CallAsync("apply", "-f", _node.PathOf("resources.yaml"), "--yes",
            "--server", _node.Program.ManagementUrl.ToString(), "--key-file", _node.Program.KeyFile!);
        Assert.True(code == 0, output + error);
        await DomainProgram.UntilAsync(() => _node.OpenlyAsync("memos.example", "/v1/notes-api/version"), answer => answer.Content == "\"7\"");
    }

    [Fact]
    public async Task A_domain_is_in_force_on_every_node()
    {
        Assert.SkipUnless(PostgresServer.Programs is not null, "PostgreSQL is not installed");
        await using var postgres = await PostgresServer.StartAsync();
        await using var first = await DomainProgram.StartAsync(store: postgres.Url);
        await using var second = await DomainProgram.JoinAsync(first, postgres.Url);

        await first.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/one.example", new JsonObject { ["paths"] = DomainProgram.Paths(("", "notes/dev")) });
        foreach (var node in new[] { first, second })
            await DomainProgram.UntilAsync(() => node.OpenlyAsync("one.example", "/notes-api/version"), answer => answer.Content == "\"2\"");
    }

    private async Task PutAsync(string host, params (string Path, string Stage)[] paths) =>
        await _node.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/" + host, new JsonObject { ["paths"] = DomainProgram.Paths(paths) });
}

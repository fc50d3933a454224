using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A folder that is served is applied through the same resources that an administrator writes.</summary>
public sealed class FolderTests : IDisposable
{
    private const string InForce = "are in force";

    private readonly TempFolder _folder = new();
    private readonly string _api;

    public FolderTests()
    {
        _api = Directory.CreateDirectory(_folder.File("api")).FullName;
        Write("notes", "1");
    }

    [Fact]
    public async Task Each_document_is_a_deployment_that_the_live_stage_points_at()
    {
        await using var program = await StartAsync();
        using var administrator = new Administrator(program);

        string deployment = Assert.Single(await administrator.ListAsync("/apis/notes/deployments"));
        var stage = await administrator.GetAsync("/apis/notes/stages/live");

        Assert.Equal(deployment, (string?)stage["deployment"]);
        Assert.Equal(_api, (string?)stage["labels"]!["stateway.folder"]);
        Assert.Equal(Administrator.Document("1"), (string?)(await administrator.GetAsync("/apis/notes/deployments/" + deployment))["files"]!["notes.yaml"]);
    }

    [Fact]
    public async Task A_changed_document_is_a_new_deployment_and_an_unchanged_one_is_not()
    {
        await using (var first = await StartAsync())
        {
            using var administrator = new Administrator(first);
            var applied = first.LineAsync(InForce);
            Write("notes", "2");
            await applied;

            Assert.Equal(2, (await administrator.ListAsync("/apis/notes/deployments")).Length);
            Assert.Equal("\"2\"", await first.Http.GetStringAsync("/notes-api/version"));
            await first.StopAsync();
        }

        await using var second = await StartAsync();
        using var again = new Administrator(second);
        Assert.Equal(2, (await again.ListAsync("/apis/notes/deployments")).Length);
    }

    [Fact]
    public async Task Of_many_changes_the_last_deployments_are_kept()
    {
        await using var program = await StartAsync();
        using var administrator = new Administrator(program);
        for (int version = 2; version <= 14; version++)
        {
            var applied = program.LineAsync(InForce);
            Write("notes", $"{version}");
            await applied;
        }

        Assert.Equal(11, (await administrator.ListAsync("/apis/notes/deployments")).Length);
        Assert.Equal("\"14\"", await program.Http.GetStringAsync("/notes-api/version"));
    }

    [Fact]
    public async Task A_document_that_has_gone_takes_its_stage_along_and_leaves_those_of_an_administrator()
    {
        Write("more", "m");
        await using var program = await StartAsync();
        using var administrator = new Administrator(program);
        await administrator.DeployAsync("mine", "v1", Administrator.Document("mine", "/mine-api"));
        await administrator.PointAsync("/apis/mine/stages/live", "v1");
        await Administrator.UntilAsync(program.Http, "/mine-api/version", HttpStatusCode.OK);

        var applied = program.LineAsync(InForce);
        File.Delete(Path.Combine(_api, "more.yaml"));
        await applied;

        Assert.Equal(HttpStatusCode.NotFound, (await program.Http.GetAsync("/more-api/version")).StatusCode);
        Assert.Empty(await administrator.ListAsync("/apis/more/stages"));
        Assert.Equal("\"mine\"", await program.Http.GetStringAsync("/mine-api/version"));
        Assert.Equal("\"1\"", await program.Http.GetStringAsync("/notes-api/version"));
    }

    [Fact]
    public async Task A_stage_that_an_administrator_has_moved_is_taken_back_when_the_document_changes()
    {
        await using var program = await StartAsync();
        using var administrator = new Administrator(program);
        await administrator.DeployAsync("notes", "other", Administrator.Document("other"));
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/apis/notes/stages/live", new JsonObject { ["deployment"] = "other" });
        await Administrator.UntilAsync(program.Http, "/notes-api/version", HttpStatusCode.OK, "\"other\"");

        var applied = program.LineAsync(InForce);
        Write("notes", "2");
        await applied;

        Assert.Equal("\"2\"", await program.Http.GetStringAsync("/notes-api/version"));
    }

    [Fact]
    public async Task What_one_node_is_told_the_other_serves()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync();
        var environment = new Dictionary<string, string>
        {
            ["STATEWAY_STORE"] = $"postgres://{PostgresServer.User}@127.0.0.1:{server.Port}/{PostgresServer.Database}?sslmode=disable",
            ["STATEWAY_STORE_PASSWORD"] = PostgresServer.Password,
        };
        string[] arguments = ["serve", _api, "--listen", "127.0.0.1:0"];
        var starting = (StatewayProgram.ServeAsync(arguments, environment), StatewayProgram.ServeAsync(arguments, environment));
        await using var one = await starting.Item1;
        await using var two = await starting.Item2;
        using var administrator = new Administrator(one);
        Assert.Equal(one.KeyFile, two.KeyFile);
        Assert.Single(await administrator.ListAsync("/apis/notes/deployments"));

        await administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/apis/notes/stages/live", new JsonObject { ["deployment"] = "v2" });

        await Administrator.UntilAsync(one.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");
        await Administrator.UntilAsync(two.Http, "/notes-api/version", HttpStatusCode.OK, "\"2\"");
    }

    private void Write(string name, string version) => File.WriteAllText(Path.Combine(_api, name + ".yaml"), Administrator.Document(version, $"/{name}-api"));

    private Task<StatewayProgram> StartAsync() => StatewayProgram.RunAsync(_api, _folder.File("data"));

    public void Dispose() => _folder.Dispose();
}

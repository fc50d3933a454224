using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Stateway.EndToEnd.Tests.Faults;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Status where several nodes serve one store: one of them writes it, and all serve the same.</summary>
public sealed class SharedStatusTests : IAsyncLifetime
{
    private static readonly Key Mark = new("stateway/settings", "kinds-changed");

    private readonly TempFolder _folder = new();
    private Database _database = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _database = await Database.StartAsync("postgres");
    }

    [Fact]
    public async Task Stages_that_were_made_to_clash_on_two_nodes_at_once_are_one_that_serves_and_one_that_says_why_not()
    {
        await using var one = await ServeAsync();
        await using var two = await ServeAsync();
        using var first = new Administrator(one);
        using var second = new Administrator(two);
        await first.DeployAsync("notes", "v1", Administrator.Document("1"));

        // Mostly both are accepted at once; a round in which one was refused is followed by another.
        string path;
        string[] stages;
        int round = 0;
        do
        {
            Assert.True(round < 30, "One of the two was refused each time.");
            path = $"/r{round}";
            stages = [$"/apis/notes/stages/b{round}", $"/apis/notes/stages/a{round++}"];
            await Task.WhenAll(first.PointAsync(stages[0], "v1", path), second.PointAsync(stages[1], "v1", path));
        }
        while ((await first.SendAsync("GET", stages[0])).Status != HttpStatusCode.OK || (await first.SendAsync("GET", stages[1])).Status != HttpStatusCode.OK);

        var settled = await Task.WhenAll(stages.Select(stage => first.ReadyAsync(stage, null)));
        Assert.Equal(["false", "true"], settled.Select(stage => Ready(stage, "status")).Order(StringComparer.Ordinal));
        int loser = Array.FindIndex(settled, stage => Ready(stage, "status") == "false");
        string name = stages[1 - loser][1..].Replace("apis/", "", StringComparison.Ordinal).Replace("/stages", "", StringComparison.Ordinal);
        Assert.Equal(("Clash", $"The stage {name} answers GET {path}/notes-api/notes already; give one of the two another path."),
            (Ready(settled[loser], "reason"), Ready(settled[loser], "message")));
        await Administrator.UntilAsync(one.Http, $"{path}/notes-api/version", HttpStatusCode.OK);
        await Administrator.UntilAsync(two.Http, $"{path}/notes-api/version", HttpStatusCode.OK);
        var why = await second.GetAsync(stages[loser] + "/why");
        Assert.Equal("not ready", (string?)why["summary"]);
        Assert.Contains(why["because"]!.AsArray(), each => (string?)each!["reason"] == "Clash");

        // When the one that serves goes, the other comes into its place.
        await first.ExpectAsync(HttpStatusCode.NoContent, "DELETE", stages[1 - loser]);
        await first.ReadyAsync(stages[loser], "true");
        await Administrator.UntilAsync(two.Http, $"{path}/notes-api/version", HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_can_not_be_served_says_so_and_is_served_when_it_can_be()
    {
        await using var program = await ServeAsync();
        using var administrator = new Administrator(program);
        await administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await using var store = await _database.OpenAsync();

        // No request can make these; two requests on two nodes at once can.
        await PutAsync(store, "stateway/apis/deployments", "notes/wrong", Administrator.Deployment(Administrator.Document("1").Replace("type: object", "type: nothing", StringComparison.Ordinal)));
        await PutAsync(store, "stateway/apis/stages", "notes/early", new() { ["deployment"] = "v2", ["path"] = "/early" });
        await PutAsync(store, "stateway/apis/stages", "notes/wrong", new() { ["deployment"] = "wrong", ["path"] = "/wrong" });
        await administrator.PointAsync("/apis/notes/stages/good", "v1", "/good");

        await administrator.ReadyAsync("/apis/notes/stages/good", "true");
        var early = await administrator.ReadyAsync("/apis/notes/stages/early", "false");
        Assert.Equal(("NoSuchDeployment", "notes has no deployment \"v2\"."), (Ready(early, "reason"), Ready(early, "message")));
        Assert.Null(early["status"]!["base_path"]);
        var wrong = await administrator.ReadyAsync("/apis/notes/stages/wrong", "false");
        Assert.Equal("DoesNotCompile", Ready(wrong, "reason"));
        Assert.Contains("notes.yaml:5:12", Ready(wrong, "message"), StringComparison.Ordinal);
        var why = await administrator.GetAsync("/apis/notes/why");
        Assert.Equal("not ready", (string?)why["summary"]);
        Assert.Equal(["apis/notes/stages/early", "apis/notes/stages/wrong", "apis/notes/stages/good"], why["because"]!.AsArray().Select(each => (string?)each!["resource"]));

        await administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await administrator.ReadyAsync("/apis/notes/stages/early", "true");
        await Administrator.UntilAsync(program.Http, "/early/notes-api/version", HttpStatusCode.OK, "\"2\"");
    }

    [Fact]
    public async Task When_the_node_that_writes_status_is_killed_another_takes_over()
    {
        await using var one = await ServeAsync();
        await using var two = await ServeAsync();
        using var ofOne = new Administrator(one);
        using var ofTwo = new Administrator(two);
        StatewayProgram[] programs = [one, two];
        Administrator[] administrators = [ofOne, ofTwo];
        await using var store = await _database.OpenAsync();
        await administrators[0].DeployAsync("notes", "v1", Administrator.Document("1"));
        await PutAsync(store, "stateway/apis/stages", "notes/early", new() { ["deployment"] = "v2", ["path"] = "/early" });
        await administrators[0].ReadyAsync("/apis/notes/stages/early", "false");

        // The one that does not run the controller says so, and who does.
        int holder = await RunsElsewhereAsync(administrators[0]) is null ? 0 : 1;
        string elsewhere = (await RunsElsewhereAsync(administrators[1 - holder]))!;
        var node = await administrators[holder].NodeAsync(programs[holder]);
        Assert.Equal($"The controller stages runs on the node {node["id"]}, not on this one.", elsewhere);
        await programs[holder].KillAsync();

        var other = administrators[1 - holder];
        await other.DeployAsync("notes", "v2", Administrator.Document("2"));
        await other.ReadyAsync("/apis/notes/stages/early", "true");
        await other.PointAsync("/apis/notes/stages/live", "v1");
        await other.ReadyAsync("/apis/notes/stages/live", "true");

        // One that is told to end gives the lease back: the next one need not wait for it to run out.
        Assert.Equal(0, await programs[1 - holder].StopAsync());
        await using var third = await ServeAsync();
        using var last = new Administrator(third);
        await last.PointAsync("/apis/notes/stages/live", "v2");
        await last.ReadyAsync("/apis/notes/stages/live", "true", generation: 2);

        static async Task<string?> RunsElsewhereAsync(Administrator administrator) => (await administrator.GetAsync("/apis/notes/stages/early/why"))["because"]!.AsArray()
            .Where(each => (string?)each!["reason"] == "RunsElsewhere").Select(each => (string?)each!["says"]).FirstOrDefault();
    }

    [Fact]
    public async Task A_status_wakes_nobody_and_what_users_write_does_not_either()
    {
        await using var one = await ServeAsync();
        await using var two = await ServeAsync();
        using var administrator = new Administrator(one);
        await administrator.ReadyAsync("/apis/other/stages/live", "true");
        await administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await using var store = await _database.OpenAsync();
        long before = (await store.ReadStateAsync(default)).Revision;

        // Each change is one mark, and its status another: any circle would make more of them.
        const int Changes = 6;
        for (int i = 1; i <= Changes; i++)
        {
            await administrator.PointAsync("/apis/notes/stages/live", i % 2 == 0 ? "v1" : "v2");
            await administrator.ReadyAsync("/apis/notes/stages/live", "true", generation: i);
            await Administrator.UntilAsync(two.Http, "/notes-api/version", HttpStatusCode.OK, i % 2 == 0 ? "\"1\"" : "\"2\"");
            for (int n = 0; n < 10; n++) Assert.Equal(HttpStatusCode.Created, (await two.Http.PostAsync("/notes-api/notes", new StringContent("{}", Encoding.UTF8, "application/json"))).StatusCode);
        }

        var marks = (await store.ReadVersionsAsync(Mark, long.MaxValue, 1_000, default)).Versions;
        Assert.Equal(2 * Changes, marks.Count(version => version.Revision > before));
        Assert.DoesNotContain("warn", one.Output + two.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stage_with_a_finalizer_stays_and_is_served_until_that_is_taken_away()
    {
        await using var program = await ServeAsync();
        using var administrator = new Administrator(program);
        await administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await administrator.PointAsync("/apis/notes/stages/live", "v1");
        await administrator.ReadyAsync("/apis/notes/stages/live", "true");
        await using var store = await _database.OpenAsync();
        var key = new Key("stateway/apis/stages", "notes/live");
        var entry = (await store.GetAsync(key, default))!;
        var value = JsonNode.Parse(entry.Value.Span)!.AsObject();
        value["finalizers"] = new JsonArray("test");
        await CommitAsync(store, new Write.Put(key, entry.UpdateTime, Encoding.UTF8.GetBytes(value.ToJsonString())));

        var deleting = await administrator.ExpectAsync(HttpStatusCode.Accepted, "DELETE", "/apis/notes/stages/live");
        Assert.NotNull(deleting["delete_time"]);
        await administrator.ExpectAsync(HttpStatusCode.Accepted, "DELETE", "/apis/notes/stages/live");
        await administrator.ExpectAsync(HttpStatusCode.Conflict, "PUT", "/apis/notes/stages/live", new JsonObject { ["deployment"] = "v1", ["path"] = "/x" });
        Assert.Equal(HttpStatusCode.OK, (await program.Http.GetAsync("/notes-api/version")).StatusCode);
        var why = await administrator.GetAsync("/apis/notes/stages/live/why");
        Assert.Equal(("being deleted", "Its deletion was asked for; it goes when these have cleaned up: test."), ((string?)why["summary"], (string?)why["because"]![0]!["says"]));

        await CommitAsync(store, new Write.Delete(key));
        await Administrator.UntilAsync(program.Http, "/notes-api/version", HttpStatusCode.NotFound);
    }

    private static string Ready(JsonNode stage, string field) => (string)stage["status"]!["conditions"]![0]![field]!;

    private Task<StatewayProgram> ServeAsync() => StatewayProgram.ServeAsync(["serve", _folder.File("api"), "--listen", "127.0.0.1:0", "--store", _database.Url]);

    /// <summary>As a kind is stored.</summary>
    private static Task PutAsync(IStore store, string kind, string path, JsonObject spec)
    {
        var now = DateTimeOffset.UnixEpoch.AddYears(54);
        string time = now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var value = new JsonObject { ["id"] = path[(path.IndexOf('/') + 1)..], ["generation"] = 1, ["create_time"] = time, ["update_time"] = time, ["finalizers"] = new JsonArray(), ["owner"] = null };
        foreach (var (name, field) in spec) value[name] = field?.DeepClone();
        value["status"] = new JsonObject();
        return CommitAsync(store, new Write.Put(new(kind, path), now, Encoding.UTF8.GetBytes(value.ToJsonString())));
    }

    private static async Task CommitAsync(IStore store, Write write) => Assert.IsType<CommitResult.Committed>(
        await store.CommitAsync(new([], [write, new Write.Put(Mark, DateTimeOffset.UnixEpoch, "{}"u8.ToArray())]), default));

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        _folder.Dispose();
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Stateway.Store;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>
/// Kills the program with SIGKILL at random moments, of starts too, while clients roll out 500 resources and keep changing what is wanted
/// of them. Afterwards, left alone, it comes to be what was asked for last, and everything has been done once: no change
/// lost or made twice, an event for each, no seed loaded again, and nothing that goes on in a circle.
/// </summary>
public sealed class RolloutCrashTests : IDisposable
{
    private const int Kills = 200;
    private const int Apis = 50;
    private const int Clients = 8;
    private const int Seed = 20261121;

    /// <summary>
    /// When it is killed: so many changes behind ready, and a little later; or, one time in four, so long after the process's start.
    /// </summary>
    private const int ChangesMax = 12, LaterMillisecondsMax = 60, StartMillisecondsMax = 900;

    private static readonly Key Mark = new("stateway/settings", "kinds-changed");

    private readonly TempFolder _folder = new();
    private readonly RolledApi[] _apis = [.. Enumerable.Range(1, Apis).Select(n => new RolledApi(n))];
    private readonly RolloutClient _client = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly Random _random = new(Seed);

    [Fact]
    public async Task Two_hundred_kills_in_a_rollout_of_500_resources_leave_what_was_asked_for_and_nothing_done_twice()
    {
        Assert.Equal(500, Apis * RolledApi.Resources);
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));

        // 1. The rollout, under kills.
        using var stopping = new CancellationTokenSource();
        var clients = Task.WhenAll(Enumerable.Range(0, Clients).Select(n => Task.Run(() => RollOutAsync(n, stopping.Token))));
        int inStart = 0, whole = 0;
        for (int kill = 0; kill < Kills && !clients.IsCompleted; kill++)
        {
            if (await RunAndKillAsync(clients)) inStart++;
            if (_client.Created < Apis * RolledApi.Resources) whole = kill + 1;
        }

        // 2. Left alone.
        long converged;
        await using (var program = await StartAsync())
        {
            _client.Publish(program);
            await stopping.CancelAsync();
            await clients;
            using var administrator = new Administrator(program);
            int statuses = await CheckAsync(program, administrator);
            converged = long.Parse((string)(await administrator.GetAsync("/apis?max_page_size=1"))["revision"]!, CultureInfo.InvariantCulture);
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"{Kills} kills, {inStart} of them before ready; {whole} before all resources were there. {_client.Acknowledged} changes, {_client.Unanswered} requests without an answer, {statuses} statuses.");
            await program.StopAsync();
        }

        // 3. All is done: another start, which looks at everything again, changes nothing but what is asked of it.
        const int More = 3;
        await using (var program = await StartAsync())
        {
            using var administrator = new Administrator(program);
            foreach (var stage in _apis.TakeLast(More).Select(api => api.Pointers[0]))
            {
                await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", stage.Path, new JsonObject { ["labels"] = new JsonObject { ["last"] = "change" } });
                await administrator.ReadyAsync(stage.Path, "true", stage.Generation + 1);
            }

            await program.StopAsync();
        }

        await using var store = Assert.IsType<StoreOpening.Opened>(await SqliteStore.OpenAsync(_folder.File("data"), new())).Store;
        var marks = (await store.ReadVersionsAsync(Mark, long.MaxValue, 1_000, default)).Versions;
        Assert.Equal(2 * More, marks.Count(version => version.Revision > converged)); // each change, and its status
        Assert.Empty(_complaints);
    }

    /// <summary>Its share of the APIs: first all of them come, then all of them change.</summary>
    private async Task RollOutAsync(int client, CancellationToken stopping)
    {
        var random = new Random(Seed + client);
        var mine = _apis.Where(api => api.Number % Clients == client).ToArray();
        foreach (var api in mine) await _client.CreateAsync(api);
        while (!stopping.IsCancellationRequested) await _client.ChangeAsync(mine[random.Next(mine.Length)], random);
    }

    private string[] Arguments => ["run", _folder.File("api"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", _folder.File("data")];

    private Task<StatewayProgram> StartAsync() => StatewayProgram.ServeAsync(Arguments);

    /// <param name="clients">End only when they fail.</param>
    /// <returns>Whether it was killed before it was ready.</returns>
    private async Task<bool> RunAndKillAsync(Task clients)
    {
        bool isAnywhere = _random.Next(4) == 0;
        int milliseconds = _random.Next(isAnywhere ? StartMillisecondsMax : LaterMillisecondsMax);
        int changes = _random.Next(ChangesMax);
        await using var program = StatewayProgram.StartCommand(Arguments);
        var ready = program.ReadyAsync();
        var moment = isAnywhere ? Task.Delay(milliseconds) : Task.CompletedTask;
        if (!isAnywhere || await Task.WhenAny(ready, moment) == ready)
        {
            await ready;
            _client.Publish(program);
            if (!isAnywhere)
            {
                await Task.WhenAny(_client.MoreAsync(changes), clients);
                moment = Task.Delay(milliseconds);
            }

            await moment;
            _client.Retract();
        }

        bool wasReady = ready.IsCompletedSuccessfully;
        await program.KillAsync();
        foreach (string line in program.Output.Split('\n'))
        {
            if (line.Contains(" warning ", StringComparison.Ordinal) || line.Contains("rror", StringComparison.Ordinal) || line.Contains("xception", StringComparison.Ordinal)) _complaints.Enqueue(line);
        }

        return !wasReady;
    }

    /// <returns>How many statuses were written in all.</returns>
    private async Task<int> CheckAsync(StatewayProgram program, Administrator administrator)
    {
        // What every stage says of itself, and what it answers.
        foreach (var api in _apis)
        {
            foreach (var (stage, (_, path)) in api.Pointers.Zip(RolledApi.Stages))
            {
                var served = await administrator.ReadyAsync(stage.Path, "true", stage.Generation);
                string deployment = (string)stage.Spec["deployment"]!;
                Assert.Equal((deployment, $"{path}/{api.Id}"), ((string?)served["status"]!["deployment"], (string?)served["status"]!["base_path"]));
                Assert.Equal($"\"{deployment}\"", await program.Http.GetStringAsync($"{path}/{api.Id}/version"));
            }

            foreach (string kind in new[] { "deployments", "stages" })
                Assert.Equal(api.All.Where(each => each.Name.Contains($"/{kind}/", StringComparison.Ordinal)).Select(each => each.Id).Order(), (await administrator.ListAsync($"{api.Self.Path}/{kind}")).Order());
            await CheckRowsAsync(program, api);
        }

        Assert.Equal(_apis.Select(api => api.Id).Append("other").Order(), (await administrator.ListAsync("/apis?max_page_size=1000")).Order());

        var events = await ReadAllAsync(administrator.GetAsync, "/events?by=administrator");
        Assert.Equal(_apis.Sum(api => api.All.Sum(each => each.Generation)), events.Count);
        Assert.Equal(_client.Acknowledged, events.Count);
        var byResource = events.ToLookup(each => (string)each["resource"]!);
        int statuses = 0;
        foreach (var resource in _apis.SelectMany(api => api.All)) statuses += await CheckPastAsync(administrator, resource, byResource[resource.Name]);

        // The folder was applied by the first start that came so far, and by none after it.
        Assert.Equal(3, (await ReadAllAsync(administrator.GetAsync, "/events")).Count - events.Count);
        return statuses;
    }

    /// <summary>A resource's history and its events tell the same, step by step; a status is no step, and does not flap.</summary>
    /// <returns>How many statuses were written.</returns>
    private static async Task<int> CheckPastAsync(Administrator administrator, Rolled resource, IEnumerable<JsonNode> events)
    {
        var versions = await ReadAllAsync(administrator.GetAsync, resource.Path + "/history");
        versions.Reverse();
        Assert.True(resource.Is(versions[^1]["object"]!, resource.Spec, resource.Generation), $"{resource.Path} is {versions[^1]["object"]}; {resource.Spec} of generation {resource.Generation} was acknowledged.");

        var told = events.OrderBy(each => long.Parse((string)each["revision"]!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Enumerable.Range(1, resource.Generation), told.Select(each => (int)each["generation"]!));

        JsonNode? before = null;
        int statuses = 0;
        foreach (var version in versions)
        {
            var now = version["object"]!;
            var then = before?["object"];
            if (then is not null && (int)then["generation"]! == (int)now["generation"]!)
            {
                Assert.True(JsonNode.DeepEquals(Rolled.SpecOf(then), Rolled.SpecOf(now)), $"{resource.Path} was changed without a generation.");
                Assert.False(JsonNode.DeepEquals(then["status"], now["status"]), $"{resource.Path} was written without a change.");
                Assert.Equal((int)now["generation"]!, (int)now["status"]!["observed_generation"]!);
                statuses++;
            }
            else
            {
                var (change, at) = (told[0], (string?)version["revision"]);
                told.RemoveAt(0);
                Assert.Equal((at, (string?)before?["revision"]), ((string?)change["revision"], (string?)change["from_revision"]));
                Assert.Equal(then is null ? "created" : "changed", (string?)change["action"]);
            }

            // All of these stages could be served all the time; so they became ready once.
            if (now["status"]?["conditions"] is JsonArray conditions)
            {
                var ready = Assert.Single(conditions)!;
                Assert.Equal("true", (string?)ready["status"]);
                if (then?["status"]?["conditions"] is JsonArray known) Assert.Equal((string?)known[0]!["last_transition_time"], (string?)ready["last_transition_time"]);
            }

            before = version;
        }

        Assert.Empty(told);
        return statuses;
    }

    /// <summary>Seeds were loaded once, and what clients deleted has not come back.</summary>
    private static async Task CheckRowsAsync(StatewayProgram program, RolledApi api)
    {
        string only = "only-" + ((string)api.Pointers[0].Spec["deployment"]!)[1..];
        await CheckAsync("rows", [.. new[] { "1", "2", "3" }.Except(api.DeletedRows), .. api.OwnRows]);
        await CheckAsync(only, ["1", "2"]);
        foreach (string row in new[] { "rows/1", "rows/2", "rows/3", only + "/1", only + "/2" })
        {
            string[] expected = row.StartsWith("rows", StringComparison.Ordinal) && api.DeletedRows.Contains(row[5..]) ? ["deleted", "added"] : ["added"];
            Assert.Equal(expected, (await ReadAllAsync(GetAsync, $"/{api.Id}/{row}/history")).Select(version => (string)version["type"]!));
        }

        async Task CheckAsync(string collection, IEnumerable<string> ids) =>
            Assert.Equal(ids.Order(), (await ReadAllAsync(GetAsync, $"/{api.Id}/{collection}")).Select(row => (string)row["id"]!).Order());

        async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await program.Http.GetStringAsync(path))!;
    }

    /// <summary>All pages.</summary>
    private static async Task<List<JsonNode>> ReadAllAsync(Func<string, Task<JsonNode>> getAsync, string path)
    {
        path += (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "max_page_size=1000";
        var all = new List<JsonNode>();
        for (string? token = ""; token is not null;)
        {
            var page = await getAsync(token.Length == 0 ? path : $"{path}&page_token={token}");
            all.AddRange(page["results"]!.AsArray().Select(each => each!));
            token = (string?)page["next_page_token"];
        }

        return all;
    }

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }
}

using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway apply</c>: a plan, then one step.</summary>
public sealed class ApplyTests : IAsyncLifetime
{
    private const string Shop = """
        # The shop, in one file.
        kind: api
        id: shop
        title: Shop
        labels: { team: web }
        ---
        kind: stages
        api: shop
        id: live
        deployment: d1
        throttle: {}
        ---
        kind: deployment
        api: shop
        id: d1
        document: { openapi: 3.1.0 }
        ---
        { kind: domain, id: shop.example, host: shop.example, api: shop }
        """;

    private ClientServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await ClientServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_plan_is_said_and_done_in_one_step_in_the_order_that_references_need()
    {
        string output = await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml", Shop));

        Assert.Matches("""
            ^create    apis/shop
            create    apis/shop/deployments/d1
            create    apis/shop/stages/live
            create    domains/shop\.example
            4 to create, 0 to change, 0 to delete, 0 unchanged\.
            Applied, at revision (\d+)\.
            $
            """.ReplaceLineEndings("\n").TrimEnd(), output);
        var histories = new List<string>();
        foreach (string path in new[] { "/apis/shop", "/apis/shop/stages/live", "/domains/shop.example" })
            histories.Add((await _server.GetAsync(path + "/history")).GetProperty("results")[0].GetProperty("revision").GetString()!);
        Assert.Single(histories.Distinct());
    }

    [Fact]
    public async Task Applying_again_changes_nothing_though_the_server_has_added_defaults()
    {
        string file = _server.Write("shop.yaml", Shop);
        await _server.DoneAsync("apply", "-f", file);
        string output = await _server.DoneAsync("apply", "-f", file);

        Assert.Contains("unchanged apis/shop/stages/live", output, StringComparison.Ordinal);
        Assert.EndsWith("0 to create, 0 to change, 0 to delete, 4 unchanged.\n", output, StringComparison.Ordinal);
        Assert.Equal(1, await _server.VersionsAsync("/apis/shop"));
    }

    [Fact]
    public async Task A_change_names_its_fields_and_leaves_the_others_alone()
    {
        await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml", Shop));
        string output = await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml",
            Shop.Replace("throttle: {}", "throttle: { rate: 5.50 }", StringComparison.Ordinal).Replace("labels: { team: web }", "tier: 2", StringComparison.Ordinal)));

        Assert.Contains("            throttle.rate: 100 → 5.50\n", output, StringComparison.Ordinal);
        Assert.Contains("            labels: {\"team\":\"web\"} → –\n            tier: – → 2\n", output, StringComparison.Ordinal);
        Assert.Contains("0 to create, 2 to change, 0 to delete, 2 unchanged.", output, StringComparison.Ordinal);
        Assert.Equal("5.50", (await _server.GetAsync("/apis/shop/stages/live")).GetProperty("throttle").GetProperty("rate").GetRawText());
        Assert.Equal(1, await _server.VersionsAsync("/domains/shop.example"));
    }

    [Fact]
    public async Task A_dry_run_writes_nothing_and_is_checked_by_the_server()
    {
        string output = await _server.DoneAsync("apply", "--dry-run", "-f", _server.Write("shop.yaml", Shop));
        Assert.Contains("create    apis/shop\n", output, StringComparison.Ordinal);
        Assert.EndsWith("nothing was written.\n", output, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/apis/shop"));

        string error = await _server.FailedAsync(1, "apply", "--dry-run", "-f", _server.Write("shop.yaml", Shop.Replace("api: shop }", "api: nothing }", StringComparison.Ordinal)));
        Assert.Matches(@"shop\.yaml:18:\d+: domains/shop\.example/api: apis has no resource ""nothing""", error);
    }

    [Fact]
    public async Task What_the_server_refuses_is_told_of_all_resources_with_file_and_line_and_nothing_is_written()
    {
        string file = _server.Write("shop.yaml", Shop.Replace("title: Shop", "titel: Shop", StringComparison.Ordinal).Replace("deployment: d1", "deployment: 1", StringComparison.Ordinal));
        string error = await _server.FailedAsync(1, "apply", "-f", file);

        Assert.Contains($"{file}:4:8: apis/shop/titel: ", error, StringComparison.Ordinal);
        Assert.Contains("apis/shop/title: title is missing.", error, StringComparison.Ordinal);
        Assert.Contains($"{file}:10:13: apis/shop/stages/live/deployment: ", error, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/domains/shop.example"));
    }

    [Fact]
    public async Task Everything_wrong_with_the_files_is_told_with_its_place_before_anything_is_asked()
    {
        string file = _server.Write("bad.yaml", """
            kind: apiss
            id: a
            ---
            id: b
            ---
            kind: stage
            id: live
            ---
            kind: api
            id: .hidden
            ---
            - just text
            ---
            kind: api
            id: c
              title: C
            ---
            { kind: api, id: d, title: D }
            ---
            { kind: apis, id: d, title: D }
            """);
        string error = await _server.FailedAsync(1, "apply", "-f", file, "-f", _server.PathOf("missing.yaml"));

        string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Collection(lines,
            line => Assert.Equal($"error: {file}:1:7: There is no kind 'apiss'. Did you mean 'apis'?", line),
            line => Assert.StartsWith($"error: {file}:4:1: A resource says its kind", line, StringComparison.Ordinal),
            line => Assert.Equal($"error: {file}:6:1: A stage says api, id; api is missing.", line),
            line => Assert.StartsWith($"error: {file}:10:5: id must be 1 to 128", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"error: {file}:12:3: A resource is an object", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"error: {file}:16:", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"error: {file}:20:19: apis/d stands here twice; first at {file}:18:18", line, StringComparison.Ordinal),
            line => Assert.EndsWith("missing.yaml: there is no such file or folder.", line, StringComparison.Ordinal));
        Assert.False(await _server.HasAsync("/apis/d"));
    }

    [Fact]
    public async Task A_folder_is_read_with_all_below_it_and_what_holds_no_resources_is_left_alone()
    {
        _server.Write("config/a.yaml", "kind: api\nid: a\ntitle: A\n");
        _server.Write("config/more/b.json", """[ { "kind": "api", "id": "b", "title": "B" } ]""");
        _server.Write("config/seed.json", """[ { "id": "1" } ]""");
        _server.Write("config/.hidden/c.yaml", "kind: api\nid: c\ntitle: C\n");
        var (code, output, error) = await _server.RunAsync("apply", "-f", _server.PathOf("config"));

        Assert.True(code == 0, error);
        Assert.Contains("2 to create", output, StringComparison.Ordinal);
        Assert.Matches(@"^warning: .*seed\.json: it holds no resource.*\n$", error);
    }

    [Fact]
    public async Task Standard_input_is_read_for_a_dash()
    {
        _server.Write("shop.yaml", Shop);
        string command = $"cat {_server.PathOf("shop.yaml")} | {StatewayProgram.File} apply --server {_server.Url} -f -";
        var (code, output, error) = await StatewayProgram.CallToolAsync("sh", "-c", command);
        Assert.True(code == 0, error);
        Assert.Contains("4 to create", output, StringComparison.Ordinal);

        (code, _, error) = await StatewayProgram.CallToolAsync("sh", "-c", $"echo 'kind: x' | {StatewayProgram.File} apply --server {_server.Url} -f -");
        Assert.Equal(1, code);
        Assert.Contains("standard input:1:7: There is no kind 'x'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_remembers_what_it_had_and_pruning_deletes_what_the_files_no_longer_have()
    {
        string file = _server.Write("shop.yaml", Shop);
        await _server.PutAsync("/apis/other", """{"title":"Other"}""");
        await _server.DoneAsync("apply", "-f", file, "--set", "shop");
        _server.Write("shop.yaml", Shop[..Shop.LastIndexOf("---", StringComparison.Ordinal)].Replace("deployment: d1", "deployment: d2", StringComparison.Ordinal).Replace("id: d1", "id: d2", StringComparison.Ordinal));

        string output = await _server.DoneAsync("apply", "-f", file, "--set", "shop");
        Assert.DoesNotContain("delete ", output, StringComparison.Ordinal);

        output = await _server.DoneAsync("apply", "-f", file, "--set", "shop", "--prune", "--dry-run");
        Assert.Contains("delete    domains/shop.example\ndelete    apis/shop/deployments/d1\n", output, StringComparison.Ordinal);
        Assert.True(await _server.HasAsync("/domains/shop.example"));

        output = await _server.DoneAsync("apply", "-f", file, "--set", "shop", "--prune");
        Assert.Contains("0 to create, 0 to change, 2 to delete, 3 unchanged.", output, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/domains/shop.example"));
        Assert.False(await _server.HasAsync("/apis/shop/deployments/d1"));
        Assert.True(await _server.HasAsync("/apis/shop/deployments/d2"));
        Assert.True(await _server.HasAsync("/apis/other"));
    }

    [Fact]
    public async Task Pruning_by_labels_deletes_what_carries_all_of_them()
    {
        await _server.PutAsync("/apis/a", """{"title":"A","labels":{"team":"web","tier":"x"}}""");
        await _server.PutAsync("/apis/b", """{"title":"B","labels":{"team":"web"}}""");
        string output = await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml", Shop), "--prune", "--selector", "team=web,tier=x");

        Assert.Contains("delete    apis/a\n", output, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/apis/a"));
        Assert.True(await _server.HasAsync("/apis/b"));
    }

    [Fact]
    public async Task Pruning_does_not_take_away_the_parent_of_what_the_files_hold()
    {
        await _server.PutAsync("/apis/a", """{"title":"A","labels":{"team":"web"}}""");
        string file = _server.Write("stage.yaml", "kind: stage\napi: a\nid: s\ndeployment: d\n");
        string error = await _server.FailedAsync(1, "apply", "-f", file, "--prune", "-l", "team=web");
        Assert.Contains("apis/a would be deleted, and apis/a/stages/s of the files stands below it", error, StringComparison.Ordinal);
        Assert.True(await _server.HasAsync("/apis/a"));
    }

    [Theory]
    [InlineData("--prune needs --selector or --set", "apply", "-f", "x", "--prune")]
    [InlineData("--prune needs --selector or --set", "apply", "-f", "x", "--prune", "--set", "a", "-l", "a=b")]
    [InlineData("give --prune, too", "apply", "-f", "x", "-l", "a=b")]
    [InlineData("LABEL=VALUE", "apply", "-f", "x", "--prune", "-l", "a")]
    [InlineData("--set is", "apply", "-f", "x", "--set", "a b")]
    [InlineData("--file", "apply")]
    [InlineData("http://HOST:PORT", "apply", "-f", "x", "--server", "localhost:8081")]
    public async Task A_wrong_command_line_is_refused(string named, params string[] arguments)
    {
        string error = await _server.FailedAsync(2, arguments);
        Assert.Contains(named, error, StringComparison.Ordinal);
        Assert.Contains("stateway apply --help", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_somebody_else_after_the_plan_stops_it_and_is_told()
    {
        await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml", Shop));
        await using var proxy = await MeddlingProxy.StartAsync(_server.Url);
        proxy.Before = async request =>
        {
            if (request.Path != "/_/batch") return;
            await _server.PutAsync("/apis/shop", """{"title":"Theirs"}""");
            await _server.PutAsync("/events/1", """{"resource":"apis/shop","by":"mallory","verb":"replace"}""");
        };

        string file = _server.Write("shop.yaml", Shop.Replace("title: Shop", "title: Ours", StringComparison.Ordinal).Replace("api: shop }", "api: shop, labels: { a: b } }", StringComparison.Ordinal));
        string error = await _server.FailedAsync(1, "apply", "-f", file, "--server", proxy.Url);
        Assert.Matches(@"^error: mallory changed apis/shop at 20\S+Z\. .*nothing was done; apply again\.\n$", error);
        Assert.Equal("Theirs", (await _server.GetAsync("/apis/shop")).GetProperty("title").GetString());
        Assert.Equal(1, await _server.VersionsAsync("/domains/shop.example"));
    }

    [Fact]
    public async Task Without_events_the_history_tells_of_the_change()
    {
        await using var proxy = await MeddlingProxy.StartAsync(_server.Url);
        proxy.Before = request => request.Path == "/_/batch" ? _server.PutAsync("/apis/shop", """{"title":"Theirs"}""") : Task.CompletedTask;

        string error = await _server.FailedAsync(1, "apply", "-f", _server.Write("shop.yaml", Shop), "--server", proxy.Url);
        Assert.Matches(@"^error: apis/shop was created at 20\S+Z \(revision \d+\)\. ", error);
        Assert.False(await _server.HasAsync("/domains/shop.example"));
    }

    [Fact]
    public async Task An_answer_that_is_lost_is_asked_for_again_and_the_batch_is_done_once()
    {
        await using var proxy = await MeddlingProxy.StartAsync(_server.Url);
        int batches = 0;
        proxy.Loses = request => request.Path == "/_/batch" && Interlocked.Increment(ref batches) == 1;

        string output = await _server.DoneAsync("apply", "-f", _server.Write("shop.yaml", Shop), "--server", proxy.Url);
        Assert.Contains("Applied, at revision", output, StringComparison.Ordinal);
        Assert.Equal(2, batches);
        Assert.Equal(1, await _server.VersionsAsync("/apis/shop"));
    }

    [Fact]
    public async Task More_changes_than_a_batch_takes_are_refused_before_any_is_made()
    {
        string file = _server.Write("many.yaml", string.Concat(Enumerable.Range(0, 101).Select(i => $"---\nkind: api\nid: a{i}\ntitle: A\n")));
        string error = await _server.FailedAsync(1, "apply", "-f", file);
        Assert.Contains("The plan has 101 changes, and the server makes at most 100 in one step.", error, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/apis/a0"));
    }

    [Fact]
    public async Task Text_that_looks_like_a_reference_of_a_batch_stays_as_it_is()
    {
        await _server.DoneAsync("apply", "-f", _server.Write("a.yaml", "kind: api\nid: a\ntitle: '${b.id} $${ ${'\n"));
        Assert.Equal("${b.id} $${ ${", (await _server.GetAsync("/apis/a")).GetProperty("title").GetString());
    }

    [Fact]
    public async Task Kinds_that_can_only_be_read_or_only_be_created_are_treated_as_such()
    {
        await using var proxy = await MeddlingProxy.StartAsync(_server.Url);
        proxy.Describes = document =>
        {
            var paths = document["paths"]!;
            foreach (string method in new[] { "put", "patch", "delete" }) paths["/nodes/{node_id}"]!.AsObject().Remove(method);
            paths["/nodes"]!.AsObject().Remove("post");
            paths["/apis/{apis_id}/deployments/{deployment_id}"]!.AsObject().Remove("put");
        };

        string node = _server.Write("node.yaml", "kind: node\nid: n\naddress: a\n");
        Assert.Contains($"{node}:1:7: nodes can only be read.", await _server.FailedAsync(1, "apply", "-f", node, "--server", proxy.Url), StringComparison.Ordinal);
        Assert.Contains("nodes can't be deleted.", await _server.FailedAsync(1, "delete", "node", "n", "--server", proxy.Url), StringComparison.Ordinal);
        Assert.Contains("nodes can't be exported", await _server.FailedAsync(1, "export", "nodes", "--server", proxy.Url), StringComparison.Ordinal);
        Assert.Contains("nodes can't be changed", await _server.FailedAsync(1, "edit", "node", "n", "--server", proxy.Url), StringComparison.Ordinal);

        string shop = _server.Write("shop.yaml", Shop);
        Assert.Contains("4 to create", await _server.DoneAsync("apply", "-f", shop, "--server", proxy.Url), StringComparison.Ordinal);
        Assert.Contains("4 unchanged", await _server.DoneAsync("apply", "-f", shop, "--server", proxy.Url), StringComparison.Ordinal);
        _server.Write("shop.yaml", Shop.Replace("openapi: 3.1.0", "openapi: 3.1.1", StringComparison.Ordinal));
        string error = await _server.FailedAsync(1, "apply", "-f", shop, "--server", proxy.Url);
        Assert.Matches(@"shop\.yaml:16:1: apis/shop/deployments/d1 can't be changed once it is there; give the new one another id\.\n  document\.openapi: ""3\.1\.0"" → ""3\.1\.1""\n", error);
    }

    [Fact]
    public async Task A_secret_is_never_shown()
    {
        string file = _server.Write("s.yaml", "kind: secret\nid: s\nvalue: hush\n");
        await _server.DoneAsync("apply", "-f", file);
        _server.Write("s.yaml", "kind: secret\nid: s\nvalue: HUSH\n");
        string output = await _server.DoneAsync("apply", "-f", file);
        Assert.Contains("change    secrets/s\n            value: (not shown) → (not shown)\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task On_a_terminal_deletions_are_asked_for()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script, which makes a terminal, is not installed");
        await _server.PutAsync("/apis/a", """{"title":"A","labels":{"team":"web"}}""");
        string file = _server.Write("shop.yaml", Shop);

        string command = $"{StatewayProgram.File} apply --server {_server.Url} -f {file} --prune -l team=web";
        var (_, output, _) = await StatewayProgram.CallToolAsync("sh", "-c", $"echo n | script -qec '{command}' /dev/null");
        Assert.Contains("Delete 1 resource, and what belongs to it? [y/N]", output, StringComparison.Ordinal);
        Assert.Contains("Nothing was done.", output, StringComparison.Ordinal);
        Assert.True(await _server.HasAsync("/apis/a"));
        Assert.False(await _server.HasAsync("/domains/shop.example"));

        (_, output, _) = await StatewayProgram.CallToolAsync("sh", "-c", $"script -qec '{command} --yes' /dev/null");
        Assert.Contains("Applied, at revision", output, StringComparison.Ordinal);
        Assert.False(await _server.HasAsync("/apis/a"));
    }
}

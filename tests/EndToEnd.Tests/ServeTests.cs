using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary><c>stateway serve</c>: where its store and settings come from, and several nodes over one store.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ServeTests()
    {
        Directory.CreateDirectory(_folder.File("api"));
        File.WriteAllText(_folder.File("api/notes.yaml"), Documents.Of("Notes", "notes: { schema: { type: object, properties: { text: { type: string } } } }"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, true, true, "option/store.db")]
    [InlineData(false, true, true, "variable.db")]
    [InlineData(false, false, true, "api/configured/store.db")]
    [InlineData(false, false, false, "api/.stateway/store.db")]
    public async Task The_store_is_the_options_else_the_variables_else_the_configurations_else_the_folders(
        bool option, bool variable, bool configuration, string file)
    {
        if (configuration) File.WriteAllText(_folder.File("api/stateway.yaml"), "store: sqlite:configured\nlisten: 127.0.0.1:0\n");
        var environment = new Dictionary<string, string> { ["STATEWAY_STORE"] = variable ? "sqlite:" + _folder.File("variable.db") : "" };
        string[] more = [.. option ? ["--store", "sqlite:" + _folder.File("option")] : Array.Empty<string>(), .. configuration ? Array.Empty<string>() : ["--listen", "127.0.0.1:0"]];

        await using (var program = await StatewayProgram.ServeAsync(["serve", _folder.File("api"), .. more], environment))
        {
            Assert.Equal(HttpStatusCode.NoContent, (await program.Http.DeleteAsync("/notes/" + await CreateAsync(program, "hello"))).StatusCode);
            Assert.Equal(0, await program.StopAsync());
        }

        Assert.True(File.Exists(_folder.File(file)), file);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(file)));
        Assert.Equal(file.StartsWith("option", StringComparison.Ordinal), Directory.Exists(_folder.File("option")));
    }

    [Theory]
    [InlineData("store: sqlite:a\nlisten: 80\nhistroy: {}", "stateway.yaml:2:9: listen", "stateway.yaml:3:1: 'histroy' is not known here. Did you mean 'history'?")]
    [InlineData("store: postgres://u:gehe/im@db/shop", "stateway.yaml:1:8: There is an @ behind the host.")]
    [InlineData("store: [", "This is not YAML")]
    public async Task A_wrong_configuration_is_refused_with_places(string text, params string[] errors)
    {
        File.WriteAllText(_folder.File("api/stateway.yaml"), text);
        var (code, output, error) = await StatewayProgram.CallAsync("serve", _folder.File("api"));
        Assert.Equal((1, ""), (code, output));
        Assert.All(errors, words => Assert.Contains(words, error, StringComparison.Ordinal));
        Assert.Equal(errors.Length, error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("gehe", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_is_missing_and_a_wrong_variable_are_named()
    {
        var (code, _, error) = await StatewayProgram.CallAsync("serve", _folder.File("api"), "--config", _folder.File("my.yaml"));
        Assert.Equal(1, code);
        Assert.Contains(_folder.File("my.yaml") + ":1:1: There is no such file.", error, StringComparison.Ordinal);

        (code, _, error) = await StatewayProgram.CallAsync(new Dictionary<string, string> { ["STATEWAY_STORE"] = "postgres://u:geheim@:1" }, "serve", _folder.File("api"));
        Assert.Equal(1, code);
        Assert.StartsWith("error: STATEWAY_STORE: The host is missing", error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_can_t_be_reached_is_one_line_without_a_password()
    {
        foreach (string url in new[] { "postgres://u:geheim@127.0.0.1:1/shop?connect_timeout=2", "etcd://u:geheim@127.0.0.1:1/shop" })
        {
            var (code, output, error) = await StatewayProgram.CallAsync("store", "check", url);
            Assert.Equal((1, ""), (code, output));
            Assert.Contains("127.0.0.1:1", Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_certificate_file_that_is_missing_is_named()
    {
        var (code, _, error) = await StatewayProgram.CallAsync("store", "check", "postgres://u@127.0.0.1:1/shop?sslmode=verify-full&sslrootcert=/nowhere/ca.pem");
        Assert.Equal(1, code);
        Assert.Contains("sslrootcert can't be read", error, StringComparison.Ordinal);
        (code, _, error) = await StatewayProgram.CallAsync("store", "check", "etcds://127.0.0.1:1?ca=/nowhere/ca.pem");
        Assert.Equal(1, code);
        Assert.Contains("ca can't be read", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_nodes_start_at_once_over_one_PostgreSQL_outlive_its_restart_and_agree()
    {
        Assert.SkipWhen(PostgresServer.Programs is null, "PostgreSQL is not installed");
        await using var server = await PostgresServer.StartAsync();
        string url = $"postgres://{PostgresServer.User}@127.0.0.1:{server.Port}/{PostgresServer.Database}?sslmode=disable&connect_timeout=2";
        var environment = new Dictionary<string, string> { ["STATEWAY_STORE_PASSWORD"] = PostgresServer.Password, ["STATEWAY_STORE"] = url };

        // The database starts after the programs.
        await server.StopAsync();
        string[] arguments = ["serve", _folder.File("api"), "--listen", "127.0.0.1:0"];
        await using var one = StatewayProgram.StartCommand(arguments, environment);
        var waiting = one.LineAsync("is tried again for 30 s");
        await using var two = StatewayProgram.StartCommand(arguments, environment);
        await waiting;
        await server.RestartAsync();
        await one.ReadyAsync();
        await two.ReadyAsync();
        Assert.DoesNotContain(PostgresServer.Password, one.Output, StringComparison.Ordinal);

        string id = await CreateAsync(one, "from one");
        Assert.Equal(HttpStatusCode.OK, (await two.Http.GetAsync("/notes/" + id)).StatusCode);

        // A page token of one node is good on the other.
        await CreateAsync(two, "from two");
        using var page = JsonDocument.Parse(await one.Http.GetStringAsync("/notes?max_page_size=1"));
        string token = page.RootElement.GetProperty("next_page_token").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await two.Http.GetAsync("/notes?max_page_size=1&page_token=" + token)).StatusCode);

        await server.StopAsync();
        using var away = await one.Http.GetAsync("/notes/" + id);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        Assert.True(away.Headers.Contains("Retry-After"));

        await server.RestartAsync();
        await UntilOkAsync(one, "/notes/" + id);
        await UntilOkAsync(two, "/notes/" + id);
        Assert.Equal(HttpStatusCode.OK, (await two.Http.GetAsync("/notes/" + await CreateAsync(one, "after"))).StatusCode);
    }

    [Fact]
    public async Task Two_nodes_over_one_etcd_agree_and_a_seed_comes_in_pieces()
    {
        Assert.SkipUnless(EtcdServer.IsInstalled, "etcd is not installed");
        await using var server = await EtcdServer.StartAsync();
        string url = $"etcd://{server.Endpoint}/eu/notes";
        File.WriteAllText(_folder.File("api/notes.yaml"), Documents.Of("Notes", "notes: { seed: notes.json, schema: { type: object, properties: { text: { type: string } } } }"));
        File.WriteAllText(_folder.File("api/notes.json"), "[" + string.Join(',', Enumerable.Range(0, 500).Select(i => $$"""{"id":"n{{i}}","text":"{{i}}"}""")) + "]");

        string[] arguments = ["serve", _folder.File("api"), "--listen", "127.0.0.1:0", "--store", url];
        await using var one = StatewayProgram.StartCommand(arguments);
        await using var two = StatewayProgram.StartCommand(arguments);
        await one.ReadyAsync();
        await two.ReadyAsync();

        foreach (var program in new[] { one, two })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/notes?max_page_size=1") { Headers = { { "Prefer", "count=exact" } } };
            using var all = JsonDocument.Parse(await (await program.Http.SendAsync(request)).Content.ReadAsStringAsync());
            Assert.Equal(500, all.RootElement.GetProperty("total_size").GetInt32());
        }

        string id = await CreateAsync(one, "from one");
        Assert.Equal(HttpStatusCode.OK, (await two.Http.GetAsync("/notes/" + id)).StatusCode);
    }

    private static async Task<string> CreateAsync(StatewayProgram program, string text)
    {
        using var content = new StringContent(JsonSerializer.Serialize(new { text }), Encoding.UTF8, "application/json");
        using var response = await program.Http.PostAsync("/notes", content);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        using var created = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return created.RootElement.GetProperty("id").GetString()!;
    }

    private static async Task UntilOkAsync(StatewayProgram program, string url)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await program.Http.GetAsync(url, limit.Token)).StatusCode != HttpStatusCode.OK) await Task.Delay(50, limit.Token);
    }
}

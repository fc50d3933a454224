using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>All secrets are encrypted anew while they are served with, whatever is killed in between.</summary>
public sealed class SecretRotationTests
{
    private const int Secrets = 600;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Keys_change_under_load_and_the_service_goes_on_seeing_the_secret(string engine)
    {
        await using var server = await SecretServer.StartAsync(engine);
        await FillAsync(server, 100);
        await server.UseAsync("s0");
        await server.SeesAsync("value-0");
        using var stop = new CancellationTokenSource();
        var load = Enumerable.Range(0, 2).Select(_ => LoadAsync(server, stop.Token)).ToArray();
        var writes = WriteAsync(server, stop.Token);

        for (int key = 2; key < 5; key++)
        {
            string next = server.File($"{key}.key");
            string present = key == 2 ? server.MasterKey : server.File($"{key - 1}.key");
            string[] more = key == 4 ? [] : ["--new-master-key", next]; // the last one keeps the master key
            var (exitCode, output, error) = await server.CallAsync(["secrets", "rotate", "--master-key", present, .. more]);
            Assert.True(exitCode == 0, output + error);
            Assert.Contains($"with the secret key {key}", output, StringComparison.Ordinal);
        }

        await stop.CancelAsync();
        Assert.All(await Task.WhenAll(load), count => Assert.NotEqual(0, count));
        int version = await writes;
        Assert.All(await KeysAsync(server), key => Assert.Equal("4", key));
        Assert.Equal("4", Assert.Single(await server.Administrator.ListAsync("/secret-keys")));

        // Every one is still what it was, on a program that only has the newest master key.
        await server.Program.StopAsync();
        await server.StartProgramAsync("--master-key", server.File("3.key"));
        await server.SeesAsync("value-0");
        Assert.Equal(version, (int)(await server.Administrator.GetAsync("/secrets/written"))["version"]!);
        foreach (int i in new[] { 1, 50, 99 })
        {
            await server.UseAsync($"s{i}");
            await server.SeesAsync($"value-{i}");
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Killed_in_the_middle_a_rotation_goes_on_where_it_was(string engine)
    {
        await using var server = await SecretServer.StartAsync(engine);
        await FillAsync(server, Secrets);
        await server.UseAsync("s0");
        string[] rotate = ["secrets", "rotate", "--master-key", server.MasterKey, "--new-master-key", server.File("next.key")];

        // The program and the command are killed as soon as the first secrets are under the new key.
        await using var command = StatewayProgram.StartCommand(rotate, server.Environment);
        using (var http = server.Program.Administrator())
        {
            while (!(await http.GetStringAsync("/secrets?fields=key&max_page_size=1")).Contains("\"2\"", StringComparison.Ordinal)) await Task.Yield();
        }

        await server.Program.KillAsync();
        await command.KillAsync();

        // Both master keys are good for it then.
        await using (var by = await server.NodeAsync(null, "--master-key", server.File("next.key"))) await SeesAsync(by);
        await using (var by = await server.NodeAsync(null)) await SeesAsync(by);
        await server.StartProgramAsync();
        await server.SeesAsync("value-0");
        var (exitCode, output, error) = await server.CallAsync(rotate);

        Assert.True(exitCode == 0, output + error);
        Assert.Contains("Going on with the rotation that has begun.", output, StringComparison.Ordinal);
        var keys = await KeysAsync(server);
        Assert.Equal(Secrets, keys.Length);
        Assert.All(keys, key => Assert.Equal("2", key));
        var last = (await server.Administrator.GetAsync("/secret-keys"))["results"]!.AsArray();
        Assert.Single(Assert.Single(last)!["wraps"]!.AsObject());
        await server.SeesAsync("value-0");

        // What runs goes on; what starts needs the new one.
        await server.UseAsync($"s{Secrets - 1}");
        await server.SeesAsync($"value-{Secrets - 1}");
        await server.Program.StopAsync();
        Assert.Equal(1, (await StatewayProgram.CallAsync(server.Arguments())).ExitCode);
        await server.StartProgramAsync("--master-key", server.File("next.key"));
        await server.SeesAsync($"value-{Secrets - 1}");

        static async Task SeesAsync(StatewayProgram program)
        {
            await Administrator.UntilAsync(program.Http, "/shop/echo/1", HttpStatusCode.OK, "Bearer value-0 /e/1/value-0?t=value-0");
            await program.KillAsync();
        }
    }

    [Fact]
    public async Task A_wrong_master_key_rotates_nothing()
    {
        await using var server = await SecretServer.StartAsync("sqlite");
        Assert.Contains("no secret yet", (await server.CallAsync("secrets", "rotate", "--master-key", await OtherAsync("a.key"))).Error, StringComparison.Ordinal);
        await FillAsync(server, 1);

        var (exitCode, _, error) = await server.CallAsync("secrets", "rotate", "--master-key", await OtherAsync("b.key"));

        Assert.Equal(1, exitCode);
        Assert.Contains("The secret key 1 is under the master key", error, StringComparison.Ordinal);
        Assert.Equal(["1"], await server.Administrator.ListAsync("/secret-keys"));

        // Nor can the keys be broken by hand.
        await server.Administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", "/secret-keys/1");
        var key = (await server.Administrator.GetAsync("/secret-keys/1")).AsObject();
        string master = Assert.Single(key["wraps"]!.AsObject()).Key;
        string wrapped = (string)key["wraps"]![master]!;
        await server.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PATCH", "/secret-keys/1", new JsonObject { ["wraps"] = new JsonObject { [master] = "A" + wrapped[..^5] + "AAAA" } });
        await server.Administrator.ExpectAsync(HttpStatusCode.Conflict, "PATCH", "/secret-keys/1", new JsonObject { ["check"] = "0000000000000000" });
        await server.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "POST", "/secret-keys?id=2", new JsonObject { ["check"] = (string)key["check"]!, ["wraps"] = new JsonObject { [master] = wrapped } });

        async Task<string> OtherAsync(string name)
        {
            await File.WriteAllTextAsync(server.File(name), Convert.ToHexString(new byte[32]));
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(server.File(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return server.File(name);
        }
    }

    private static async Task FillAsync(SecretServer server, int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(100))
        {
            JsonNode[] requests = [.. chunk.Select(i => new JsonObject { ["method"] = "PUT", ["path"] = $"/secrets/s{i}", ["body"] = new JsonObject { ["value"] = $"value-{i}" } })];
            await server.Administrator.ExpectAsync(HttpStatusCode.OK, "POST", "/_/batch", new JsonObject { ["requests"] = new JsonArray(requests) });
        }
    }

    private static async Task<string[]> KeysAsync(SecretServer server)
    {
        var keys = new List<string>();
        string? token = null;
        do
        {
            var page = await server.Administrator.GetAsync($"/secrets?fields=key&max_page_size=1000{(token is null ? "" : "&page_token=" + token)}");
            keys.AddRange(page["results"]!.AsArray().Select(each => (string)each!["key"]!));
            token = (string?)page["next_page_token"];
        }
        while (token is not null);
        return [.. keys];
    }

    /// <returns>How many requests were answered; all of them with the secret.</returns>
    private static async Task<int> LoadAsync(SecretServer server, CancellationToken ct)
    {
        int count = 0;
        for (; !ct.IsCancellationRequested; count++)
            Assert.Equal("Bearer value-0 /e/1/value-0?t=value-0", await server.Program.Http.GetStringAsync("/shop/echo/1", CancellationToken.None));
        return count;
    }

    /// <returns>The version that the secret has come to.</returns>
    private static async Task<int> WriteAsync(SecretServer server, CancellationToken ct)
    {
        int version = 0;
        while (!ct.IsCancellationRequested || version == 0)
        {
            var written = await server.Administrator.ExpectAsync(version == 0 ? HttpStatusCode.Created : HttpStatusCode.OK, "PUT", "/secrets/written", new JsonObject { ["value"] = $"written-{version}" });
            Assert.Equal(++version, (int)written["version"]!);
        }

        return version;
    }
}

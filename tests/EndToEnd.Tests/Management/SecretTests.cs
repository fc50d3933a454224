using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>How secrets are set and served with. That nobody is shown one is for <see cref="SecretLeakTests"/>.</summary>
public sealed class SecretTests
{
    [Fact]
    public async Task A_write_without_a_value_keeps_it_and_the_same_value_is_no_new_version()
    {
        await using var server = await SecretServer.StartAsync("sqlite");
        await server.Administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PUT", "/secrets/a", new JsonObject { ["description"] = "No value" });
        await server.SetAsync("a", "first value");
        await server.UseAsync("a");

        await server.Administrator.ExpectAsync(HttpStatusCode.OK, "PUT", "/secrets/a", new JsonObject { ["description"] = "Without" });
        await server.SetAsync("a", "first value");
        var same = await server.Administrator.GetAsync("/secrets/a");
        Assert.Equal(1, (int)same["version"]!);
        await server.SeesAsync("first value");

        await server.Administrator.ExpectAsync(HttpStatusCode.OK, "PUT", "/secrets/a", new JsonObject { ["value"] = "second", ["version"] = 9, ["key"] = "7", ["sealed"] = "mine" });
        var next = await server.Administrator.GetAsync("/secrets/a");
        Assert.Equal((2, "1"), ((int)next["version"]!, (string?)next["key"]));
        await server.SeesAsync("second");
    }

    [Fact]
    public async Task A_value_that_a_stage_can_not_serve_with_leaves_the_stage_as_it_was()
    {
        await using var server = await SecretServer.StartAsync("sqlite");
        await server.SetAsync("a", "good");
        await server.UseAsync("a");
        await server.SeesAsync("good");

        var told = server.Program.LineAsync("shop/live is not served whole. With the values that its variables had before: /variables/token: It stands in a header field");
        await server.SetAsync("a", "line\nbreak");
        await told;
        await server.SeesAsync("good");

        await server.SetAsync("a", "better");
        await server.SeesAsync("better");
    }

    [Fact]
    public async Task A_program_without_the_stores_master_key_does_not_start()
    {
        await using var server = await SecretServer.StartAsync("sqlite");
        await server.SetAsync("a", "value");
        await server.UseAsync("a");
        await server.Program.StopAsync();
        string key = (await File.ReadAllTextAsync(server.MasterKey)).Trim();
        File.Move(server.MasterKey, server.File("moved.key"));

        Assert.Contains("and this node has none", await RefusedAsync(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(server.File("other.key"), Convert.ToHexString(new byte[32]));
        Private(server.File("other.key"));
        string other = await RefusedAsync("--master-key", server.File("other.key"));
        Assert.Contains("--master-key FILE or STATEWAY_MASTER_KEY", other, StringComparison.Ordinal);
        Assert.Contains("this node's is", other, StringComparison.Ordinal);
        await File.WriteAllTextAsync(server.File("no.key"), "no key at all");
        Private(server.File("no.key"));
        Assert.Contains("a master key is 32 bytes, in base64 or hex", await RefusedAsync("--master-key", server.File("no.key")), StringComparison.Ordinal);
        Assert.Contains("can't be read", await RefusedAsync("--master-key", server.File("nowhere.key")), StringComparison.Ordinal);
        Assert.False(File.Exists(server.MasterKey));

        await using (var by = await server.NodeAsync(new Dictionary<string, string> { ["STATEWAY_MASTER_KEY"] = Convert.ToHexString(Convert.FromBase64String(key)) }))
        {
            await Administrator.UntilAsync(by.Http, "/shop/echo/1", HttpStatusCode.OK, "Bearer value /e/1/value?t=value");
            await by.StopAsync();
        }

        await server.StartProgramAsync("--master-key", server.File("moved.key"));
        await server.SeesAsync("value");

        async Task<string> RefusedAsync(params string[] more)
        {
            var (exitCode, _, error) = await StatewayProgram.CallAsync(server.Arguments(more));
            Assert.Equal(1, exitCode);
            Assert.DoesNotContain(key, error, StringComparison.Ordinal);
            return error;
        }
    }

    [Fact]
    public async Task Nodes_that_share_a_store_share_the_master_key()
    {
        await using var server = await SecretServer.StartAsync("postgres");
        await server.SetAsync("a", "value");
        var key = new Dictionary<string, string> { ["STATEWAY_MASTER_KEY"] = (await File.ReadAllTextAsync(server.MasterKey)).Trim() };
        await using var second = await server.NodeAsync(key);
        using var administrator = new Administrator(second);

        await server.UseAsync("a");
        await Administrator.UntilAsync(second.Http, "/shop/echo/1", HttpStatusCode.OK, "Bearer value /e/1/value?t=value");
        await administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", "/secrets/a", new JsonObject { ["value"] = "from the second" });
        await server.SeesAsync("from the second");
    }

    private static void Private(string file)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

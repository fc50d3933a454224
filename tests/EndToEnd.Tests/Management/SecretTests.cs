using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Secrets are served with, and shown to nobody.</summary>
public sealed class SecretTests
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task The_service_behind_sees_a_secret_and_nobody_else_does(string engine)
    {
        await using var server = await SecretServer.StartAsync(engine);
        var seen = new StringBuilder();
        using var http = server.Program.Administrator();
        using var watch = new CancellationTokenSource();
        var watching = WatchAsync(http, seen, watch.Token);
        string[] plain = [.. Enumerable.Range(0, 9).Select(i => $"Plain{i}Text{Guid.NewGuid():N}/")];

        // Every way in: PUT, XML, PATCH, POST and a batch with an Idempotency-Key, a try, the command line, refusals.
        await SendAsync("PUT", "/secrets/pay", $$"""{"value":"{{plain[0]}}","description":"For pay"}""", 201);
        await server.UseAsync("pay");
        await server.SeesAsync(plain[0]);
        await SendAsync("PUT", "/secrets/pay", $"<Secret><value>{plain[1].Replace("&", "&amp;", StringComparison.Ordinal)}</value></Secret>", 200, "application/xml");
        await server.SeesAsync(plain[1]);
        await SendAsync("PATCH", "/secrets/pay", $$"""{"value":"{{plain[2]}}"}""", 200);
        await server.SeesAsync(plain[2]);
        foreach (int _ in new[] { 1, 2 }) await SendAsync("POST", "/secrets?id=posted", $$"""{"value":"{{plain[3]}}"}""", 201, key: "once-1");
        foreach (int _ in new[] { 1, 2 })
            await SendAsync("POST", "/_/batch", $$"""{"requests":[{"method":"PUT","path":"/secrets/batched","body":{"value":"{{plain[4]}}"} }]}""", 200, key: "once-2");
        await SendAsync("PUT", "/secrets/tried", $$"""{"value":"{{plain[5]}}"}""", 201, prefer: "validate-only");
        await SendAsync("PUT", "/secrets/wrong", $$"""{"value":["{{plain[6]}}"]}""", 422);
        await SendAsync("PUT", "/secrets/long", $$"""{"value":"{{plain[6] + new string('x', 70_000)}}"}""", 422);
        await SendAsync("POST", "/_/batch", "{\"requests\":[{\"method\":\"PUT\",\"path\":\"/secrets/b\",\"body\":{\"value\":\"${" + plain[6] + ".id}\"}}]}", 400);
        await SendAsync("PATCH", "/secrets/pay", $$"""[{"op":"test","path":"/value","value":"{{plain[6]}}"}]""", 422, "application/json-patch+json");
        await SendAsync("PATCH", "/secrets/pay", """[{"op":"copy","from":"/sealed","path":"/description"}]""", 422, "application/json-patch+json");
        await File.WriteAllTextAsync(server.File("value.txt"), plain[7] + "\n");
        seen.Append(await server.CallAsync("secrets", "set", "pay", "--file", server.File("value.txt"), "--description", "Still for pay"));
        File.Delete(server.File("value.txt"));
        await server.SeesAsync(plain[7]);

        // Every way out.
        var secret = await server.Administrator.GetAsync("/secrets/pay");
        Assert.Equal(["create_time", "description", "id", "key", "update_time", "version"], secret.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal((4, "Still for pay"), ((int)secret["version"]!, (string?)secret["description"]));
        string filter = Uri.EscapeDataString("description.startsWith(\"For\")");
        foreach (string path in new[]
        {
            "/secrets", "/secrets/pay", "/secrets/pay?fields=value,sealed,version", "/secrets/pay/_/history", "/secrets/pay/_history", "/secrets/pay/history", "/secrets?filter=" + filter,
            "/secrets?filter=" + Uri.EscapeDataString("value!=\"\""), "/secrets?filter=" + Uri.EscapeDataString("sealed!=\"\""), "/secrets?order_by=sealed", "/secret-keys", "/apis/shop/stages/live", "/apis/shop/stages/live/history",
            "/apis/shop/deployments", "/openapi.json", "/events", "/nodes",
        }) await SendAsync("GET", path, null, null);
        await SendAsync("GET", "/secrets/pay", null, 200, accept: "application/xml");
        foreach (string[] command in new string[][] { ["get", "secrets"], ["get", "secret", "pay", "-o", "json"], ["export"], ["why", "stage", "shop/live"], ["get", "stage", "shop/live", "-o", "yaml"] })
            seen.Append(await server.CallAsync(command));
        seen.Append(await server.Program.Http.GetStringAsync("/shop/openapi.json"));
        await server.StopServiceAsync();
        using (var failed = await server.Program.Http.GetAsync("/shop/echo/1")) seen.Append(await failed.Content.ReadAsStringAsync());
        var blocked = await server.Administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", "/secrets/pay");
        Assert.Equal("STILL_REFERENCED", (string?)blocked["code"]);
        await watch.CancelAsync();
        await watching;

        // Killed, so that logs of changes are as they lay.
        await server.Program.KillAsync();
        seen.Append(server.Program.Output);
        Assert.Contains("\"pay\"", seen.ToString(), StringComparison.Ordinal);
        foreach (string value in plain)
        {
            string text = value[..38]; // what no form escapes
            Assert.DoesNotContain(text, seen.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(text))[..48], seen.ToString(), StringComparison.Ordinal);
            Assert.Empty(server.FilesWith(text));
        }

        Assert.NotEmpty(server.FilesWith("Still for pay")); // the search finds what is there

        async Task SendAsync(string method, string path, string? body, int? status, string type = "application/json", string? key = null, string? prefer = null, string accept = "application/json")
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, type);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            if (prefer is not null) request.Headers.Add("Prefer", prefer);
            request.Headers.Accept.ParseAdd(accept);
            using var answer = await http.SendAsync(request);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True(status is null || (int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
            seen.Append(answer.Headers).Append(text).Append('\n');
        }
    }

    private static async Task WatchAsync(HttpClient http, StringBuilder seen, CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/secrets?watch=true");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
            while (await reader.ReadLineAsync(ct) is { } line)
            {
                lock (seen) seen.Append(line).Append('\n');
            }
        }
        catch (OperationCanceledException)
        {
            // It has watched long enough.
        }
    }

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

        var told = server.Program.LineAsync("shop/live can't be served: /variables/token: It stands in a header field");
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

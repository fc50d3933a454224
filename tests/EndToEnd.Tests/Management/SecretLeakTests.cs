using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A secret in plain text is at the service behind, and nowhere else.</summary>
public sealed class SecretLeakTests
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [InlineData("etcd")]
    public async Task The_service_behind_sees_a_secret_and_nobody_else_does(string engine)
    {
        await using var server = await SecretServer.StartAsync(engine);
        using var http = server.Program.Administrator();
        var seen = new Seen(http);
        string[] plain = [.. Enumerable.Range(0, 20).Select(i => $"Plain{i:00}{Guid.NewGuid():N}")]; // letters and digits only: the same in every form
        int next = 0;

        // Every way in: PUT, XML, PATCH, the command line; POST and a batch, stored for those who repeat them.
        string revision = await seen.SendAsync(201, "PUT", "/secrets/pay", $$"""{"value":"{{Plain()}}","description":"For pay"}""");
        using var watch = new CancellationTokenSource();
        Task[] watching = [seen.WatchAsync("/secrets?watch=true", watch.Token), seen.WatchAsync("/secrets/pay?watch=true", watch.Token, "text/event-stream")];
        await server.UseAsync("pay");
        await server.SeesAsync(plain[0]);
        await seen.SendAsync(200, "PUT", "/secrets/pay", $"<Secret><value>{Plain()}</value></Secret>", "application/xml");
        await server.SeesAsync(plain[1]);
        await seen.SendAsync(200, "PATCH", "/secrets/pay", $$"""{"value":"{{Plain()}}"}""", key: "once-0");
        await server.SeesAsync(plain[2]);
        string posted = Plain(), batched = Plain();
        foreach (int _ in new[] { 1, 2 })
        {
            await seen.SendAsync(201, "POST", "/secrets?id=posted", $$"""{"value":"{{posted}}"}""", key: "once-1");
            await seen.SendAsync(200, "POST", "/_/batch", $$"""{"requests":[{"method":"PUT","path":"/secrets/batched","body":{"value":"{{batched}}"} }]}""", key: "once-2");
        }

        await seen.SendAsync(201, "PUT", "/secrets/tried", $$"""{"value":"{{Plain()}}"}""", prefer: "validate-only");
        string last = Plain();
        await File.WriteAllTextAsync(server.File("value.txt"), last + "\n");
        await seen.CallAsync(server, "secrets", "set", "pay", "--file", server.File("value.txt"), "--description", "Still for pay");
        File.Delete(server.File("value.txt"));
        await server.SeesAsync(last);

        // What is refused is not told either.
        await seen.SendAsync(422, "POST", "/secrets?id=posted", $$"""{"value":"{{Plain()}}"}""", key: "once-1");
        await seen.SendAsync(422, "PUT", "/secrets/wrong", $$"""{"value":["{{Plain()}}"]}""");
        await seen.SendAsync(422, "PUT", "/secrets/wrong", $$"""{"value":"{{Plain() + new string('x', 70_000)}}"}""");
        await seen.SendAsync(422, "PUT", "/secrets/wrong", $$"""{"value":"{{Plain()}}","labels":7}""");
        await seen.SendAsync(400, "PUT", "/secrets/wrong", $$"""{"value":"{{Plain()}}" x""");
        await seen.SendAsync(400, "PUT", "/secrets/wrong", $"<Secret><value>{Plain()}</valu></Secret>", "application/xml");
        await seen.SendAsync(415, "PUT", "/secrets/wrong", Plain(), "text/plain");
        await seen.SendAsync(412, "PUT", "/secrets/pay", $$"""{"value":"{{Plain()}}"}""", match: "\"other\"");
        await seen.SendAsync(400, "POST", "/_/batch", "{\"requests\":[{\"method\":\"PUT\",\"path\":\"/secrets/b\",\"body\":{\"value\":\"${" + Plain() + ".id}\"}}]}");
        await seen.SendAsync(422, "PATCH", "/secrets/pay", $$"""[{"op":"test","path":"/value","value":"{{Plain()}}"}]""", "application/json-patch+json");
        await seen.SendAsync(422, "PATCH", "/secrets/pay", """[{"op":"copy","from":"/sealed","path":"/description"}]""", "application/json-patch+json");

        // Nor what can't be served with.
        var told = server.Program.LineAsync("shop/live is not served whole");
        await seen.SendAsync(200, "PATCH", "/secrets/pay", $$"""{"value":"{{Plain()}}\nand more"}""");
        await told;
        await seen.SendAsync(200, "PATCH", "/secrets/pay", $$"""{"value":"{{last}}"}""");

        // Every way out.
        var secret = await server.Administrator.GetAsync("/secrets/pay");
        Assert.Equal(["create_time", "description", "finalizers", "generation", "id", "key", "owner", "status", "update_time", "version"], secret.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal((6, "Still for pay"), ((int)secret["version"]!, (string?)secret["description"]));
        foreach (string path in new[]
        {
            "/secrets", "/secrets/pay", "/secrets/pay/history", "/secrets/batched/history", $"/secrets/pay?revision={revision}", $"/secrets?revision={revision}",
            "/secrets?filter=" + Uri.EscapeDataString("description.startsWith(\"Still\")"), "/secret-keys", "/secret-keys/1/history",
            "/apis/shop", "/apis/shop/stages/live", "/apis/shop/stages/live/history", "/apis/shop/deployments", "/openapi.json",
        }) await seen.SendAsync(200, "GET", path);
        foreach (string path in new[] { "/secrets/pay?fields=value,sealed,version", "/secrets?filter=" + Uri.EscapeDataString("sealed!=\"\""), "/secrets?order_by=sealed", "/secrets?value=" })
            await seen.SendAsync(400, "GET", path);
        await seen.SendAsync(200, "GET", "/secrets/pay", accept: "application/xml");
        foreach (string[] command in new string[][] { ["get", "secrets"], ["get", "secret", "pay", "-o", "json"], ["export"], ["get", "stage", "shop/live", "-o", "yaml"] })
            await seen.CallAsync(server, command);
        seen.Add("why", (await server.CallAsync("why", "stage", "shop/live")).ToString()); // whether or not it can be told
        seen.Add("the document", await server.Program.Http.GetStringAsync("/shop/openapi.json"));

        // Watches from the first value on, in both forms; all of them have come to the last change.
        Task[] again = [seen.WatchAsync($"/secrets?watch=true&revision={revision}", watch.Token), seen.WatchAsync($"/secrets/pay?watch=true&revision={revision}", watch.Token, "text/event-stream")];
        await seen.SendAsync(200, "PATCH", "/secrets/pay", """{"description":"The end"}""");
        await seen.EachWatchHasAsync(4, "The end");
        await watch.CancelAsync();
        await Task.WhenAll([.. watching, .. again]);

        // What is logged of a service that breaks off, and of one that is down.
        told = server.Program.LineAsync("broke off");
        using (var broken = await server.Program.Http.GetAsync("/shop/echo/broken", HttpCompletionOption.ResponseHeadersRead))
        {
            server.BreakOff();
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => broken.Content.ReadAsStringAsync());
        }

        await told;
        told = server.Program.LineAsync("/shop/echo/1 was answered with 502");
        await server.StopServiceAsync();
        using (var failed = await server.Program.Http.GetAsync("/shop/echo/1")) seen.Add("502", failed.ToString() + await failed.Content.ReadAsStringAsync());
        await told;
        var blocked = await server.Administrator.ExpectAsync(HttpStatusCode.Conflict, "DELETE", "/secrets/pay");
        Assert.Equal("STILL_REFERENCED", (string?)blocked["code"]);

        // Killed, so that logs of changes are as they lay.
        await server.KillAsync();
        seen.Add("the log", server.Program.Output);
        Assert.NotEmpty(seen.With("Still for pay"));
        Assert.NotEmpty(server.FilesWith("Still for pay")); // the search finds what is there
        Assert.All(plain[..next], value => Assert.Empty(seen.With(value).Concat(server.FilesWith(value))));

        string Plain() => plain[next++];
    }

    /// <summary>Everything that a client was told, and where.</summary>
    private sealed class Seen(HttpClient http)
    {
        private const string WatchMark = "watch ";

        private readonly ConcurrentQueue<(string Where, string Text)> _texts = new();

        public void Add(string where, string text) => _texts.Enqueue((where, text));

        public IEnumerable<string> With(string value)
        {
            string[] forms = SecretServer.Forms(value);
            return _texts.Where(seen => forms.Any(form => seen.Text.Contains(form, StringComparison.Ordinal))).Select(seen => seen.Where).Distinct();
        }

        /// <returns>The revision that the store came to by it, if any.</returns>
        public async Task<string> SendAsync(
            int status, string method, string path, string? body = null, string type = "application/json", string? key = null, string? prefer = null, string? match = null, string accept = "application/json")
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, type);
            if (key is not null) request.Headers.Add("Idempotency-Key", key);
            if (prefer is not null) request.Headers.Add("Prefer", prefer);
            if (match is not null) request.Headers.Add("If-Match", match);
            request.Headers.Accept.ParseAdd(accept);
            using var answer = await http.SendAsync(request);
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode == status, $"{method} {path}: {(int)answer.StatusCode} {text}");
            Add($"{method} {path}: {status}", answer.Headers + text);
            return answer.Headers.TryGetValues("Stateway-Revision", out var revisions) ? revisions.Single() : "";
        }

        public async Task CallAsync(SecretServer server, params string[] command)
        {
            var (exitCode, output, error) = await server.CallAsync(command);
            Assert.True(exitCode == 0, string.Join(' ', command) + ": " + output + error);
            Add(string.Join(' ', command), output + error);
        }

        /// <summary>Watches until it is told to end.</summary>
        public async Task WatchAsync(string path, CancellationToken ct, string accept = "application/x-ndjson")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd(accept);
            try
            {
                using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
                using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(ct));
                while (await reader.ReadLineAsync(ct) is { } line) Add(WatchMark + path, line);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // It has watched long enough.
            }
        }

        /// <summary>Waits until that many watches have told a text.</summary>
        public async Task EachWatchHasAsync(int count, string text)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (With(text).Count(where => where.StartsWith(WatchMark, StringComparison.Ordinal)) < count)
                await Task.Delay(10, patience.Token);
        }
    }
}

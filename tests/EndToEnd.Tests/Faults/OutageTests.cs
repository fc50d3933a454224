using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>The database is killed, or restarted in order, while requests and watches flow; the program stays.</summary>
public sealed class OutageTests
{
    [Theory]
    [InlineData("postgres", true)]
    [InlineData("postgres", false)]
    [InlineData("etcd", true)]
    [InlineData("etcd", false)]
    public async Task A_database_that_goes_and_comes_back_costs_503s_with_a_time_to_wait_and_nothing_acknowledged(string engine, bool isKilled)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("faults.yaml"), Load.Document);
        await using var database = await Database.StartAsync(engine);
        using var load = new Load();

        await using (var program = await KillTests.ServeAsync(folder, database.Url))
        {
            Follower[] followers = [await Follower.StartAsync(program.Url, isStream: true), await Follower.StartAsync(program.Url, isStream: false)];
            load.Start(program.Url);
            for (int outage = 0; outage < 2; outage++)
            {
                await load.UntilAsync(150);
                int refused = load.Refused;
                await (isKilled ? database.KillAsync() : database.StopAsync());
                await load.UntilRefusedAsync(refused);
                if (outage == 0) await AssertAllRefusedAsync(program);
                await database.RestartAsync();
            }

            await load.UntilAsync(150);
            await load.StopAsync();
            var stored = await load.CheckAsync(program.Url);
            await KillTests.EndAsync(program);
            foreach (var follower in followers) await follower.CheckAsync(load, program.Url, stored);
            Assert.Equal(0, await program.StopAsync());
            Assert.DoesNotContain(" error ", program.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", program.Output, StringComparison.Ordinal);
        }

        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", database.Url);
        Assert.True(code == 0, output + error);
    }

    /// <summary>Each kind of request, all at once, as clients come.</summary>
    private static async Task AssertAllRefusedAsync(StatewayProgram program)
    {
        (string Method, string Url, string? Body)[] requests =
        [
            ("GET", "/things", null), ("GET", "/things?n=1", null), ("GET", "/things/none", null), ("HEAD", "/things/none", null), ("GET", "/things/none/history", null),
            ("GET", "/things/none?revision=1", null), ("GET", "/things?watch=true", null), ("GET", "/things/none?watch=true", null), ("GET", "/things?watch=true&revision=1", null),
            ("POST", "/things", """{"n":-1}"""), ("PUT", "/things/none", """{"n":-1}"""), ("PATCH", "/things/none", """{"n":-1}"""), ("DELETE", "/things/none", null),
            ("POST", "/_/batch", """{"requests":[{"method":"PUT","path":"/things/none","body":{"n":-1}}]}"""),
        ];
        await Task.WhenAll(requests.Select(async r =>
        {
            using var request = new HttpRequestMessage(new(r.Method), r.Url);
            if (r.Body is not null) request.Content = new StringContent(r.Body, Encoding.UTF8, "application/json");
            if (r.Method == "POST") request.Headers.Add("Idempotency-Key", "outage" + r.Url);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            using var response = await program.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            Assert.True(response.StatusCode == HttpStatusCode.ServiceUnavailable, $"{r}: {response.StatusCode}");
            Assert.True(response.Headers.RetryAfter?.Delta is not null, $"{r}: no Retry-After");
            if (r.Method == "HEAD") return;

            string code = JsonDocument.Parse(await response.Content.ReadAsStringAsync(limit.Token)).RootElement.GetProperty("code").GetString()!;
            Assert.True(code == "UNAVAILABLE" || (r.Body is not null && code == "OUTCOME_UNKNOWN"), $"{r}: {code}");
        }));
    }
}

using System.Globalization;
using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A stage is pointed elsewhere again and again, on two nodes over one store, while clients call it on both.</summary>
public sealed class ChurnTests
{
    private const int Swaps = 40;
    private const int ClientsPerNode = 4;

    [Fact]
    public async Task Under_swaps_without_a_pause_no_request_fails_or_is_answered_by_what_was_replaced_or_is_not_asked_for_yet()
    {
        Assert.SkipUnless(PostgresServer.Programs is not null, "PostgreSQL is not installed");

        using var folder = new TempFolder();
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        await using var postgres = await PostgresServer.StartAsync();
        string[] command = ["serve", folder.File("api"), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--store", postgres.Url];
        await using var first = await StatewayProgram.ServeAsync(command);
        await using var second = await StatewayProgram.ServeAsync(command);
        StatewayProgram[] nodes = [first, second];
        using var administrator = new Administrator(first);
        using var other = new Administrator(second);
        Administrator[] administrators = [administrator, other];

        for (int i = 0; i <= Swaps; i++) await administrator.DeployAsync("notes", "v" + i, Administrator.Document(Text(i)));
        await administrator.PointAsync("/apis/notes/stages/live", "v0");
        foreach (var node in nodes) await Administrator.UntilAsync(node.Http, "/notes-api/version", HttpStatusCode.OK, "\"0\"");
        await administrator.ExpectAsync(HttpStatusCode.OK, "GET", "/apis/notes/stages/live");
        Assert.Equal(HttpStatusCode.Created, (await first.Http.PutAsync("/notes-api/notes/a", new StringContent("{}", null, "application/json"))).StatusCode);

        using var stop = new CancellationTokenSource();
        int[] newest = [0, 0];
        int pointed = 0;
        var clients = Enumerable.Range(0, nodes.Length * ClientsPerNode).Select(client => Task.Run(() => CallAsync(client % nodes.Length))).ToList();
        for (int i = 1; i <= Swaps; i++)
        {
            Volatile.Write(ref pointed, i);
            await administrators[i % 2].ExpectAsync(HttpStatusCode.OK, "PUT", "/apis/notes/stages/live", new System.Text.Json.Nodes.JsonObject { ["deployment"] = "v" + i });
            if (i % 4 < 2) await Administrator.UntilAsync(nodes[i % 2].Http, "/notes-api/version", HttpStatusCode.OK, $"\"{i}\""); // otherwise it may be passed over
        }

        foreach (var node in nodes) await Administrator.UntilAsync(node.Http, "/notes-api/version", HttpStatusCode.OK, $"\"{Swaps}\"");
        await stop.CancelAsync();
        int requests = (await Task.WhenAll(clients)).Sum();
        Assert.True(requests > Swaps, $"There were {requests} requests only.");

        async Task<int> CallAsync(int node)
        {
            int requests = 0;
            while (!stop.IsCancellationRequested)
            {
                int before = Volatile.Read(ref newest[node]);
                using var answer = await nodes[node].Http.GetAsync("/notes-api/version", CancellationToken.None);
                string text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{(int)answer.StatusCode} {text}");
                int version = int.Parse(text.Trim('"'), CultureInfo.InvariantCulture);
                Assert.InRange(version, before, Volatile.Read(ref pointed));
                for (int seen = before; seen < version; seen = Volatile.Read(ref newest[node])) Interlocked.CompareExchange(ref newest[node], version, seen);

                using var stored = await nodes[node].Http.GetAsync("/notes-api/notes/a", CancellationToken.None);
                Assert.Equal(HttpStatusCode.OK, stored.StatusCode);
                requests += 2;
            }

            return requests;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

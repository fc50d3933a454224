using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>
/// Kills the program with SIGKILL at random moments under write load. Afterwards every acknowledged write must be there,
/// and of a write that was not acknowledged either all or nothing.
/// </summary>
public sealed class CrashTests
{
    private const int Kills = 30;
    private const int Writers = 8;

    private const string Document = """
        openapi: 3.1.0
        info: { title: Ledger, version: 1.0.0 }
        x-stateway-collections:
          accounts:
            schema: { $ref: '#/components/schemas/Account' }
            filter: [owner]
            unique: [number]
            children:
              bookings:
                schema: { $ref: '#/components/schemas/Booking' }
        components:
          schemas:
            Account:
              type: object
              required: [number, owner]
              properties:
                number: { type: integer }
                owner: { type: string }
                note: { type: string }
            Booking:
              type: object
              required: [amount]
              properties:
                amount: { type: integer }
        """;

    [Fact]
    public async Task Thirty_kills_under_load_lose_nothing_acknowledged_and_leave_nothing_half_done()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("ledger.yaml"), Document);
        var random = new Random(20261120);
        var expected = new ConcurrentDictionary<string, string?>(); // account → the owner acknowledged last; null: deleted
        var doubtful = new ConcurrentDictionary<string, byte>();    // accounts with a write in flight when the kill came
        int number = 0;
        int acknowledged = 0;

        for (int kill = 0; kill <= Kills; kill++)
        {
            await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));
            await CheckAsync(program.Http, expected, doubtful);
            if (kill == Kills) break;

            doubtful.Clear();
            int target = acknowledged + random.Next(20, 400);
            var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(program.Http, w))).ToArray();
            await killed.Task;
            await program.KillAsync();
            await Task.WhenAll(writers);

            async Task WriteAsync(HttpClient http, int writer)
            {
                var mine = new List<string>();
                while (true)
                {
                    int n = Interlocked.Increment(ref number);
                    string id = $"a{n}";
                    try
                    {
                        doubtful[id] = 1;
                        await SendAsync(http, HttpMethod.Put, $"/accounts/{id}", $$"""{"number":{{n}},"owner":"w{{writer}}","note":"{{new string('x', n % 700)}}"}""");
                        expected[id] = $"w{writer}";
                        for (int b = 0; b < 3; b++) await SendAsync(http, HttpMethod.Put, $"/accounts/{id}/bookings/b{b}", $$"""{"amount":{{b}}}""");
                        doubtful.TryRemove(id, out _);
                        mine.Add(id);

                        if (n % 3 == 0)
                        {
                            string changed = mine[n % mine.Count];
                            doubtful[changed] = 1;
                            await SendAsync(http, HttpMethod.Patch, $"/accounts/{changed}", $$"""{"owner":"changed-{{n}}"}""");
                            expected[changed] = $"changed-{n}";
                            doubtful.TryRemove(changed, out _);
                        }

                        if (n % 5 == 0)
                        {
                            string deleted = mine[^1];
                            mine.Remove(deleted);
                            doubtful[deleted] = 1;
                            await SendAsync(http, HttpMethod.Delete, $"/accounts/{deleted}", null);
                            expected[deleted] = null;
                            doubtful.TryRemove(deleted, out _);
                        }
                    }
                    catch (HttpRequestException)
                    {
                        return; // the kill came while this was in flight: it may have happened or not
                    }

                    if (Interlocked.Increment(ref acknowledged) >= target) killed.TrySetResult();
                }
            }
        }

        Assert.True(acknowledged > Kills * 20);
    }

    private static async Task SendAsync(HttpClient http, HttpMethod method, string url, string? json)
    {
        using var request = new HttpRequestMessage(method, url);
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{method} {url}: {response.StatusCode}");
    }

    private static async Task CheckAsync(HttpClient http, ConcurrentDictionary<string, string?> expected, ConcurrentDictionary<string, byte> doubtful)
    {
        var stored = new Dictionary<string, JsonElement>();
        string url = "/accounts?max_page_size=1000";
        while (true)
        {
            var page = JsonDocument.Parse(await http.GetByteArrayAsync(url)).RootElement;
            foreach (var account in page.GetProperty("results").EnumerateArray()) stored.Add(account.GetProperty("id").GetString()!, account);
            if (!page.TryGetProperty("next_page_token", out var next)) break;
            url = $"/accounts?max_page_size=1000&page_token={next.GetString()}";
        }

        foreach (var (id, owner) in expected)
        {
            if (doubtful.ContainsKey(id)) continue;
            if (owner is null) Assert.False(stored.ContainsKey(id), $"{id} was deleted, and is back.");
            else Assert.Equal(owner, Assert.Contains(id, (IDictionary<string, JsonElement>)stored).GetProperty("owner").GetString());
        }

        // Nothing is there that was not asked for, and every account is whole.
        foreach (var (id, account) in stored)
        {
            Assert.True(expected.ContainsKey(id) || doubtful.ContainsKey(id), $"{id} was never written.");
            int n = account.GetProperty("number").GetInt32();
            Assert.Equal($"a{n}", id);
            Assert.Equal(n % 700, account.GetProperty("note").GetString()!.Length);
        }

        // What was in flight: the account with all that it had, or no trace of it. Deleting takes the bookings along.
        foreach (string id in doubtful.Keys)
        {
            if (stored.TryGetValue(id, out var account)) expected[id] = account.GetProperty("owner").GetString();
            else expected[id] = null;

            using var bookings = await http.GetAsync($"/accounts/{id}/bookings");
            Assert.Equal(stored.ContainsKey(id) ? HttpStatusCode.OK : HttpStatusCode.NotFound, bookings.StatusCode);
            if (stored.ContainsKey(id)) continue;

            // A child that was left behind would come back to light with its parent.
            int n = int.Parse(id[1..], System.Globalization.CultureInfo.InvariantCulture);
            await SendAsync(http, HttpMethod.Put, $"/accounts/{id}", $$"""{"number":{{n}},"owner":"again","note":"{{new string('x', n % 700)}}"}""");
            Assert.Equal("""[]""", JsonDocument.Parse(await http.GetStringAsync($"/accounts/{id}/bookings")).RootElement.GetProperty("results").GetRawText());
            expected[id] = "again";
        }

        // The index agrees with the rows.
        foreach (var byOwner in stored.Values.GroupBy(a => a.GetProperty("owner").GetString()!).Take(8))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/accounts?owner={byOwner.Key}&max_page_size=1");
            request.Headers.Add("Prefer", "count=exact");
            using var response = await http.SendAsync(request);
            var page = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement;
            int again = byOwner.Key == "again" ? doubtful.Keys.Count(id => !stored.ContainsKey(id)) : 0;
            Assert.Equal(byOwner.Count() + again, page.GetProperty("total_size").GetInt32());
        }
    }
}

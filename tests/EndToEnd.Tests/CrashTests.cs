using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>
/// Kills the program with SIGKILL at random moments under write load. Afterwards every acknowledged write must be there,
/// and of a write that was in flight either all or nothing; the log has no gap, and the history of each account is what was
/// done to it.
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

    private readonly ConcurrentDictionary<string, Account> _accounts = new();
    private int _number;
    private int _acknowledged;
    private long _revision;

    [Fact]
    public async Task Thirty_kills_under_load_lose_nothing_acknowledged_and_leave_nothing_half_done()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("ledger.yaml"), Document);
        var random = new Random(20261120);

        for (int kill = 0; kill <= Kills; kill++)
        {
            await using var program = await StatewayProgram.RunAsync(folder.Path, folder.File("data"));
            await CheckAsync(program.Http, everything: kill == Kills);
            if (kill == Kills) break;

            int target = _acknowledged + random.Next(1, 1_500);
            var due = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(program.Http, w, () =>
            {
                if (Interlocked.Increment(ref _acknowledged) >= target) due.TrySetResult();
            }))));
            await Task.WhenAny(due.Task, writers);
            await program.KillAsync();
            await writers;

            // Now and then the store is not opened by the program itself.
            if (kill % 10 == 9) await VerifyAsync(folder.File("data"));
        }

        await VerifyAsync(folder.File("data"));
        Assert.True(_acknowledged > Kills * 100);
    }

    private static async Task VerifyAsync(string data)
    {
        var (code, output, error) = await StatewayProgram.CallAsync("store", "check", "sqlite:" + data);
        Assert.True(code == 0, output + error);
    }

    /// <summary>Writes until the program is gone.</summary>
    private async Task WriteAsync(HttpClient http, int writer, Action acknowledged)
    {
        var mine = new List<Account>();
        try
        {
            while (true)
            {
                int n = Interlocked.Increment(ref _number);
                var account = new Account($"a{n}", n);
                _accounts[account.Id] = account;
                await DoAsync(account, new(Act.Put, $"w{writer}"));
                for (int b = 0; b < 3; b++) await DoAsync(account, new(Act.Book, Booking: b));
                mine.Add(account);
                if (n % 3 == 0) await DoAsync(mine[n % mine.Count], new(Act.Patch, $"changed-{n}"));
                if (n % 5 != 0) continue;

                var deleted = mine[n % mine.Count];
                mine.Remove(deleted);
                await DoAsync(deleted, new(Act.Delete));
            }
        }
        catch (HttpRequestException)
        {
            // The kill came while this was in flight: its account has it as pending.
        }

        async Task DoAsync(Account account, Change change)
        {
            account.Pending = change;
            account.WasTouched = true;
            account.Apply(change, await SendAsync(http, account, change));
            account.Pending = null;
            acknowledged();
        }
    }

    /// <returns>The revision that it made.</returns>
    private async Task<long> SendAsync(HttpClient http, Account account, Change change)
    {
        string url = change.Act == Act.Book ? $"/accounts/{account.Id}/bookings/b{change.Booking}" : $"/accounts/{account.Id}";
        var (method, body) = change.Act switch
        {
            Act.Put => (HttpMethod.Put, $$"""{"number":{{account.Number}},"owner":"{{change.Owner}}","note":"{{new string('x', account.Number % 700)}}"}"""),
            Act.Patch => (HttpMethod.Patch, $$"""{"owner":"{{change.Owner}}"}"""),
            Act.Book => (HttpMethod.Put, $$"""{"amount":{{change.Booking}}}"""),
            _ => (HttpMethod.Delete, null),
        };
        using var request = new HttpRequestMessage(method, url);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{method} {url}: {response.StatusCode}");

        long revision = long.Parse(response.Headers.GetValues("Stateway-Revision").Single(), CultureInfo.InvariantCulture);
        for (long seen = Interlocked.Read(ref _revision); revision > seen; seen = Interlocked.Read(ref _revision))
            Interlocked.CompareExchange(ref _revision, revision, seen);
        return revision;
    }

    private async Task CheckAsync(HttpClient http, bool everything)
    {
        // 1. Every account, as a list has it: no more and no less than was written.
        var (stored, revision) = await ListAsync(http, "/accounts");
        Assert.True(revision >= _revision, $"The revision is {revision}, and {_revision} was given away.");
        Assert.All(stored.Keys, id => Assert.True(_accounts.ContainsKey(id), $"{id} was never written."));
        foreach (var account in _accounts.Values) account.CheckAndSettle(stored.TryGetValue(account.Id, out var found) ? found : null);

        // 2. What was written since the last kill: each by itself, and its bookings.
        var touched = _accounts.Values.Where(a => a.WasTouched || everything).ToList();
        await Parallel.ForEachAsync(touched, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (account, _) => await CheckBookingsAsync(http, account));

        // 3. The indexes agree with the rows: the one that is filtered by ...
        foreach (var byOwner in stored.Values.GroupBy(a => a.GetProperty("owner").GetString()!).Take(12))
            Assert.Equal(byOwner.Count(), await CountAsync(http, $"/accounts?owner={byOwner.Key}&max_page_size=1"));
        Assert.Equal(stored.Count, await CountAsync(http, "/accounts?max_page_size=1"));

        // ... and the unique one, which knows the numbers that are taken and those that came free.
        foreach (var account in touched.Where(a => a.Owner is not null).Take(10))
        {
            using var taken = await http.PostAsync("/accounts", new StringContent($$"""{"number":{{account.Number}},"owner":"thief"}""", Encoding.UTF8, "application/json"));
            Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        }

        // 4. What is gone left nothing behind: a booking that outlived its account would come back to light with it.
        foreach (var account in touched.Where(a => a.Owner is null).Take(20))
        {
            account.Apply(new(Act.Put, "again"), await SendAsync(http, account, new(Act.Put, "again")));
            await CheckBookingsAsync(http, account);
        }

        // 5. What became of an account, step by step.
        foreach (var account in touched.Where(a => a.Versions.Count > 1).Take(everything ? int.MaxValue : 40)) await CheckHistoryAsync(http, account);

        foreach (var account in touched) account.WasTouched = false;
    }

    private static async Task CheckHistoryAsync(HttpClient http, Account account)
    {
        var page = JsonDocument.Parse(await http.GetByteArrayAsync($"/accounts/{account.Id}/history?fields=owner&max_page_size=1000")).RootElement;
        var versions = page.GetProperty("results").EnumerateArray().Reverse().Select(v => (
            Revision: long.Parse(v.GetProperty("revision").GetString()!, CultureInfo.InvariantCulture),
            Owner: v.TryGetProperty("object", out var then) ? then.GetProperty("owner").GetString() : null)).ToList();
        Assert.Equal(account.Versions.Select(v => v.Owner), versions.Select(v => v.Owner));
        Assert.Equal(account.Versions.Zip(versions, (known, stored) => known.Revision ?? stored.Revision), versions.Select(v => v.Revision));
        Assert.Equal(versions.Select(v => v.Revision).Order().Distinct(), versions.Select(v => v.Revision));
    }

    private static async Task CheckBookingsAsync(HttpClient http, Account account)
    {
        using var one = await http.GetAsync($"/accounts/{account.Id}");
        Assert.Equal(account.Owner is null ? HttpStatusCode.NotFound : HttpStatusCode.OK, one.StatusCode);
        if (account.Owner is null) return;

        var (bookings, _) = await ListAsync(http, $"/accounts/{account.Id}/bookings");
        Assert.All(bookings, b => Assert.Equal(b.Key, "b" + b.Value.GetProperty("amount").GetInt32()));
        account.CheckAndSettle(bookings.Values.Select(b => b.GetProperty("amount").GetInt32()).ToHashSet());
    }

    private static async Task<(Dictionary<string, JsonElement> Rows, long Revision)> ListAsync(HttpClient http, string url)
    {
        var rows = new Dictionary<string, JsonElement>();
        string? token = null;
        while (true)
        {
            var page = JsonDocument.Parse(await http.GetByteArrayAsync($"{url}?max_page_size=1000{(token is null ? "" : "&page_token=" + token)}")).RootElement;
            foreach (var row in page.GetProperty("results").EnumerateArray()) rows.Add(row.GetProperty("id").GetString()!, row);
            if (!page.TryGetProperty("next_page_token", out var next)) return (rows, long.Parse(page.GetProperty("revision").GetString()!, CultureInfo.InvariantCulture));

            token = next.GetString();
        }
    }

    private static async Task<int> CountAsync(HttpClient http, string url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Prefer", "count=exact" } } };
        using var response = await http.SendAsync(request);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement.GetProperty("total_size").GetInt32();
    }

    private enum Act { Put, Patch, Book, Delete }

    private sealed record Change(Act Act, string? Owner = null, int Booking = 0);

    /// <summary>What was acknowledged of an account, and the one change that may be in flight.</summary>
    private sealed class Account(string id, int number)
    {
        public string Id { get; } = id;
        public int Number { get; } = number;

        /// <summary>Null when there is no such account.</summary>
        public string? Owner { get; private set; }

        /// <summary>All that it has been; null as the owner is its end, and as the revision one that nobody was told.</summary>
        public List<(long? Revision, string? Owner)> Versions { get; } = [];

        public HashSet<int> Bookings { get; } = [];
        public Change? Pending { get; set; }
        public bool WasTouched { get; set; }

        /// <param name="revision">Null when the change was in flight.</param>
        public void Apply(Change change, long? revision)
        {
            if (change.Act != Act.Book) Versions.Add((revision, change.Owner));
            switch (change.Act)
            {
                case Act.Put or Act.Patch: Owner = change.Owner; break;
                case Act.Book: Bookings.Add(change.Booking); break;
                default:
                    Owner = null;
                    Bookings.Clear();
                    break;
            }
        }

        /// <summary>The account is as it was acknowledged, or as the change in flight would have made it; from here on it is what it is.</summary>
        public void CheckAndSettle(JsonElement? stored)
        {
            string? owner = stored?.GetProperty("owner").GetString();
            if (Pending is { Act: not Act.Book } pending && owner == pending.Owner) Apply(pending, revision: null);
            Assert.True(owner == Owner, $"{Id} belongs to {owner ?? "nobody"}; {Owner ?? "its end"} was acknowledged, {Pending} was in flight.");
            if (Pending is { Act: not Act.Book }) Pending = null;
            if (stored is not { } account) return;

            Assert.Equal(Number, account.GetProperty("number").GetInt32());
            Assert.Equal(new string('x', Number % 700), account.GetProperty("note").GetString());
        }

        public void CheckAndSettle(HashSet<int> stored)
        {
            if (Pending is { Act: Act.Book } pending && stored.Contains(pending.Booking)) Apply(pending, revision: null);
            Assert.True(stored.SetEquals(Bookings), $"{Id} has the bookings {string.Join(' ', stored)}; {string.Join(' ', Bookings)} were acknowledged, {Pending} was in flight.");
            Pending = null;
        }
    }
}

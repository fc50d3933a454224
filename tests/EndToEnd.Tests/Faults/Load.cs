using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Faults;

/// <summary>
/// Writers and readers that go on through whatever fails, take only the answers that are promised, and remember what they were
/// told: <see cref="CheckAsync"/> compares it with what the store holds afterwards.
/// </summary>
internal sealed class Load : IDisposable
{
    private const int Writers = 6;

    /// <summary>No answer may take longer, whatever is down. Some more than the 10 s meant, as the machine is shared.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Of a client that was refused.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = AnswerTimeout };
    private readonly List<Attempt>[] _attempts = [.. Enumerable.Range(0, Writers).Select(_ => new List<Attempt>())];
    private readonly ConcurrentQueue<string> _acknowledgedIds = new();
    private readonly List<Task> _running = [];
    private volatile bool _isStopping;
    private volatile bool _isProgramKilled;
    private int _acknowledged;
    private int _refused;

    /// <summary>A document with the collection that it writes to.</summary>
    public static string Document { get; } =
        Documents.Of("Faults", "things: { schema: { type: object, properties: { n: { type: integer }, text: { type: string } } }, filter: [n] }");

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Answers that something can't be done now.</summary>
    public int Refused => Volatile.Read(ref _refused);

    public IEnumerable<Attempt> Attempts => _attempts.SelectMany(list => list);

    public void Start(Uri server)
    {
        (_isStopping, _isProgramKilled) = (false, false);
        _running.AddRange(_attempts.Select((list, writer) => Task.Run(() => WriteAsync(server, writer, list))));
        _running.Add(Task.Run(() => ReadAsync(server)));
    }

    /// <summary>Waits until so many more writes are acknowledged.</summary>
    public async Task UntilAsync(int more)
    {
        int target = Acknowledged + more;
        await UntilAsync(() => Acknowledged >= target);
    }

    /// <summary>Waits until something has been refused since <paramref name="before"/>.</summary>
    public Task UntilRefusedAsync(int before) => UntilAsync(() => Refused > before);

    private async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            if (_running.Find(task => task.IsFaulted) is { } failed) await failed;
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Kills the program under it; returns when everybody has noticed.</summary>
    public async Task KillAsync(StatewayProgram program)
    {
        _isProgramKilled = true;
        await program.KillAsync();
        await EndAsync();
    }

    public async Task StopAsync()
    {
        _isStopping = true;
        await EndAsync();
    }

    private async Task EndAsync()
    {
        await Task.WhenAll(_running).WaitAsync(Patience);
        _running.Clear();
    }

    /// <summary>What was acknowledged is there, at its revision; what was refused is not; what nobody knows of is there whole or not at all; and nothing else is.</summary>
    /// <returns>What there is: numbers by ids.</returns>
    public async Task<Dictionary<string, int>> CheckAsync(Uri server)
    {
        var stored = await ListAsync(server);
        var unexplained = new HashSet<string>(stored.Keys);
        foreach (var attempt in Attempts.Where(a => a.Kind is AttemptKind.Create or AttemptKind.Batch))
        {
            int found = attempt.Ids.Count(id => stored.TryGetValue(id, out int number) && number == attempt.Number);
            bool isRight = attempt.Outcome switch
            {
                AttemptOutcome.Acknowledged => found == attempt.Ids.Length,
                AttemptOutcome.Refused => found == 0,
                _ => found == 0 || found == attempt.Ids.Length,
            };
            Assert.True(isRight, $"Of {attempt} with {string.Join(' ', attempt.Ids)}, {found} are there.");
            unexplained.ExceptWith(attempt.Ids);
        }

        for (int writer = 0; writer < Writers; writer++)
        {
            string id = Counter(writer);
            var versions = await HistoryAsync(server, id);
            Explain(id, versions, _attempts[writer]);
            unexplained.Remove(id);
            Assert.Equal(versions is [.., { Number: >= 0 } last] ? last.Number : null, stored.TryGetValue(id, out int number) ? number : (int?)null);
        }

        Assert.Empty(unexplained);
        return stored;
    }

    /// <summary>The versions are what was acknowledged, in order, and between them only what nobody knows of.</summary>
    private static void Explain(string id, List<Version> versions, List<Attempt> attempts)
    {
        int next = 0;
        foreach (var attempt in attempts.Where(a => a.Kind is AttemptKind.Count or AttemptKind.Delete))
        {
            bool isNext = next < versions.Count && (attempt.Kind == AttemptKind.Delete ? versions[next].Number < 0 : versions[next].Number == attempt.Number);
            Assert.False(isNext && attempt.Outcome == AttemptOutcome.Refused, $"{id}: {attempt} was refused, and is in the history.");
            Assert.True(isNext || attempt.Outcome != AttemptOutcome.Acknowledged, $"{id}: {attempt} was acknowledged, and is not in the history.");
            if (!isNext) continue;

            if (attempt.Outcome == AttemptOutcome.Acknowledged) Assert.Equal(attempt.Revision, versions[next].Revision);
            next++;
        }

        Assert.True(next == versions.Count, $"{id}: nobody wrote version {next} of {versions.Count}.");
    }

    /// <param name="id">The id of a counter, or of another thing.</param>
    /// <returns>Oldest first; a deletion has the number -1.</returns>
    public async Task<List<Version>> HistoryAsync(Uri server, string id)
    {
        var versions = new List<Version>();
        string? token = null;
        do
        {
            using var response = await _http.GetAsync(new Uri(server, $"/things/{id}/history?max_page_size=1000{Behind(token)}"));
            if (response.StatusCode == HttpStatusCode.NotFound) return [];

            var page = await JsonAsync(response);
            versions.AddRange(page.GetProperty("results").EnumerateArray().Select(v => new Version(
                long.Parse(v.GetProperty("revision").GetString()!, CultureInfo.InvariantCulture),
                v.GetProperty("type").GetString() == "deleted" ? -1 : v.GetProperty("object").GetProperty("n").GetInt32())));
            token = NextToken(page);
        }
        while (token is not null);
        versions.Reverse();
        return versions;
    }

    private async Task<Dictionary<string, int>> ListAsync(Uri server)
    {
        var stored = new Dictionary<string, int>();
        string? token = null;
        do
        {
            using var response = await _http.GetAsync(new Uri(server, $"/things?max_page_size=1000&fields=id,n{Behind(token)}"));
            var page = await JsonAsync(response);
            foreach (var thing in page.GetProperty("results").EnumerateArray()) stored.Add(thing.GetProperty("id").GetString()!, thing.GetProperty("n").GetInt32());
            token = NextToken(page);
        }
        while (token is not null);
        return stored;
    }

    public void Dispose() => _http.Dispose();

    private async Task WriteAsync(Uri server, int writer, List<Attempt> attempts)
    {
        for (int n = attempts.Count; !_isStopping; n++)
        {
            var attempt = (n % 5) switch
            {
                0 => new Attempt(AttemptKind.Batch, [$"b{writer}-{n}-a", $"b{writer}-{n}-b", $"b{writer}-{n}-c"], n),
                1 or 2 => new(AttemptKind.Count, [Counter(writer)], n),
                // Only what is surely there.
                3 when n % 3 == 0 && attempts[^1].Outcome == AttemptOutcome.Acknowledged => new(AttemptKind.Delete, [Counter(writer)], -n),
                _ => new(AttemptKind.Create, [$"c{writer}-{n}"], n),
            };
            attempts.Add(attempt);
            if (!await TrySendAsync(server, attempt)) return;
            if (attempt.Outcome != AttemptOutcome.Acknowledged) await Task.Delay(Pause);
        }
    }

    /// <returns>False when the program is gone.</returns>
    private async Task<bool> TrySendAsync(Uri server, Attempt attempt)
    {
        using var request = RequestOf(server, attempt);
        try
        {
            using var response = await _http.SendAsync(request);
            if (response.IsSuccessStatusCode)
            {
                string revision = response.Headers.GetValues("Stateway-Revision").Single();
                attempt.Acknowledge(long.Parse(revision, CultureInfo.InvariantCulture));
                if (attempt.Kind is AttemptKind.Create or AttemptKind.Batch) _acknowledgedIds.Enqueue(attempt.Ids[^1]);
                Interlocked.Increment(ref _acknowledged);
                return true;
            }

            if (await RefusalAsync(response, attempt.ToString()) != "OUTCOME_UNKNOWN") attempt.Refuse();
            return true;
        }
        catch (HttpRequestException) when (_isProgramKilled)
        {
            return false;
        }
    }

    /// <summary>Reads what was acknowledged: it is there, or can't be read now.</summary>
    private async Task ReadAsync(Uri server)
    {
        for (int n = 0; !_isStopping; n++)
        {
            bool isOne = _acknowledgedIds.TryDequeue(out string? id);
            string url = !isOne ? "/things?max_page_size=5" : n % 2 == 0 ? "/things/" + id : $"/things/{id}/history";
            try
            {
                using var response = await _http.GetAsync(new Uri(server, url));
                if (response.StatusCode != HttpStatusCode.OK) await RefusalAsync(response, url);
            }
            catch (HttpRequestException) when (_isProgramKilled)
            {
                return;
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>503, with the time to wait, is all that a client may be told while the store is away.</summary>
    /// <returns>The problem's code.</returns>
    private async Task<string> RefusalAsync(HttpResponseMessage response, string what)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.ServiceUnavailable, $"{what}: {response.StatusCode} {body}");
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Interlocked.Increment(ref _refused);
        return JsonDocument.Parse(body).RootElement.GetProperty("code").GetString()!;
    }

    private static HttpRequestMessage RequestOf(Uri server, Attempt attempt)
    {
        string body = $$"""{"n":{{attempt.Number}},"text":"{{new string('x', attempt.Number is > 0 and var n ? n * 37 % 500 : 0)}}"}""";
        var (method, url, text) = attempt.Kind switch
        {
            AttemptKind.Batch => (HttpMethod.Post, "/_/batch", $$"""{"requests":[{{string.Join(',', attempt.Ids.Select(id => $$"""{"method":"PUT","path":"/things/{{id}}","headers":{"If-None-Match":"*"},"body":{{body}}}"""))}}]}"""),
            AttemptKind.Delete => (HttpMethod.Delete, "/things/" + attempt.Ids[0], null),
            _ => (HttpMethod.Put, "/things/" + attempt.Ids[0], body),
        };
        var request = new HttpRequestMessage(method, new Uri(server, url));
        if (text is not null) request.Content = new StringContent(text, Encoding.UTF8, "application/json");
        if (attempt.Kind == AttemptKind.Create) request.Headers.Add("If-None-Match", "*");
        return request;
    }

    public static string Counter(int writer) => $"counter-{writer}";

    private static string Behind(string? token) => token is null ? "" : "&page_token=" + token;

    private static string? NextToken(JsonElement page) => page.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    /// <param name="Number">Below zero: it was deleted.</param>
    internal sealed record Version(long Revision, int Number);
}

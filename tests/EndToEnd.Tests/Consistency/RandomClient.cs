using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Stateway.EndToEnd.Tests.Consistency;

/// <summary>One of several clients that do at random all that can be done to a few keys, each time through some node, and note what they see.</summary>
/// <param name="name">Tells the clients' values apart.</param>
internal sealed class RandomClient(Nodes nodes, string collection, string name, int seed, ConcurrentQueue<Operation> record)
{
    public const int KeysMax = 4;

    private readonly Random _random = new(seed);
    private readonly Dictionary<string, long> _known = []; // the revision last seen, for conditions
    private int _count;
    private HttpClient? _failed; // the one of a node that was killed; when it is back it has another

    public static string Key(int n) => "k" + n;

    public async Task StepAsync()
    {
        _count++;
        int dice = _random.Next(100);
        if (dice < 28) await GetAsync(AnyKey());
        else if (dice < 36) await ListAsync();
        else if (dice < 88) await WriteAsync(AnyStep());
        else await BatchAsync();
    }

    private Step AnyStep()
    {
        string key = AnyKey();
        long known = _known.GetValueOrDefault(key);
        var value = new Register($"{name}.{_count}", $"{name}.{_count}n");
        return _random.Next(12) switch
        {
            0 or 1 => new(Verb.Post, key, value),
            2 or 3 => new(Verb.Put, key, value),
            4 or 5 => new(Verb.Put, key, value, known),
            6 => new(Verb.Put, key, value, CreateOnly: true),
            7 => new(Verb.Patch, key, value),
            8 or 9 => new(Verb.Patch, key, value, known),
            10 => new(Verb.Delete, key, value),
            _ => new(Verb.Delete, key, value, known),
        };
    }

    private string AnyKey() => Key(_random.Next(KeysMax));

    private async Task GetAsync(string key)
    {
        long invoked = Stopwatch.GetTimestamp();
        if (await TrySendAsync("GET", $"/{collection}/{key}", null) is not { } answer) return;

        Assert.True(answer.Status is 200 or 404, $"GET: {answer}");
        var seen = answer.Status == 200 ? new PastValue(key, answer.Tag, WireCall.RegisterOf(answer.Json)) : null;
        _known[key] = answer.Tag;
        record.Enqueue(new Operation.Get(invoked, Stopwatch.GetTimestamp(), key, seen));
    }

    private async Task ListAsync()
    {
        long invoked = Stopwatch.GetTimestamp();
        if (await TrySendAsync("GET", $"/{collection}", null) is not { } answer) return;

        Assert.True(answer.Status == 200, $"GET: {answer}");
        var json = answer.Json;
        var rows = json["results"]!.AsArray().ToDictionary(row => (string)row!["id"]!, row => WireCall.RegisterOf(row!));
        record.Enqueue(new Operation.List(invoked, Stopwatch.GetTimestamp(), WireCall.Number((string?)json["revision"]), rows));
    }

    private async Task WriteAsync(Step step)
    {
        long invoked = Stopwatch.GetTimestamp();
        var (method, url, body) = RequestOf(step);
        var answer = await TrySendAsync(method, url, body, [.. ConditionsOf(step).Select(c => $"{c.Name}: {c.Value}")]);
        if (OutcomeOf(answer, a => new(a.Revision, [(a.Status, a.Status == 204 ? null : WireCall.RegisterOf(a.Json))])) is not { } outcome) return;

        if (outcome is Outcome.Done done)
        {
            Assert.Equal(step.Verb == Verb.Delete ? 0 : done.Revision, answer!.Tag); // an answer: it was done
            _known[step.Key] = done.Revision;
        }
        else if (outcome is Outcome.Refused { Seen: { } seen })
        {
            _known[step.Key] = seen;
        }

        record.Enqueue(new Operation.Write(invoked, TimeOf(outcome), [step], outcome));
    }

    /// <summary>Two keys at once.</summary>
    private async Task BatchAsync()
    {
        int first = _random.Next(KeysMax), other = (first + 1 + _random.Next(KeysMax - 1)) % KeysMax;
        Step[] steps = [StepOfBatch(first), StepOfBatch(other)];
        string requests = string.Join(',', steps.Select(step =>
        {
            var (method, url, body) = RequestOf(step);
            var item = new JsonObject
            {
                ["method"] = method, ["path"] = url,
                ["headers"] = new JsonObject(ConditionsOf(step).Select(c => KeyValuePair.Create(c.Name, (JsonNode?)c.Value))),
            };
            if (body is not null) item["body"] = JsonNode.Parse(body);
            return item.ToJsonString();
        }));

        long invoked = Stopwatch.GetTimestamp();
        var answer = await TrySendAsync("POST", "/_/batch", $$"""{"requests":[{{requests}}]}""");
        var outcome = OutcomeOf(answer, a => new(a.Revision,
            [.. a.Json["results"]!.AsArray().Select(r => ((int)r!["status"]!, r["body"] is { } value ? WireCall.RegisterOf(value) : null))]));
        if (outcome is Outcome.Done done) foreach (var step in steps) _known[step.Key] = done.Revision;
        if (outcome is not null) record.Enqueue(new Operation.Write(invoked, TimeOf(outcome), steps, outcome));
    }

    private Step StepOfBatch(int key)
    {
        // Mostly without conditions, which seldom hold for two keys at once.
        var value = new Register($"{name}.{_count}", $"{name}.{_count}n");
        long known = _known.GetValueOrDefault(Key(key));
        return _random.Next(8) switch
        {
            0 => new(Verb.Patch, Key(key), value),
            1 => new(Verb.Delete, Key(key), value),
            2 => new(Verb.Patch, Key(key), value, known),
            3 => new(Verb.Put, Key(key), value, known),
            _ => new(Verb.Put, Key(key), value),
        };
    }

    private (string Method, string Url, string? Body) RequestOf(Step step)
    {
        string url = $"/{collection}/{step.Key}";
        return step.Verb switch
        {
            Verb.Post => ("POST", $"/{collection}", JsonSerializer.Serialize(new { id = step.Key, text = step.Value.Text, note = step.Value.Note })),
            Verb.Put => ("PUT", url, JsonSerializer.Serialize(new { text = step.Value.Text, note = step.Value.Note })),
            Verb.Patch => ("PATCH", url, JsonSerializer.Serialize(new { note = step.Value.Note })),
            _ => ("DELETE", url, null),
        };
    }

    private static IEnumerable<(string Name, string Value)> ConditionsOf(Step step)
    {
        if (step.IfMatch != 0) yield return ("If-Match", $"\"{step.IfMatch}-j\"");
        if (step.CreateOnly) yield return ("If-None-Match", "*");
    }

    /// <returns>Null when nothing was done, for a reason that no state explains: too many were faster. The history would betray it if something was done.</returns>
    private static Outcome? OutcomeOf(WireAnswer? answer, Func<WireAnswer, Outcome.Done> done)
    {
        if (answer is null) return new Outcome.Lost();
        if (answer.Status is >= 200 and < 300) return done(answer);

        Assert.True(answer.Status is 404 or 409 or 412, answer.ToString());
        return answer.Text.Contains("TOO_MUCH_CONTENTION", StringComparison.Ordinal) ? null
            : new Outcome.Refused(answer.Status, answer.Tag == 0 ? null : answer.Tag);
    }

    private static long TimeOf(Outcome outcome) => outcome is Outcome.Lost ? long.MaxValue : Stopwatch.GetTimestamp();

    /// <summary>Asks any node but one that has failed, until it is back.</summary>
    /// <returns>
    /// Null when the connection failed. That is not to be told from "not sent": what has no body <see cref="HttpClient"/> sends once
    /// more by itself when a connection breaks, and reports that the second can't be opened.
    /// </returns>
    private async Task<WireAnswer?> TrySendAsync(string method, string url, string? body, params string[] headers)
    {
        int node = _random.Next(nodes.Count);
        if (nodes.Http(node) == _failed) node = (node + 1) % nodes.Count;
        var http = nodes.Http(node);
        try
        {
            return await http.SendAsync(method, url, body, headers);
        }
        catch (HttpRequestException)
        {
            _failed = http;
            return null;
        }
    }
}

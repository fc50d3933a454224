using System.Net;
using System.Text;
using System.Text.Json;

namespace Stateway.TestKit;

/// <summary>An open watch, read event by event, in either form.</summary>
public sealed class WatchReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly StreamReader? _reader;

    private WatchReader(HttpClient http, HttpResponseMessage response, StreamReader? reader)
    {
        _http = http;
        _response = response;
        _reader = reader;
    }

    public HttpStatusCode Status => _response.StatusCode;

    /// <summary>The content of an answer that is no watch.</summary>
    public async Task<JsonElement> ProblemAsync() => JsonDocument.Parse(await _response.Content.ReadAsStringAsync()).RootElement;

    public string? this[string header] =>
        _response.Headers.NonValidated.TryGetValues(header, out var values) || _response.Content.Headers.NonValidated.TryGetValues(header, out values)
            ? values.ToString() : null;

    /// <param name="headers">As <c>Name: value</c>.</param>
    public static async Task<WatchReader> OpenAsync(Uri server, string url, params string[] headers)
    {
        // A connection of its own: to dispose of it is to go away.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server, url));
        foreach (string header in headers)
        {
            string[] parts = header.Split(": ", 2);
            request.Headers.TryAddWithoutValidation(parts[0], parts[1]);
        }

        using var limit = new CancellationTokenSource(Patience);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        var reader = response.IsSuccessStatusCode ? new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token), Encoding.UTF8) : null;
        return new(http, response, reader);
    }

    /// <returns>Null when the answer is complete.</returns>
    /// <exception cref="IOException">It was cut off.</exception>
    public async Task<WatchedEvent?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return this["Content-Type"] == "text/event-stream" ? await NextOfStreamAsync(limit.Token) : await NextLineAsync(limit.Token);
    }

    /// <summary>The next that is no bookmark.</summary>
    public async Task<WatchedEvent> NextChangeAsync()
    {
        while (true)
        {
            var next = await NextAsync() ?? throw new EndOfStreamException("The watch ended.");
            if (next.Type != "bookmark") return next;
        }
    }

    /// <summary>Everything up to the bookmark that completes the current state.</summary>
    public async Task<List<WatchedEvent>> InitialAsync()
    {
        var all = new List<WatchedEvent>();
        do all.Add(await NextAsync() ?? throw new EndOfStreamException("The watch ended."));
        while (!all[^1].IsInitial);
        return all;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _response.Dispose();
        _http.Dispose();
    }

    private async Task<WatchedEvent?> NextLineAsync(CancellationToken ct)
    {
        if (await _reader!.ReadLineAsync(ct) is not { } line) return null;

        var json = JsonDocument.Parse(line).RootElement;
        bool more = json.TryGetProperty("more", out var value) && value.GetBoolean();
        return WatchedEvent.Of(json.GetProperty("type").GetString()!, json, more);
    }

    private async Task<WatchedEvent?> NextOfStreamAsync(CancellationToken ct)
    {
        string? id = null, type = null, data = null;
        while (await _reader!.ReadLineAsync(ct) is { } line)
        {
            if (line.Length == 0) break;
            if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            else throw new InvalidDataException(line);
        }

        if (data is null) return null;

        var json = JsonDocument.Parse(data).RootElement;
        if (id is not null && id != json.GetProperty("revision").GetString()) throw new InvalidDataException($"id {id} of {data}");
        return WatchedEvent.Of(type!, json, more: id is null && type != "error");
    }
}

/// <param name="More">Others that belong to it follow.</param>
/// <param name="Json">The whole of it.</param>
public sealed record WatchedEvent(string Type, long Revision, bool More, JsonElement Json)
{
    internal static WatchedEvent Of(string type, JsonElement json, bool more) => new(type,
        json.TryGetProperty("revision", out var revision) ? long.Parse(revision.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : 0, more, json);

    public JsonElement Object => Json.GetProperty("object");
    public string Id => Object.GetProperty("id").GetString()!;
    public bool IsInitial => Json.TryGetProperty("initial", out _);

    /// <summary><c>added p1 @42</c>.</summary>
    public override string ToString() => Type == "bookmark" ? $"bookmark @{Revision}{(IsInitial ? " initial" : "")}" : $"{Type} {Id} @{Revision}{(More ? " more" : "")}";
}

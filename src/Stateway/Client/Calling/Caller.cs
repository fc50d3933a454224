using System.Diagnostics;
using System.Text.Json;
using Stateway.Gateway.Admission;
using Stateway.Gateway.Tracing;

namespace Stateway.Client.Calling;

/// <summary>
/// Speaks to APIs where their users do. The administrator's key never goes there: it signs each request, so that the server tells
/// how long its steps took. Nothing is sent twice.
/// </summary>
internal sealed class Caller : IDisposable
{
    private const string Accept = "application/json, */*;q=0.5";
    private const string AddressOption = "--url";
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 128 };

    private readonly HttpClient _http;
    private readonly TraceKey? _traces;
    private readonly TimeProvider _time;

    private Caller(HttpClient http, TraceKey? traces, TimeProvider time) => (_http, _traces, _time) = (http, traces, time);

    public bool Signs => _traces is not null;

    /// <param name="url">One of the APIs that will be called.</param>
    public static (Caller? Caller, Failure? Failure) Open(Uri url, Connection connection, TimeProvider time)
    {
        var (sockets, failure) = Sockets.Open(url, connection.CaFile);
        if (sockets is null) return (null, failure);

        var http = new HttpClient(sockets) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = BrokenCall.AnswerBytesMax };
        http.DefaultRequestHeaders.UserAgent.Add(new("stateway", "1"));
        return (new(http, connection.Key is { } key ? new TraceKey(AccessKey.HashOf(key)) : null, time), null);
    }

    public void Dispose() => _http.Dispose();

    /// <summary>What the API describes of itself.</summary>
    public async Task<(JsonElement Document, Failure? Failure)> DocumentAsync(ServedApi api, CancellationToken ct)
    {
        string url = api.Text + "/openapi.json";
        using var limit = new CancellationTokenSource(BrokenCall.AnswerTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var answer = await _http.GetAsync(url, both.Token);
            byte[] content = await answer.Content.ReadAsByteArrayAsync(both.Token);
            return answer.IsSuccessStatusCode
                ? (JsonElement.Parse(content, JsonOptions), null)
                : (default, ProblemText.Of(ProblemDocument.Read((int)answer.StatusCode, answer.ReasonPhrase ?? "", content), url, asksForKey: false));
        }
        catch (JsonException)
        {
            return (default, new($"{url} is no JSON."));
        }
        catch (Exception e) when (BrokenCall.Is(e) || limit.IsCancellationRequested)
        {
            ct.ThrowIfCancellationRequested();
            return (default, new(BrokenCall.Why(e, api.Text, AddressOption)));
        }
    }

    /// <summary>Until the answer's header section is there. The caller disposes of the answer.</summary>
    public async Task<(HttpResponseMessage? Answer, TimeSpan Took, Failure? Failure)> SendAsync(ServedApi api, CallRequest call, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(BrokenCall.AnswerTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var request = RequestOf(new Uri(api.Text + call.Target), call);
        long began = Stopwatch.GetTimestamp();
        try
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return (answer, Stopwatch.GetElapsedTime(began), null);
        }
        catch (Exception e) when (BrokenCall.Is(e) || limit.IsCancellationRequested)
        {
            ct.ThrowIfCancellationRequested();
            return (null, default, new(BrokenCall.Why(e, api.Text, AddressOption)));
        }
    }

    private HttpRequestMessage RequestOf(Uri url, CallRequest call)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), url);
        if (call.Body is { } body) request.Content = new ByteArrayContent(body);
        if (!call.Headers.Any(header => header.Name.Equals("Accept", StringComparison.OrdinalIgnoreCase))) request.Headers.Accept.ParseAdd(Accept);
        foreach (var (name, value) in call.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value)) (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
        }

        // As the request goes out: the class writes some characters in another way than they were given.
        if (_traces?.Sign(call.Method, url.PathAndQuery, _time.GetUtcNow()) is { } signature) request.Headers.TryAddWithoutValidation(TraceKey.Field, signature);
        return request;
    }
}

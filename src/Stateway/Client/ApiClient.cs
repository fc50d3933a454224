using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Stateway.Client;

/// <summary>
/// Speaks to one management API. What can be repeated is repeated a few times when the connection breaks or the server says
/// that it can't now; a server that is not there is told at once.
/// </summary>
internal sealed class ApiClient : IDisposable
{
    private const int AttemptsMax = 4;
    private const int AnswerBytesMax = 64 * 1024 * 1024; // a list has at most half of it
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan PauseFirst = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);
    private static readonly JsonDocumentOptions JsonOptions = new() { MaxDepth = 128 };

    private readonly Connection _connection;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    private ApiClient(Connection connection, TimeProvider time, HttpClient http) => (_connection, _time, _http) = (connection, time, http);

    public string ServerText => _connection.Text;

    public static (ApiClient? Client, Failure? Failure) Open(Connection connection, TimeProvider time)
    {
        var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // the key is for this server alone
            UseCookies = false,
            UseProxy = !connection.Url.IsLoopback,
            ConnectTimeout = ConnectTimeout,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Brotli,
        };
        if (connection.CaFile is { } file)
        {
            try
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(file);
                if (authorities.Count == 0) return (null, new($"{file}: there is no certificate in it (-----BEGIN CERTIFICATE-----)."));

                var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.AddRange(authorities);
                sockets.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
            {
                return (null, new($"{file} can't be read: {e.Message}"));
            }
        }

        var http = new HttpClient(sockets) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = AnswerBytesMax };
        if (connection.Key is { } key) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        http.DefaultRequestHeaders.UserAgent.Add(new("stateway", "1"));
        return (new(connection, time, http), null);
    }

    public void Dispose() => _http.Dispose();

    public async Task<Reply> SendAsync(Call call, CancellationToken ct)
    {
        var pause = PauseFirst;
        for (int attempt = 1; ; attempt++)
        {
            var (reply, retryAfter) = await TryAsync(call, isFirst: attempt == 1, ct);
            if (retryAfter is not { } wish || !call.IsRepeatable || attempt == AttemptsMax) return reply;

            var wait = wish > pause ? wish : pause;
            await Task.Delay(wait < PauseMax ? wait : PauseMax, _time, ct);
            pause *= 2;
        }
    }

    /// <summary>Opens an answer that stays open. The caller disposes of it.</summary>
    /// <returns>The answer, or why there is none; and whether it is worth trying again.</returns>
    public async Task<(HttpResponseMessage? Response, Reply? Reply, bool IsPassing)> OpenAsync(string path, string accept, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        using var request = new HttpRequestMessage(HttpMethod.Get, _connection.Text + path);
        request.Headers.Accept.ParseAdd(accept);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (response.IsSuccessStatusCode) return (response, null, true);

            byte[] content = await response.Content.ReadAsByteArrayAsync(both.Token);
            var reply = Refusal(response, content);
            response.Dispose();
            return (null, reply, IsPassing(response.StatusCode));
        }
        catch (Exception e) when (IsBroken(e) || limit.IsCancellationRequested)
        {
            response?.Dispose();
            ct.ThrowIfCancellationRequested();
            return (null, Lost(e), true);
        }
    }

    /// <returns>With a time when it is worth trying again after it.</returns>
    private async Task<(Reply Reply, TimeSpan? RetryAfter)> TryAsync(Call call, bool isFirst, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(AnswerTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var request = new HttpRequestMessage(call.Method, _connection.Text + call.Path);
            request.Headers.Accept.ParseAdd("application/json");
            if (!call.Body.IsEmpty)
            {
                request.Content = new ReadOnlyMemoryContent(call.Body);
                request.Content.Headers.ContentType = new("application/json");
            }

            foreach (var (name, value) in call.Headers) request.Headers.TryAddWithoutValidation(name, value);

            using var response = await _http.SendAsync(request, both.Token);
            byte[] content = await response.Content.ReadAsByteArrayAsync(both.Token);
            if (response.IsSuccessStatusCode) return (Answer(response, content), null);

            var reply = Refusal(response, content);
            bool isPassing = IsPassing(response.StatusCode) || reply.Problem.Code == "IDEMPOTENCY_KEY_IN_USE";
            return (reply, isPassing ? response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero : null);
        }
        catch (Exception e) when (IsBroken(e) || limit.IsCancellationRequested)
        {
            ct.ThrowIfCancellationRequested();

            // A server that breaks off may be starting again; one that never was there is a wrong address.
            bool isAbsent = e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError };
            return (Lost(e), limit.IsCancellationRequested || (isFirst && isAbsent) ? null : TimeSpan.Zero);
        }
    }

    private Reply Answer(HttpResponseMessage response, byte[] content)
    {
        string? etag = response.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString() : null;
        if (content.Length == 0) return new Reply.Good((int)response.StatusCode, etag, default);

        try
        {
            return new Reply.Good((int)response.StatusCode, etag, JsonElement.Parse(content, JsonOptions));
        }
        catch (JsonException)
        {
            return new Reply.Lost($"{_connection.Text} answers, but not with JSON: it is no management API.");
        }
    }

    private static Reply.Refused Refusal(HttpResponseMessage response, byte[] content) => new(
        ProblemDocument.Read((int)response.StatusCode, response.ReasonPhrase ?? "", content),
        response.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString() : null);

    private Reply.Lost Lost(Exception e) => new(e switch
    {
        OperationCanceledException => $"{_connection.Text} did not answer within {AnswerTimeout.TotalSeconds:0} seconds.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            $"{_connection.Text} sent an answer of more than {AnswerBytesMax / (1024 * 1024)} MB.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"{_connection.Text} can't be trusted: {Innermost(e).Message} --ca-file names the authority that vouches for it.",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } =>
            $"{_connection.Text} can't be reached: {Innermost(e).Message}. Does the server run? --server names another.",
        _ => $"The connection to {_connection.Text} broke: {Innermost(e).Message}",
    });

    private static bool IsBroken(Exception e) => e is HttpRequestException or IOException or SocketException;

    private static bool IsPassing(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;
}

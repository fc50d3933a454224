using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Stateway.Store.Etcd;

/// <summary>
/// Speaks to etcd's JSON gateway. One endpoint serves until it fails, then the next one does. A password is
/// exchanged for a token, again whenever etcd no longer knows the token.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    private const int AnswerBytesMax = 1 << 30;
    private const int MessageLengthMax = 300;
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _readAttempt = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _http;
    private readonly Uri[] _endpoints;
    private readonly EtcdStoreOptions _options;
    private readonly SemaphoreSlim _authenticating = new(1);
    private volatile string? _token;
    private int _endpoint;

    /// <exception cref="IOException">A file of a certificate can't be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file of a certificate is not one.</exception>
    public EtcdClient(EtcdStoreOptions options)
    {
        _options = options;
        _endpoints = [.. options.Endpoints.Select(endpoint => new Uri((options.IsTls ? "https://" : "http://") + endpoint))];
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = _connectTimeout,
            MaxConnectionsPerServer = 64,
        };
        if (options.IsTls) handler.SslOptions = Tls(options);
        _http = new(handler);
    }

    /// <summary>For messages: without credentials.</summary>
    public string Place => string.Join(", ", _options.Endpoints);

    /// <summary>Sends what may be sent twice, to one endpoint after the other, until one answers or the time is over.</summary>
    /// <exception cref="EtcdException"/>
    public async Task<T> ReadAsync<T>(string path, ReadOnlyMemory<byte> body, Parse<T> parse, CancellationToken ct, TimeSpan? timeout = null, TimeSpan? attempt = null)
    {
        long start = Stopwatch.GetTimestamp();
        var patience = timeout ?? _options.ReachTimeout;
        int round = 0;
        EtcdException? before = null;
        while (true)
        {
            try
            {
                var left = patience - Stopwatch.GetElapsedTime(start);
                var limit = attempt ?? _readAttempt;
                return await SendAsync(path, body, parse, left < limit ? left : limit, ct);
            }
            catch (EtcdException e) when (e.Failure is EtcdFailure.Unreachable or EtcdFailure.Broken)
            {
                var wait = TimeSpan.FromMilliseconds(Math.Min(20 << Math.Min(round++, 4), 250));
                if (Stopwatch.GetElapsedTime(start) + wait >= patience)
                {
                    // The last attempt had only the time that was left: that it got no answer says less than why others failed.
                    if (e.Failure == EtcdFailure.Broken && before is { Failure: EtcdFailure.Unreachable }) throw before;
                    throw;
                }

                before = e;
                await Task.Delay(wait, ct);
            }
        }
    }

    /// <summary>Sends once, to the next endpoint only when the one before can't be connected to.</summary>
    /// <exception cref="EtcdException"/>
    public async Task<T> SendAsync<T>(string path, ReadOnlyMemory<byte> body, Parse<T> parse, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero);
        for (int i = 0; ; i++)
        {
            string? token = null;
            try
            {
                token = await TokenAsync(limit.Token, ct);
                return await ExchangeAsync(path, body, parse, token, limit.Token, ct);
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.BadCredentials && token is not null && i == 0)
            {
                Forget(token); // it has run out, or etcd has been restarted
            }
            catch (EtcdException e) when (e.Failure == EtcdFailure.Unreachable && i < _endpoints.Length)
            {
            }
        }
    }

    /// <summary>Opens a stream of answers, one in each line. The caller disposes the response.</summary>
    /// <exception cref="EtcdException"/>
    public async Task<HttpResponseMessage> StreamAsync(string path, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        string? token = await TokenAsync(ct, ct);
        int endpoint = Volatile.Read(ref _endpoint);
        try
        {
            var response = await _http.SendAsync(Request(endpoint, path, body, token), ct);
            if (response.StatusCode == HttpStatusCode.OK) return response;

            using (response)
            {
                byte[] text = await response.Content.ReadAsByteArrayAsync(ct);
                var failure = Failure(response.StatusCode, text);
                if (failure.Failure == EtcdFailure.BadCredentials) _token = null;
                throw failure;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not EtcdException)
        {
            Leave(endpoint);
            throw new EtcdException(EtcdFailure.Broken, Words(e));
        }
    }

    /// <summary>What went wrong in a stream: an answer with <c>error</c>, or a watch that was cancelled.</summary>
    public EtcdException StreamFailure(string reason)
    {
        bool isToken = reason.Contains("token", StringComparison.OrdinalIgnoreCase) || reason.Contains("permission", StringComparison.OrdinalIgnoreCase);
        if (isToken) _token = null;
        return new(EtcdFailure.Broken, "etcd ended a watch: " + Cut(reason));
    }

    /// <summary>The endpoint seems to be cut off: the next one.</summary>
    public void LeaveEndpoint() => Leave(Volatile.Read(ref _endpoint));

    public void Dispose() => _http.Dispose();

    private async Task<T> ExchangeAsync<T>(string path, ReadOnlyMemory<byte> body, Parse<T> parse, string? token, CancellationToken limit, CancellationToken ct)
    {
        int endpoint = Volatile.Read(ref _endpoint);
        try
        {
            using var response = await _http.SendAsync(Request(endpoint, path, body, token), limit);
            using var answer = await Answer.ReadAsync(response, AnswerBytesMax, limit);
            if (response.StatusCode == HttpStatusCode.OK) return parse(answer.Bytes);

            var failure = Failure(response.StatusCode, answer.Bytes);
            if (failure.Failure is EtcdFailure.Broken) Leave(endpoint);
            throw failure;
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError
            or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            Leave(endpoint);
            throw new EtcdException(EtcdFailure.Unreachable, $"etcd at {Place} can't be reached: {Words(e)}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException and not EtcdException)
        {
            Leave(endpoint);
            throw new EtcdException(EtcdFailure.Broken, $"The connection to etcd at {Place} broke: {Words(e)}");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Leave(endpoint);
            throw new EtcdException(EtcdFailure.Broken, $"etcd at {Place} does not answer in time.");
        }
    }

    private async ValueTask<string?> TokenAsync(CancellationToken limit, CancellationToken ct)
    {
        if (_options.User is not { } user || _token is { } known) return _token;

        await _authenticating.WaitAsync(limit);
        try
        {
            return _token ??= await ExchangeAsync(
                "/v3/auth/authenticate", RequestBody.Credentials(user, _options.Password ?? ""), ReadToken, null, limit, ct);
        }
        catch (EtcdException e) when (e.Message.Contains("authentication is not enabled", StringComparison.Ordinal))
        {
            return null; // everybody may do everything
        }
        finally
        {
            _authenticating.Release();
        }
    }

    private void Forget(string token)
    {
        if (_token == token) _token = null;
    }

    private void Leave(int endpoint) =>
        Interlocked.CompareExchange(ref _endpoint, (endpoint + 1) % _endpoints.Length, endpoint);

    private HttpRequestMessage Request(int endpoint, string path, ReadOnlyMemory<byte> body, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoints[endpoint], path))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body),
        };
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", token);
        return request;
    }

    private static string ReadToken(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isToken = reader.ValueTextEquals("token"u8);
            reader.Read();
            if (isToken) return reader.GetString()!; // a text, else it throws
            reader.Skip();
        }

        throw new JsonException("There is no token.");
    }

    private static EtcdException Failure(HttpStatusCode status, ReadOnlySpan<byte> json)
    {
        var (code, message) = ReadError(json);
        message ??= $"status {(int)status}";
        var failure = code switch
        {
            _ when message.Contains("compacted", StringComparison.Ordinal) => EtcdFailure.Compacted,
            _ when message.Contains("future revision", StringComparison.Ordinal) => EtcdFailure.Future,
            _ when message.Contains("space exceeded", StringComparison.Ordinal) => EtcdFailure.Full,
            _ when message.Contains("too large", StringComparison.Ordinal) || message.Contains("too many operations", StringComparison.Ordinal) => EtcdFailure.TooLarge,
            _ when message.Contains("auth token", StringComparison.Ordinal) || message.Contains("auth store", StringComparison.Ordinal)
                || message.Contains("authentication failed", StringComparison.Ordinal) || message.Contains("user name is empty", StringComparison.Ordinal) => EtcdFailure.BadCredentials,
            16 => EtcdFailure.BadCredentials,
            7 => EtcdFailure.Denied,
            3 or 5 or 6 or 8 or 9 or 11 or 12 => EtcdFailure.Refused,
            0 when status == HttpStatusCode.NotFound => EtcdFailure.Refused,
            _ => EtcdFailure.Broken, // no leader, a new leader, timed out
        };
        return new(failure, "etcd: " + Cut(message));
    }

    private static (long Code, string? Message) ReadError(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new() { AllowMultipleValues = true }); // the gateway writes trailers into the body
            long code = 0;
            string? message = null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return (0, null);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isText = reader.ValueTextEquals("error"u8) || reader.ValueTextEquals("message"u8);
                bool isCode = reader.ValueTextEquals("code"u8);
                reader.Read();
                if (isText && reader.TokenType == JsonTokenType.String) message = reader.GetString();
                else if (isCode && reader.TokenType == JsonTokenType.Number) code = reader.GetInt64();
                else reader.Skip();
            }

            return (code, message);
        }
        catch (JsonException)
        {
            return (0, null);
        }
    }

    private static SslClientAuthenticationOptions Tls(EtcdStoreOptions options)
    {
        var tls = new SslClientAuthenticationOptions();
        if (options is { CertFile: { } cert, KeyFile: { } key })
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(cert, key)];

        if (options.CaFile is { } ca)
        {
            var roots = new X509Certificate2Collection();
            roots.ImportFromPemFile(ca);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(roots);
            tls.CertificateChainPolicy = policy;
        }

        return tls;
    }

    private static string Words(Exception e) => Cut((e.InnerException ?? e).Message.ReplaceLineEndings(" "));

    private static string Cut(string text) => (text.Length <= MessageLengthMax ? text : text[..MessageLengthMax]).TrimEnd('.') + ".";
}

/// <summary>Reads an answer, which is gone afterwards.</summary>
internal delegate T Parse<out T>(ReadOnlySpan<byte> json);

using System.Net;
using Stateway.Fast.Tests.Program;
using Stateway.Fast.Tests.Targets;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Serving.Tls;
using Stateway.Gateway.Targets.Http;
using Stateway.TestKit;
using Xunit;
using Certificates = Stateway.Gateway.Serving.Tls.Certificates;

namespace Stateway.Fast.Tests.Serving;

/// <summary>The whole pipeline over HTTP/2 and TLS.</summary>
public sealed class Http2Tests : IAsyncDisposable
{
    private static readonly Version Two = HttpVersion.Version20;

    private readonly TempFolder _folder = new();
    private readonly LogLines _log = new();
    private readonly FileChecks _checks;
    private readonly Certificates _certificates;
    private readonly UpstreamPools _pools = new(new(), new(), TimeProvider.System);
    private ServedListener _served = null!;

    public Http2Tests()
    {
        _checks = new(TimeProvider.System, _log);
        var issued = new Authority("Test root").Issue("shop.example");
        File.WriteAllText(_folder.File("tls.pem"), issued.Pem + "\n" + issued.Key);
        _certificates = new(TimeProvider.System, _log);
        _certificates.Publish([new(new(_folder.File("tls.pem"), null, _checks, TimeProvider.System, _log)) { Names = ["shop.example"] }], null);
    }

    public async ValueTask DisposeAsync()
    {
        if (_served is not null) await _served.DisposeAsync();
        _pools.Dispose();
        _checks.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_problem_is_the_same_document_as_over_http_1_without_fields_about_the_connection()
    {
        await ServeAsync();
        using var response = await _served.Client(Two).GetAsync(Url("/nowhere"), Cancel);
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Equal(Two, response.Version);
        Assert.False(response.Headers.Contains("Connection"));
        Assert.False(response.Headers.Contains("Keep-Alive"));
        Assert.False(response.Headers.Contains("Transfer-Encoding"));
        Assert.Empty(_served.Log.Lines);
    }

    [Fact]
    public async Task A_problem_for_who_waits_for_100_ends_its_stream_and_not_the_connection()
    {
        await ServeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Url("/nowhere")) { Version = Two, Content = new ByteArrayContent(new byte[10]) };
        request.Headers.ExpectContinue = true;
        using var response = await _served.Client(Two).SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.False(response.Headers.Contains("Connection"));
        Assert.Empty(_served.Log.Lines); // the server tells of fields that it had to take away
    }

    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("upgrade", "websocket")]
    [InlineData("keep-alive", "timeout=5")]
    [InlineData("proxy-connection", "close")]
    public async Task Fields_about_the_connection_make_a_request_malformed(string name, string value)
    {
        await ServeAsync();
        Assert.Contains("MALFORMED_REQUEST", await AskAsync([.. Get("/echo"), (name, value)]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_refuses_by_itself_never_reaches_the_pipeline()
    {
        await ServeAsync();
        Assert.Matches("^(reset|connection) 1$", await AskAsync([.. Get("/echo"), ("connection", "close")]));
        Assert.Matches("^(reset|connection) 1$", await AskAsync([.. Get("/echo"), ("te", "gzip")]));
        Assert.Matches("^(reset|connection) 1$", await AskAsync([(":method", "GET"), (":path", "/echo"), (":scheme", "http"), (":authority", "a")])); // not the connection's scheme
        Assert.Contains("protocol HTTP/2\n", await AskAsync([.. Get("/echo"), ("te", "trailers")]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pseudo_fields_are_the_requests_own_parts_and_the_authority_stands_for_the_host()
    {
        await ServeAsync();
        Assert.Contains("host shop.example\n", await AskAsync([.. Get("/echo")]), StringComparison.Ordinal);
        Assert.Contains("MALFORMED_REQUEST", await AskAsync([(":method", "GET"), (":path", "/a/../echo"), (":scheme", "https"), (":authority", "a")]), StringComparison.Ordinal);
        Assert.Contains("URI_TOO_LONG", await AskAsync([(":method", "GET"), (":path", "/" + new string('a', 9000)), (":scheme", "https"), (":authority", "a")]), StringComparison.Ordinal);
        Assert.Contains("HEADERS_TOO_LARGE", await AskAsync([.. Get("/echo"), .. Enumerable.Range(0, 5).Select(i => ("x-" + i, new string('a', 3000)))], more: 20000), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_looks_like_a_refusal_of_the_server_stays_what_it_is_while_other_requests_come_and_go()
    {
        await ServeAsync();
        var client = _served.Client(Two);
        await Parallel.ForAsync(0, 200, Cancel, async (i, ct) =>
        {
            string text = await client.GetStringAsync(Url(i % 2 == 0 ? "/refusal" : "/echo"), ct);
            if (i % 2 == 0) Assert.Equal(ServedListener.RefusalContent, text);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_without_a_length_is_read_to_its_end(bool expectsContinue)
    {
        await ServeAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Url("/echo")) { Version = Two, Content = new StreamContent(new UnsizedStream(new byte[100_000])) };
        request.Headers.ExpectContinue = expectsContinue;
        using var response = await _served.Client(Two).SendAsync(request, Cancel);
        Assert.EndsWith("body 100000", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_services_trailers_reach_the_client_and_its_connection_fields_and_hints_do_not()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n");
        await ServeAsync(upstream.Url);
        using var request = new HttpRequestMessage(HttpMethod.Get, Url("/up/a")) { Version = Two };
        using var response = await _served.Client(Two).SendAsync(request, Cancel);

        Assert.Equal("hello", await response.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("5d41", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        Assert.False(response.Headers.Contains("X-Hop"));
        Assert.False(response.Headers.Contains("Keep-Alive"));
        Assert.False(response.Headers.Contains("Connection"));
        Assert.False(response.Headers.Contains("Link"));
    }

    [Fact]
    public async Task A_request_goes_on_to_a_service_without_its_pseudo_fields_and_tells_where_it_came_from()
    {
        string? head = null;
        await using var upstream = new RawUpstream(async connection =>
        {
            head = await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        });
        await ServeAsync(upstream.Url);
        Assert.Equal("ok", await _served.Client(Two).GetStringAsync(Url("/up/a?b=c"), Cancel));
        Assert.StartsWith("GET /a?b=c HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("\r\n:", head, StringComparison.Ordinal);
        Assert.Contains($"\r\nForwarded: for=127.0.0.1;host=\"shop.example:{_served.Port}\";proto=https\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nVia: 2 ", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_upstream_does_not_look_complete()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhe");
        await ServeAsync(upstream.Url);
        await Assert.ThrowsAnyAsync<Exception>(() => _served.Client(Two).GetStringAsync(Url("/up/a"), Cancel));
        await _served.Client(Two).GetStringAsync(Url("/echo"), Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static (string Name, string Value)[] Get(string path) => [(":method", "GET"), (":path", path), (":scheme", "https"), (":authority", "shop.example")];

    private async Task ServeAsync(string? upstream = null)
    {
        var target = upstream is null ? null : new HttpTarget(new() { Url = upstream + "/{rest}" }, "/up/{rest+}", _pools, TimeProvider.System, _log);
        _served = await ServedListener.StartAsync(new() { Certificates = _certificates }, target is null ? [] : [new Operation("GET", "/up/{rest+}", "up", target)]);
    }

    private Uri Url(string path) => new($"https://shop.example:{_served.Port}{path}");

    /// <param name="more">Bytes in one more field, besides.</param>
    private async Task<string> AskAsync((string Name, string Value)[] fields, int more = 0)
    {
        if (more > 0) fields = [.. fields, ("x-more", new string('a', more))];
        await using var connection = await Http2Connection.OpenAsync(_served.Port, "shop.example", Cancel);
        return await connection.AskAsync(fields, Cancel);
    }
}

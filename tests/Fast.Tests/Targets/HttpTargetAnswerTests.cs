using System.Net;
using Stateway.Model.Problems;
using Xunit;

namespace Stateway.Fast.Tests.Targets;

/// <summary>What the client gets to see of a service's answer, and what is refused.</summary>
public sealed class HttpTargetAnswerTests
{
    private const string Get = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /// <summary>The whole answer that a client hears to one request on one connection.</summary>
    private static async Task<string> ThroughAsync(string answer, string request = Get)
    {
        await using var upstream = RawUpstream.Answering(answer);
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();
        await client.SayAsync(request);
        return await client.HearAllAsync();
    }

    private static async Task<Problem> ProblemOfAsync(string answer)
    {
        await using var upstream = RawUpstream.Answering(answer);
        await using var service = await PublishedService.StartAsync(upstream);
        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));
        var problem = Assert.Single(service.Problems);
        Assert.Equal(problem.Type.Status, (int)response.StatusCode);
        Assert.NotNull(problem.Cause);
        Assert.Null(problem.Detail);
        return problem;
    }

    [Fact]
    public async Task Status_fields_and_body_come_through_and_hop_by_hop_fields_do_not()
    {
        string answer = await ThroughAsync(
            "HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Custom: yes\r\nConnection: keep-alive, X-Hop\r\n" +
            "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\nVia: 1.0 back\r\n\r\nhello");

        Assert.StartsWith("HTTP/1.1 418 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Custom: yes\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nVia: 1.0 back\r\nVia: 1.1 stateway\r\n", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Hop", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Keep-Alive", answer, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Proxy-Authenticate", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Upgrade", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Header_rules_change_the_answer()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 200 OK\r\nServer: secret\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n");
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(upstream.Url) with
        {
            ResponseHeaders = new(["Server"], [new("X-A", "2")], [new("X-B", "3")]),
        });

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));

        Assert.False(response.Headers.Contains("Server"));
        Assert.Equal("2", Assert.Single(response.Headers.GetValues("X-A")));
        Assert.Equal("3", Assert.Single(response.Headers.GetValues("X-B")));
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "\r\nContent-Length: 1234\r\n")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n")]
    [InlineData("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nContent-Length: 1234\r\n\r\n", "\r\nETag: \"1\"\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 204 No Content\r\n")]
    [InlineData("GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 204 No Content\r\n")]
    [InlineData("GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 205 Reset Content\r\n")]
    public async Task Answers_that_have_no_body_end_with_their_header_section(string method, string answer, string part)
    {
        string heard = await ThroughAsync(answer, $"{method} /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

        Assert.Contains(part, heard, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", heard, StringComparison.Ordinal);
        Assert.Equal(heard.Length - 4, heard.IndexOf("\r\n\r\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_is_not_used_again_after_a_204_that_claims_a_body()
    {
        await using var upstream = new RawUpstream(async (connection, number) =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 204 No Content\r\nContent-Length: 40\r\n\r\n");
            await connection.HearAllAsync(); // open until the target closes it
        });
        await using var service = await PublishedService.StartAsync(upstream);

        for (int i = 1; i <= 2; i++)
        {
            using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
            Assert.Equal(i, upstream.Accepted);
        }
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.0 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=\"b\"\r\nhe\r\n003 ;c\r\nllo\r\n0\r\n\r\n")]
    public async Task A_body_comes_through_however_it_is_framed(string answer)
    {
        await using var upstream = RawUpstream.Answering(answer);
        await using var service = await PublishedService.StartAsync(upstream);

        Assert.Equal("hello", await service.Client.GetStringAsync(new Uri("/a", UriKind.Relative)));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\r\n folded\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno-colon\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: a\rb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX-A: 1\nX-B: 2\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 600 Odd\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("")]
    public async Task An_answer_that_is_not_clearly_http_is_a_bad_gateway(string answer)
    {
        Assert.Same(ProblemTypes.BadGateway, (await ProblemOfAsync(answer)).Type);
    }

    [Fact]
    public async Task A_header_section_over_the_limit_is_a_bad_gateway()
    {
        string fields = string.Concat(Enumerable.Range(0, 70).Select(i => $"X-{i}: {new string('x', 1000)}\r\n"));

        Assert.Contains("65536", (await ProblemOfAsync($"HTTP/1.1 200 OK\r\n{fields}\r\n")).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_fields_are_a_bad_gateway()
    {
        string fields = string.Concat(Enumerable.Range(0, 257).Select(i => $"X-{i}: x\r\n"));

        Assert.Contains("256", (await ProblemOfAsync($"HTTP/1.1 200 OK\r\n{fields}\r\n")).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_header_section_within_the_limit_comes_through()
    {
        string fields = string.Concat(Enumerable.Range(0, 25).Select(i => $"X-{i}: {new string('x', 1000)}\r\n"));

        string answer = await ThroughAsync($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nhi");

        Assert.Contains($"\r\nX-24: {new string('x', 1000)}\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhi", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_listen_is_a_bad_gateway()
    {
        string url;
        await using (var upstream = RawUpstream.Answering("")) url = upstream.Url;
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(url));

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains(url, Assert.Single(service.Problems).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_a_bad_gateway()
    {
        await using var service = await PublishedService.StartAsync(PublishedService.Spec("http://nobody.invalid"));

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task A_reset_before_the_answer_is_a_bad_gateway()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            connection.Reset();
        });
        await using var service = await PublishedService.StartAsync(upstream);

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task No_header_section_in_time_is_a_timeout(string beginning)
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync(beginning);
            await connection.HearAllAsync();
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url) with { Timeout = TimeSpan.FromMilliseconds(200) });

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative));

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Same(ProblemTypes.UpstreamTimeout, Assert.Single(service.Problems).Type);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX : 1\r\n\r\n")]
    public async Task An_answer_that_is_cut_short_or_badly_chunked_is_never_ended_as_if_it_were_whole(string answer)
    {
        string heard = await ThroughAsync(answer);

        if (heard.Contains("chunked", StringComparison.Ordinal)) Assert.False(heard.EndsWith("0\r\n\r\n", StringComparison.Ordinal), heard);
        else Assert.False(heard.EndsWith("helloworld", StringComparison.Ordinal), heard);

        await using var upstream = RawUpstream.Answering(answer);
        await using var service = await PublishedService.StartAsync(upstream);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => service.Client.GetStringAsync(new Uri("/a", UriKind.Relative)));
    }

    [Fact]
    public async Task An_answer_without_a_length_that_ends_in_a_reset_is_not_ended_as_if_it_were_whole()
    {
        var begun = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\n\r\nhello");
            await begun.Task;
            connection.Reset();
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync(Get);
        await client.HearAsync("hello");
        begun.SetResult();

        Assert.DoesNotContain("0\r\n\r\n", await client.HearAllAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_in_mid_body_cuts_the_answer()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            await connection.HearAllAsync();
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), options: new() { BodyIdleTimeout = TimeSpan.FromMilliseconds(200) });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => service.Client.GetStringAsync(new Uri("/a", UriKind.Relative)));
    }

    [Fact]
    public async Task Trailers_of_an_answer_reach_an_http_1_client_that_takes_them()
    {
        string answer = await ThroughAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\nContent-Length: 3\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n");

        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Announced_trailers_reach_every_http_1_client()
    {
        string answer = await ThroughAsync(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n");

        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_http_1_0_gets_no_chunks()
    {
        string answer = await ThroughAsync(
            "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", "GET /a HTTP/1.0\r\nHost: a\r\n\r\n");

        Assert.EndsWith("\r\n\r\nhello", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("chunked", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Early_hints_reach_an_http_1_1_client_before_the_answer_is_there()
    {
        var heard = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n");
            await heard.Task;
            await connection.SayAsync("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync(Get);
        string hints = await client.HearHeadAsync();
        heard.SetResult();

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", hints);
        Assert.Equal("HTTP/1.1 102 Processing\r\n\r\n", await client.HearHeadAsync());
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.HearHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_http_1_0_hears_no_interim_answers()
    {
        string answer = await ThroughAsync(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "GET /a HTTP/1.0\r\nHost: a\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interim_answers_without_end_are_a_bad_gateway()
    {
        var problem = await ProblemOfAsync(string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 40)));

        Assert.Same(ProblemTypes.BadGateway, problem.Type);
    }
}

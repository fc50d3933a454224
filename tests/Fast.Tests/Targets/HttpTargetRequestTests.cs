using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Targets;

/// <summary>What the service gets to see: request line, fields, body.</summary>
public sealed class HttpTargetRequestTests
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    /// <summary>Sends one raw request through the target and gives back the header section that the service got.</summary>
    private static async Task<string> HeadThroughAsync(
        string request, Func<TargetSpec.Http, TargetSpec.Http>? change = null, string path = "/{rest+}",
        (string, string)[]? parameters = null, string template = "/{rest}")
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            seen.SetResult(await connection.HearHeadAsync());
            await connection.SayAsync(Empty);
        });
        var spec = new TargetSpec.Http { Url = upstream.Url + template };
        await using var service = await PublishedService.StartAsync(change?.Invoke(spec) ?? spec, path, parameters);
        using var client = await service.ConnectAsync();
        await client.SayAsync(request);
        string answer = await client.HearHeadAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        return await seen.Task;
    }

    private static string FirstLine(string head) => head[..head.IndexOf("\r\n", StringComparison.Ordinal)];

    [Fact]
    public async Task Method_path_and_query_go_on_as_they_came()
    {
        string head = await HeadThroughAsync("PURGE /a/b?x=1&y=%20%7e&z=' HTTP/1.1\r\nHost: shop.example\r\n\r\n");

        Assert.Equal("PURGE /a/b?x=1&y=%20%7e&z=' HTTP/1.1", FirstLine(head));
    }

    [Fact]
    public async Task A_parameter_is_encoded_for_where_it_stands()
    {
        string head = await HeadThroughAsync(
            "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", path: "/weather/{city}", template: "/v1/{city}/now?place={city}",
            parameters: [("city", "São/Paulo &x=1?#+:@")]);

        Assert.Equal(
            "GET /v1/S%C3%A3o%2FPaulo%20&x=1%3F%23+:@/now?place=S%C3%A3o%2FPaulo%20%26x%3D1%3F%23%2B%3A%40 HTTP/1.1", FirstLine(head));
    }

    [Fact]
    public async Task The_rest_of_a_path_keeps_its_slashes()
    {
        string head = await HeadThroughAsync(
            "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", path: "/files/{rest+}", template: "/base/{rest}", parameters: [("rest", "a/b c/d?")]);

        Assert.Equal("GET /base/a/b%20c/d%3F HTTP/1.1", FirstLine(head));
    }

    [Fact]
    public async Task The_clients_query_follows_the_templates()
    {
        string head = await HeadThroughAsync(
            "GET /x?unit=c HTTP/1.1\r\nHost: a\r\n\r\n", path: "/w/{city}", template: "?of={city}", parameters: [("city", "Rome")]);

        Assert.Equal("GET /?of=Rome&unit=c HTTP/1.1", FirstLine(head));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/../../b")]
    [InlineData("a\\..\\b")]
    [InlineData("./b")]
    [InlineData("..;/b")]
    [InlineData("a/..;x=1/b")]
    [InlineData(".;x")]
    public async Task A_parameter_with_dot_segments_is_refused(string value)
    {
        await using var upstream = RawUpstream.Answering(Empty);
        await using var service = await PublishedService.StartAsync(
            new TargetSpec.Http { Url = upstream.Url + "/base/{rest}" }, "/files/{rest+}", [("rest", value)]);

        using var answer = await service.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("rest", Assert.Single(Assert.Single(service.Problems).Errors).Parameter);
        Assert.Equal(0, upstream.Accepted);
    }

    [Theory]
    [InlineData("ftp://host/x")]
    [InlineData("/relative")]
    [InlineData("http://user:word@host/x")]
    [InlineData("http://{city}/x")]
    [InlineData("http://host/{town}")]
    [InlineData("http://host/{city")]
    [InlineData("http://host/a b")]
    [InlineData("http://host/x#part")]
    public void A_url_that_cannot_be_forwarded_to_is_refused_when_the_target_is_made(string url)
    {
        using var pools = new UpstreamPools(new(), new(), TimeProvider.System);

        Assert.Throws<ArgumentException>(() => new HttpTarget(
            new() { Url = url }, "/w/{city}", pools, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
    }

    [Fact]
    public async Task Hop_by_hop_fields_stay_behind_and_all_others_go_on()
    {
        string head = await HeadThroughAsync(
            "GET /a HTTP/1.1\r\nHost: a\r\nConnection: X-Mine, X-Yours\r\nX-Mine: 1\r\nX-Yours: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\n" +
            "TE: gzip, trailers\r\nProxy-Authorization: Basic x\r\nStateway-Trace: t=1;s=00\r\nUpgrade: foo\r\nX-Other: 1\r\nX-Other: 2\r\nAccept: */*\r\n\r\n");

        Assert.DoesNotContain("X-Mine", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("X-Yours", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Keep-Alive", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Proxy-", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Stateway-Trace", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Upgrade", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nTE: trailers\r\nConnection: TE\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Other: 1\r\nX-Other: 2\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nAccept: */*\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keep-alive, X-Mine")]
    [InlineData("X-Mine ,Keep-Alive")]
    [InlineData("close, X-Mine")]
    [InlineData("close, keep-alive, X-Mine")]
    public async Task Fields_that_are_named_beside_the_servers_own_options_stay_behind_too(string connection)
    {
        string head = await HeadThroughAsync($"GET /a HTTP/1.1\r\nHost: a\r\nConnection: {connection}\r\nX-Mine: 1\r\n\r\n");

        Assert.DoesNotContain("X-Mine", head, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_asked_is_told_and_what_the_client_says_about_it_is_dropped()
    {
        string head = await HeadThroughAsync(
            "GET /a HTTP/1.1\r\nHost: shop.example:8080\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n" +
            "X-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /evil\r\nVia: 1.0 fred\r\n\r\n");

        Assert.Contains("\r\nForwarded: for=127.0.0.1;host=\"shop.example:8080\";proto=http\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-For: 127.0.0.1\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Proto: http\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Host: shop.example:8080\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nVia: 1.0 fred\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nVia: 1.1 stateway\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", head, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_is_the_urls_unless_the_clients_is_preserved()
    {
        string request = "GET /a HTTP/1.1\r\nHost: shop.example\r\n\r\n";

        Assert.Contains("\r\nHost: 127.0.0.1:", await HeadThroughAsync(request), StringComparison.Ordinal);
        Assert.Contains("\r\nHost: shop.example\r\n", await HeadThroughAsync(request, spec => spec with { PreserveHost = true }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Via: 1.1 stateway, 1.0 fred, 1.1 stateway\r\n", 6, 508)]
    [InlineData("Via: 1.1 notstateway, 1.1 stateway\r\n", 6, 200)]
    public async Task A_request_that_came_through_here_eight_times_goes_in_circles(string first, int more, int status)
    {
        await using var upstream = RawUpstream.Answering(Empty);
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();
        await client.SayAsync($"GET /a HTTP/1.1\r\nHost: a\r\n{first}{string.Concat(Enumerable.Repeat("Via: 1.1 stateway\r\n", more))}\r\n");

        Assert.StartsWith($"HTTP/1.1 {status} ", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(status == 200 ? 1 : 0, upstream.Accepted);
    }

    [Fact]
    public void No_rule_hides_that_a_request_came_through_here()
    {
        using var pools = new UpstreamPools(new(), new(), TimeProvider.System);

        Assert.Throws<ArgumentException>(() => new HttpTarget(
            new() { Url = "http://host/x", RequestHeaders = new(["via"], [], []) }, "/w", pools, TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
    }

    [Fact]
    public async Task Header_rules_remove_set_and_add()
    {
        string head = await HeadThroughAsync(
            "GET /a HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nX-A: client\r\nX-B: client\r\n\r\n",
            spec => spec with
            {
                RequestHeaders = new(["cookie"], [new("x-a", "rule"), new("X-Forwarded-For", "hidden")], [new("X-B", "rule")]),
            });

        Assert.DoesNotContain("secret", head, StringComparison.Ordinal);
        Assert.DoesNotContain("X-A: client", head, StringComparison.Ordinal);
        Assert.Contains("\r\nx-a: rule\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-For: hidden\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("X-Forwarded-For: 127", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-B: client\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-B: rule\r\n", head, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Content-Length", "5")]
    [InlineData("Connection", "close")]
    [InlineData("X", "a\r\nb")]
    [InlineData("X Y", "a")]
    public void A_header_rule_that_could_break_the_framing_is_refused_when_the_target_is_made(string name, string value)
    {
        using var pools = new UpstreamPools(new(), new(), TimeProvider.System);
        var spec = new TargetSpec.Http { Url = "http://host/", RequestHeaders = new([], [new(name, value)], []) };

        Assert.Throws<ArgumentException>(() => new HttpTarget(
            spec, "/", pools, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
    }

    [Fact]
    public async Task Bytes_outside_ascii_stay_the_same_both_ways()
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            seen.SetResult(await connection.HearHeadAsync());
            await connection.SayAsync("HTTP/1.1 200 OK\r\nX-Answer: gr\u00fc\u00df \u00c3\u00bc\r\nContent-Length: 0\r\n\r\n");
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET / HTTP/1.1\r\nHost: a\r\nX-Ask: caf\u00e9 \u00c3\u00a9\r\n\r\n");

        Assert.Contains("X-Answer: gr\u00fc\u00df \u00c3\u00bc\r\n", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Contains("X-Ask: caf\u00e9 \u00c3\u00a9\r\n", await seen.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_with_a_length_keeps_it_and_a_chunked_one_stays_chunked()
    {
        var bodies = new TaskCompletionSource<(string, string)>();
        await using var upstream = new RawUpstream(async connection =>
        {
            string first = await connection.HearHeadAsync() + await connection.HearAsync(5);
            await connection.SayAsync(Empty);
            string second = await connection.HearHeadAsync() + await connection.HearAsync("0\r\n\r\n");
            await connection.SayAsync(Empty);
            bodies.SetResult((first, second));
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        await client.HearHeadAsync();
        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
        await client.HearHeadAsync();

        var (withLength, chunked) = await bodies.Task;
        Assert.Contains("\r\nContent-Length: 5\r\n", withLength, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nhello", withLength, StringComparison.Ordinal);
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", chunked, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Length", chunked, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n", chunked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trailers_of_a_request_go_on_but_not_those_that_frame_or_route()
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.HearAsync("hello\r\n0\r\n");
            seen.SetResult(await connection.HearHeadAsync());
            await connection.SayAsync(Empty);
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n");
        await client.HearHeadAsync();

        Assert.Equal("X-Sum: 5d41\r\n\r\n", await seen.Task);
    }

    [Fact]
    public async Task A_post_without_a_body_says_so()
    {
        Assert.Contains("\r\nContent-Length: 0\r\n", await HeadThroughAsync("POST /a HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_http_2_is_served_over_http_1()
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            seen.SetResult(await connection.HearHeadAsync() + await connection.HearAsync("0\r\n\r\n"));
            await connection.SayAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
        });
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(upstream.Url), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(new UnsizedStream("hello"u8.ToArray())),
        };

        using var answer = await service.Client.SendAsync(request);

        Assert.Equal("hi", await answer.Content.ReadAsStringAsync());
        Assert.False(answer.Headers.Contains("X-Hop"));
        Assert.False(answer.Headers.Contains("Keep-Alive"));
        Assert.Equal("1", Assert.Single(answer.TrailingHeaders.GetValues("X-Sum")));
        string sent = await seen.Task;
        Assert.Contains("\r\nVia: 2 stateway\r\n", sent, StringComparison.Ordinal);
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", sent, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n5\r\nhello\r\n0\r\n\r\n", sent, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")]
    [InlineData("Content-Length: 5, 6\r\n", "hello")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding:\vchunked\r\n", "0\r\n\r\n")]
    [InlineData("X-A: 1\r\n folded\r\n", "")]
    [InlineData("X-A : 1\r\n", "")]
    [InlineData("X-A: a\0b\r\n", "")]
    [InlineData("X-A: a\rb\r\n", "")]
    [InlineData("X-A: 1\nX-B: 2\r\n", "")]
    [InlineData("X\u00e9: 1\r\n", "")]
    [InlineData("Host: b\r\n", "")]
    [InlineData("no-colon\r\n", "")]
    public async Task A_request_that_could_be_read_in_two_ways_is_refused(string fields, string body)
    {
        await using var upstream = RawUpstream.Answering(Empty);
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync($"POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}");

        string answer = await client.HearAllAsync();
        Assert.Matches("^HTTP/1.1 (400|501) ", answer);
        Assert.Equal(0, upstream.Accepted);
    }

    [Theory]
    [InlineData("-1\r\nx\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData(" 5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("ffffffffffffffff0\r\nhello\r\n0\r\n\r\n")]
    [InlineData("\r\nhello\r\n0\r\n\r\n")]
    public async Task A_request_with_bad_chunks_never_becomes_whole(string body)
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection => seen.SetResult(await connection.HearAllAsync()));
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync($"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");

        Assert.Matches("^(HTTP/1.1 400 |$)", await client.HearAllAsync());
        if (upstream.Accepted > 0) Assert.DoesNotContain("\r\n0\r\n", await seen.Task, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_before_the_service_hears_of_it()
    {
        await using var upstream = RawUpstream.Answering(Empty);
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(upstream.Url), options: new() { RequestBodyBytesMax = 10 });

        using var answer = await service.Client.PostAsync(new Uri("/a", UriKind.Relative), new ByteArrayContent(new byte[11]));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal(0, upstream.Accepted);
    }

    [Fact]
    public async Task A_chunked_body_over_the_limit_is_cut_off_and_refused()
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection => seen.SetResult(await connection.HearAllAsync()));
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(upstream.Url), options: new() { RequestBodyBytesMax = 10 });

        using var answer = await service.Client.PostAsync(
            new Uri("/a", UriKind.Relative), new StreamContent(new UnsizedStream(Encoding.ASCII.GetBytes(new string('x', 11)))));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.DoesNotContain("\r\n0\r\n", await seen.Task, StringComparison.Ordinal);
    }
}

using System.Net.WebSockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Stateway.Fast.Tests.Targets;

/// <summary>What flows while it flows: streams, 100-continue, upgrades, and ends on either side.</summary>
public sealed class HttpTargetStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static async Task<(WebApplication App, string Url)> StartServerAsync(RequestDelegate handle)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0").ConfigureKestrel(server => server.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(handle);
        await app.StartAsync();
        return (app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    [Fact]
    public async Task Each_event_of_a_stream_passes_before_the_next_is_there()
    {
        var heard = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 3; i++)
            {
                await connection.SayAsync($"9\r\ndata: {i}\n\n\r\n");
                await heard.WaitAsync(Patience); // the next one only when the client has this one
            }

            await connection.SayAsync("0\r\n\r\n");
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync());
            Assert.Equal("", await reader.ReadLineAsync());
            heard.Release();
        }

        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task The_header_section_passes_before_the_body_begins()
    {
        var heard = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            await heard.Task;
            await connection.SayAsync(new string('x', 100_000));
        });
        await using var service = await PublishedService.StartAsync(upstream);

        using var response = await service.Client.GetAsync(new Uri("/a", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        heard.SetResult();

        Assert.Equal(100_000, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task The_service_sees_the_client_go()
    {
        var here = new TaskCompletionSource();
        var gone = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearAsync("helloworld");
            here.SetResult();
            gone.SetResult(await connection.HearAllAsync());
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello");
        await client.SayAsync("world");
        await here.Task.WaitAsync(Patience);
        client.Reset();

        await gone.Task.WaitAsync(Patience);
        Assert.Empty(service.Problems);
    }

    [Fact]
    public async Task The_service_sees_the_client_go_in_mid_answer()
    {
        var gone = new TaskCompletionSource();
        var (app, url) = await StartServerAsync(async http =>
        {
            http.RequestAborted.Register(gone.SetResult);
            while (!http.RequestAborted.IsCancellationRequested) await http.Response.WriteAsync(new string('x', 1000));
        });
        await using var closing = app;
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(url));
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.HearAsync("xxxx");
        client.Reset();

        await gone.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task The_answer_may_come_while_the_request_is_still_being_sent()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
            {
                string size = await connection.HearAsync("\r\n");
                string data = await connection.HearAsync("\r\n");
                await connection.SayAsync(size + data);
                if (size == "0\r\n") return;
            }
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        await client.HearHeadAsync();
        foreach (string word in new[] { "one", "two", "six" })
        {
            await client.SayAsync($"3\r\n{word}\r\n");
            Assert.Equal($"3\r\n{word}\r\n", await client.HearAsync(8));
        }

        await client.SayAsync("0\r\n\r\n");
        Assert.Equal("0\r\n\r\n", await client.HearAsync(5));
    }

    [Fact]
    public async Task An_early_answer_is_delivered_although_the_service_reads_no_further()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
            connection.EndSaying();
            await connection.HearAllAsync();
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + new string('x', 1000));

        Assert.StartsWith("HTTP/1.1 403 ", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("no", await client.HearAsync(2));
    }

    [Fact]
    public async Task An_offered_body_is_asked_for_when_the_service_says_100()
    {
        var asked = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            string head = await connection.HearHeadAsync();
            Assert.Contains("\r\nExpect: 100-continue\r\n", head, StringComparison.Ordinal);
            await asked.Task;
            await connection.SayAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
            await connection.HearAsync(5);
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), options: new() { ContinueTimeout = TimeSpan.FromHours(1) });
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        asked.SetResult();

        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", await client.HearHeadAsync());
        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.HearHeadAsync());
        await client.SayAsync("hello");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.HearHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offered_body_is_asked_for_after_a_while_when_the_service_is_silent()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.HearAsync(5);
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), options: new() { ContinueTimeout = TimeSpan.FromMilliseconds(50) });
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await client.HearHeadAsync());
        await client.SayAsync("hello");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await client.HearHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offered_body_is_not_asked_for_when_the_service_refuses_it()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), options: new() { ContinueTimeout = TimeSpan.FromHours(1) });
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");

        string answer = await client.HearAllAsync();
        Assert.StartsWith("HTTP/1.1 417 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nno", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_web_socket_echoes_through()
    {
        var (app, url) = await StartServerAsync(async http =>
        {
            using var socket = await http.WebSockets.AcceptWebSocketAsync("chat");
            byte[] buffer = new byte[64 * 1024];
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer, http.RequestAborted);
                if (received.MessageType == WebSocketMessageType.Close) break;
                await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, http.RequestAborted);
            }

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", http.RequestAborted);
        });
        await using var closing = app;
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(url));
        using var timeout = new CancellationTokenSource(Patience);
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("chat");

        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{service.Port}/socket"), timeout.Token);
        Assert.Equal("chat", client.SubProtocol);
        byte[] buffer = new byte[64 * 1024];
        foreach (int size in new[] { 1, 125, 126, 60_000 })
        {
            byte[] sent = RandomNumberGenerator.GetBytes(size);
            await client.SendAsync(sent, WebSocketMessageType.Binary, true, timeout.Token);
            int count = 0;
            while (count < size) count += (await client.ReceiveAsync(buffer.AsMemory(count), timeout.Token)).Count;
            Assert.Equal(sent, buffer[..count]);
        }

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", timeout.Token);
        Assert.Equal(WebSocketState.Closed, client.State);
    }

    [Fact]
    public async Task Any_protocol_can_be_switched_to_and_what_came_with_the_101_is_not_lost()
    {
        var ended = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            string head = await connection.HearHeadAsync();
            Assert.Contains("\r\nUpgrade: foo/2\r\n", head, StringComparison.Ordinal);
            Assert.Contains("\r\nConnection: Upgrade\r\n", head, StringComparison.Ordinal);
            await connection.SayAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo/2\r\n\r\nfirst");
            Assert.Equal("hello", await connection.HearAsync(5));
            await connection.SayAsync("world");
            ended.SetResult(await connection.HearAllAsync());
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo/2\r\n\r\n");
        string head = await client.HearHeadAsync();
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nUpgrade: foo/2\r\n", head, StringComparison.Ordinal);
        Assert.Equal("first", await client.HearAsync(5));
        await client.SayAsync("hello");
        Assert.Equal("world", await client.HearAsync(5));
        client.Dispose();

        Assert.Equal("", await ended.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_tunnel_ends_for_the_client_when_the_service_ends_it()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\nbye");
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");

        Assert.EndsWith("\r\n\r\nbye", await client.HearAllAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upgrade_that_the_service_declines_is_an_ordinary_answer()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 426 ", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("no", await client.HearAsync(2));
    }

    [Fact]
    public async Task An_upgrade_to_http_2_is_not_offered()
    {
        var seen = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async connection =>
        {
            seen.SetResult(await connection.HearHeadAsync());
            await connection.SayAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200 ", await client.HearHeadAsync(), StringComparison.Ordinal);
        string head = await seen.Task;
        Assert.DoesNotContain("Upgrade", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("HTTP2-Settings", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Large_bodies_pass_both_ways_unchanged(bool withLength)
    {
        var (app, url) = await StartServerAsync(async http =>
        {
            // Kept until it is whole: the client does not listen before it has sent everything.
            using var body = new MemoryStream();
            await http.Request.Body.CopyToAsync(body);
            http.Response.ContentLength = http.Request.ContentLength;
            body.Position = 0;
            await body.CopyToAsync(http.Response.Body);
        });
        await using var closing = app;
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(url));
        byte[] sent = RandomNumberGenerator.GetBytes(8_000_000);
        using HttpContent content = withLength ? new ByteArrayContent(sent) : new StreamContent(new UnsizedStream(sent));

        using var response = await service.Client.PostAsync(new Uri("/a", UriKind.Relative), content);
        byte[] received = await response.Content.ReadAsByteArrayAsync();

        Assert.Equal(withLength, response.Headers.TransferEncodingChunked is not true);
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Theory]
    [InlineData("Content-Length: 1000000000\r\n\r\n")]
    [InlineData("Connection: close\r\n\r\n")]
    public async Task A_client_that_does_not_read_stops_the_service(string rest)
    {
        long sent = 0;
        var stalled = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync("HTTP/1.1 200 OK\r\n" + rest);
            string piece = new('x', 64 * 1024);
            while (sent < 1_000_000_000)
            {
                var saying = connection.SayAsync(piece);
                // Nothing is read: sooner or later the buffers on the way are full and this does not end.
                if (await Task.WhenAny(saying, Task.Delay(1000)) != saying)
                {
                    stalled.SetResult();
                    await saying;
                }

                sent += piece.Length;
            }
        });
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();

        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await stalled.Task.WaitAsync(Patience);

        Assert.InRange(sent, 1, 64_000_000); // what sockets hold, not what the service would send
    }

    [Fact]
    public async Task A_service_that_does_not_read_stops_the_client()
    {
        var finish = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await finish.Task;
        });
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(upstream.Url));
        using var client = await service.ConnectAsync();
        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
        string piece = new('x', 64 * 1024);
        long sent = 0;

        while (sent < 20_000_000)
        {
            var saying = client.SayAsync(piece);
            if (await Task.WhenAny(saying, Task.Delay(1000)) != saying) break;
            sent += piece.Length;
        }

        finish.SetResult();
        Assert.InRange(sent, 1, 19_000_000);
    }

    [Fact]
    public async Task The_servers_own_limit_on_bodies_is_a_problem_too()
    {
        var (app, url) = await StartServerAsync(http => Task.CompletedTask);
        await using var closing = app;
        await using var service = await PublishedService.StartAsync(PublishedService.Spec(url));
        using var client = await service.ConnectAsync();

        await client.SayAsync("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 30000001\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413 ", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("BODY_TOO_LARGE", Assert.Single(service.Problems).Type.Code);
    }
}

using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Problems;
using Xunit;

namespace Stateway.Fast.Tests.Targets;

/// <summary>Connections to a service: kept, counted, found dead, and tried again.</summary>
public sealed class UpstreamPoolTests
{
    private const string Hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private static readonly Uri Path = new("/a", UriKind.Relative);

    /// <summary>Answers request after request on each connection.</summary>
    private static RawUpstream KeepingAlive() => new(async connection =>
    {
        while (true)
        {
            await connection.HearHeadAsync();
            await connection.SayAsync(Hi);
        }
    });

    [Fact]
    public async Task Requests_one_after_the_other_use_one_connection()
    {
        await using var upstream = KeepingAlive();
        await using var service = await PublishedService.StartAsync(upstream);

        for (int i = 0; i < 10; i++) Assert.Equal("hi", await service.Client.GetStringAsync(Path));

        Assert.Equal(1, upstream.Accepted);
    }

    [Fact]
    public async Task A_thousand_requests_at_once_share_a_bounded_number_of_connections()
    {
        await using var upstream = KeepingAlive();
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), pool: new() { ConnectionsMax = 16, WaitTimeout = TimeSpan.FromSeconds(60) });

        string[] answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => service.Client.GetStringAsync(Path)));

        Assert.All(answers, answer => Assert.Equal("hi", answer));
        Assert.InRange(upstream.Accepted, 1, 16);
    }

    [Fact]
    public async Task A_request_too_many_is_told_to_come_again()
    {
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            started.SetResult();
            await finish.Task;
            await connection.SayAsync(Hi);
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), pool: new() { ConnectionsMax = 1, WaitersMax = 0 });

        var first = service.Client.GetStringAsync(Path);
        await started.Task;
        using var second = await service.Client.GetAsync(Path);
        finish.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.Equal("1", Assert.Single(second.Headers.GetValues("Retry-After")));
        Assert.Same(ProblemTypes.Unavailable, Assert.Single(service.Problems).Type);
        Assert.Equal("hi", await first);
    }

    [Fact]
    public async Task A_wait_for_a_connection_ends()
    {
        var started = new TaskCompletionSource();
        var finish = new TaskCompletionSource();
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            started.SetResult();
            await finish.Task;
            await connection.SayAsync(Hi);
        });
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), pool: new() { ConnectionsMax = 1, WaitTimeout = TimeSpan.FromMilliseconds(100) });

        var first = service.Client.GetStringAsync(Path);
        await started.Task;
        using var second = await service.Client.GetAsync(Path);
        finish.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.Equal("hi", await first);
    }

    [Fact]
    public async Task A_connection_that_the_service_has_closed_is_not_used()
    {
        var closed = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync(Hi);
            connection.Dispose();
            closed.Release();
        });
        await using var service = await PublishedService.StartAsync(upstream);

        for (int i = 0; i < 3; i++)
        {
            using var response = await service.Client.PostAsync(Path, new StringContent("not idempotent"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await closed.WaitAsync(TimeSpan.FromSeconds(30));
        }

        Assert.Equal(3, upstream.Accepted);
    }

    [Fact]
    public async Task A_request_that_dies_with_an_old_connection_is_sent_once_more()
    {
        await using var upstream = ClosingOnTheSecondRequest();
        await using var service = await PublishedService.StartAsync(upstream);

        Assert.Equal("hi", await service.Client.GetStringAsync(Path));
        Assert.Equal("hi", await service.Client.GetStringAsync(Path));
        Assert.Equal(2, upstream.Accepted);
    }

    [Fact]
    public async Task A_request_that_is_not_idempotent_is_never_sent_twice()
    {
        await using var upstream = ClosingOnTheSecondRequest();
        await using var service = await PublishedService.StartAsync(upstream);

        Assert.Equal("hi", await service.Client.GetStringAsync(Path));
        using var response = await service.Client.PostAsync(Path, new ByteArrayContent([]));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, upstream.Accepted);
    }

    [Fact]
    public async Task A_put_whose_small_body_is_still_at_hand_is_sent_once_more()
    {
        await using var upstream = ClosingOnTheSecondRequest();
        await using var service = await PublishedService.StartAsync(upstream);
        using var client = await service.ConnectAsync();
        await client.SayAsync("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        await client.HearAsync("hi");

        await client.SayAsync("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");

        Assert.StartsWith("HTTP/1.1 200 ", await client.HearHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(2, upstream.Accepted);
    }

    [Fact]
    public async Task A_fresh_connection_that_dies_is_not_tried_again()
    {
        await using var upstream = RawUpstream.Answering("");
        await using var service = await PublishedService.StartAsync(upstream);

        using var response = await service.Client.GetAsync(Path);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, upstream.Accepted);
    }

    [Fact]
    public async Task What_comes_behind_an_answer_makes_its_connection_useless()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync(Hi + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            await connection.HearAllAsync();
        });
        await using var service = await PublishedService.StartAsync(upstream);

        Assert.Equal("hi", await service.Client.GetStringAsync(Path));
        Assert.Equal("hi", await service.Client.GetStringAsync(Path));
        Assert.Equal(2, upstream.Accepted);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi")]
    public async Task A_connection_that_the_service_will_close_is_not_kept(string answer)
    {
        var ended = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.HearHeadAsync();
            await connection.SayAsync(answer);
            await connection.HearAllAsync(); // returns when the target has closed it
            ended.Release();
        });
        await using var service = await PublishedService.StartAsync(upstream);

        Assert.Equal("hi", await service.Client.GetStringAsync(Path));

        Assert.True(await ended.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_connection_that_is_too_old_is_not_used_again()
    {
        await using var upstream = KeepingAlive();
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), pool: new() { LifetimeMax = TimeSpan.FromTicks(1) });

        for (int i = 0; i < 3; i++) Assert.Equal("hi", await service.Client.GetStringAsync(Path));

        Assert.Equal(3, upstream.Accepted);
    }

    [Fact]
    public async Task A_connection_that_was_idle_for_too_long_is_not_used_again()
    {
        await using var upstream = KeepingAlive();
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec(upstream.Url), pool: new() { IdleTimeout = TimeSpan.FromTicks(1) });

        for (int i = 0; i < 3; i++) Assert.Equal("hi", await service.Client.GetStringAsync(Path));

        Assert.Equal(3, upstream.Accepted);
    }

    [Fact]
    public async Task A_service_behind_tls_is_reached_when_its_certificate_is_trusted()
    {
        using var certificate = SelfSigned("localhost");
        await using var upstream = new TlsUpstream(certificate);
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec($"https://localhost:{upstream.Port}"), pool: new() { TrustedRoots = [X509CertificateLoader.LoadCertificate(certificate.RawData)] });

        for (int i = 0; i < 3; i++) Assert.Equal("hi", await service.Client.GetStringAsync(Path));

        Assert.Equal("localhost", upstream.ServerName);
        Assert.Equal(1, upstream.Accepted);
    }

    [Theory]
    [InlineData("localhost", false)] // trusted by nobody
    [InlineData("other.example", true)] // somebody else's
    public async Task A_service_with_a_wrong_certificate_is_a_bad_gateway(string name, bool trusted)
    {
        using var certificate = SelfSigned(name);
        await using var upstream = new TlsUpstream(certificate);
        await using var service = await PublishedService.StartAsync(
            PublishedService.Spec($"https://localhost:{upstream.Port}"),
            pool: new() { TrustedRoots = trusted ? [X509CertificateLoader.LoadCertificate(certificate.RawData)] : null });

        using var response = await service.Client.GetAsync(Path);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("localhost", Assert.Single(service.Problems).Cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    public void Limits_that_make_no_sense_are_refused(int connectionsMax, int waitersMax)
    {
        Assert.Throws<ArgumentException>(() =>
            new UpstreamPools(new() { ConnectionsMax = connectionsMax, WaitersMax = waitersMax }, new(), TimeProvider.System));
    }

    /// <summary>Its first connection answers once and closes when the next request has come; all others answer for ever.</summary>
    private static RawUpstream ClosingOnTheSecondRequest() => new(async (connection, number) =>
    {
        for (int requests = 1; ; requests++)
        {
            await connection.HearHeadAsync();
            if (number == 1 && requests == 2) return;
            await connection.SayAsync(Hi);
        }
    });

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }

    private sealed class TlsUpstream : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _accepting;
        private int _accepted;

        public TlsUpstream(X509Certificate2 certificate)
        {
            _listener.Start();
            _accepting = AcceptAsync(certificate);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public int Accepted => Volatile.Read(ref _accepted);

        public string? ServerName { get; private set; }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _accepting;
        }

        private async Task AcceptAsync(X509Certificate2 certificate)
        {
            try
            {
                while (true) _ = TalkAsync(await _listener.AcceptTcpClientAsync(), certificate);
            }
            catch (SocketException)
            {
                // Stopped.
            }
        }

        private async Task TalkAsync(TcpClient client, X509Certificate2 certificate)
        {
            try
            {
                using var closing = client;
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateSelectionCallback = (_, name) =>
                    {
                        ServerName = name;
                        return certificate;
                    },
                });
                Interlocked.Increment(ref _accepted);
                byte[] buffer = new byte[4096];
                while (await tls.ReadAsync(buffer) > 0) await tls.WriteAsync(Encoding.ASCII.GetBytes(Hi));
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // Refused by the client: what the test is about.
            }
        }
    }
}

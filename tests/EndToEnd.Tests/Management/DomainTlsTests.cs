using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>HTTPS by the certificates of domains: shown by the name that is asked for, changed while they serve, and asked of clients.</summary>
public sealed class DomainTlsTests : IAsyncLifetime
{
    private static readonly string[] NoMore = [];

    private DomainProgram _node = null!;

    public async ValueTask InitializeAsync() => _node = await DomainProgram.StartAsync();

    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task Two_domains_show_their_own_certificates_over_both_versions_of_HTTP()
    {
        await _node.SecureAsync("one.example", "notes/live");
        await _node.SecureAsync("two.example", "notes/dev");

        var two = await UntilServedAsync("two.example");
        Assert.Equal((true, "\"2\""), (two.IsHttp2, two.Content));
        var one = await _node.SecurelyAsync("one.example", "/notes-api/version", "--http1.1");
        Assert.Equal((false, "\"1\""), (one.IsHttp2, one.Content));
        var made = await _node.SecurelyAsync("one.example", "/notes-api/notes?id=a", "--json", "{\"text\":\"x\"}");
        Assert.Equal((201, "/notes-api/notes/a"), (made.Status, made.Field("Location")));

        // No certificate, no TLS: neither for another name nor for none.
        Assert.Equal(35, (await _node.SecurelyAsync("three.example", "/notes-api/version")).Code);
        Assert.Null(await ShownToAsync("three.example"));
        Assert.Null(await ShownToAsync(""));
    }

    [Fact]
    public async Task A_certificate_that_is_changed_on_disk_is_shown_to_new_connections_and_a_broken_one_never()
    {
        await _node.SecureAsync("one.example", "notes/live");
        await UntilServedAsync("one.example");
        string first = (await ShownToAsync("one.example"))!;

        // Asked all the while: no request fails because the files change.
        using var stop = new CancellationTokenSource();
        var asking = AskAsync(stop.Token);

        var renewed = _node.Program.LineAsync("was read anew");
        _node.WriteCertificate("one.example", _node.Authority.Issue("one.example"));
        await renewed;
        string second = (await ShownToAsync("one.example"))!;
        Assert.NotEqual(first, second);

        var refused = _node.Program.LineAsync("What they said before stays in force");
        await File.WriteAllTextAsync(_node.PathOf("one.example.key"), "none");
        await refused;
        Assert.Equal(second, await ShownToAsync("one.example"));
        await stop.CancelAsync();
        Assert.True(await asking > 0);

        async Task<int> AskAsync(CancellationToken end)
        {
            int count = 0;
            for (; !end.IsCancellationRequested; count++) Assert.Equal(200, (await _node.SecurelyAsync("one.example", "/notes-api/version")).Status);
            return count;
        }
    }

    [Fact]
    public async Task A_certificate_that_is_not_there_stops_neither_the_node_nor_other_domains_and_is_served_once_it_is()
    {
        await _node.SecureAsync("one.example", "notes/live");
        var told = _node.Program.LineAsync("Nothing stands in their place");
        await _node.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/late.example", new JsonObject
        {
            ["paths"] = DomainProgram.Paths(("", "notes/dev")),
            ["tls"] = new JsonObject { ["certificate"] = _node.PathOf("late.example.pem"), ["key"] = _node.PathOf("late.example.key") },
        });
        await told;
        await UntilServedAsync("one.example");
        Assert.Null(await ShownToAsync("late.example"));

        // A start finds it so, too. Each says it once.
        await _node.StartAgainAsync();
        await UntilServedAsync("one.example");
        Assert.Single(_node.Program.Output.Split('\n'), line => line.Contains("Nothing stands in their place", StringComparison.Ordinal));

        _node.WriteCertificate("late.example", _node.Authority.Issue("late.example"));
        Assert.Equal("\"2\"", (await UntilServedAsync("late.example")).Content);
    }

    [Fact]
    public async Task A_host_that_asks_for_client_certificates_lets_in_who_has_one_that_is_not_revoked_and_nobody_past_it()
    {
        var clients = new Authority("Clients");
        var good = clients.IssueClient("good");
        var bad = clients.IssueClient("bad");
        string[] asGood = _node.WriteClient("good", good), asBad = _node.WriteClient("bad", bad), asStranger = _node.WriteClient("stranger", new Authority("Others").IssueClient("stranger"));
        await File.WriteAllTextAsync(_node.PathOf("clients.pem"), clients.Pem);
        await File.WriteAllBytesAsync(_node.PathOf("clients.crl"), Revoke(clients));
        await _node.SecureAsync("open.example", "notes/live");
        await _node.SecureAsync("closed.example", "notes/dev", new()
        {
            ["client_certificates"] = new JsonObject { ["authorities"] = _node.PathOf("clients.pem"), ["revocation"] = new JsonArray(_node.PathOf("clients.crl")) },
        });
        await UntilServedAsync("open.example");

        await UntilServedAsync("closed.example", asBad);
        Assert.Equal("\"2\"", (await _node.SecurelyAsync("closed.example", "/notes-api/version", asGood)).Content);
        foreach (string[] wrong in new[] { NoMore, asStranger })
            Assert.NotEqual(0, (await _node.SecurelyAsync("closed.example", "/notes-api/version", [.. wrong, "--http1.1"])).Code);

        // Revoked while it serves
        await File.WriteAllBytesAsync(_node.PathOf("clients.crl"), Revoke(clients, bad.Serial));
        await DomainProgram.UntilAsync(() => _node.SecurelyAsync("closed.example", "/notes-api/version", [.. asBad, "--http1.1"]), answer => answer.Code != 0);
        Assert.Equal(200, (await _node.SecurelyAsync("closed.example", "/notes-api/version", asGood)).Status);

        // Neither an open line nor another host's connection leads past it.
        var open = await _node.OpenlyAsync("closed.example", "/notes-api/version");
        Assert.Equal((308, $"https://closed.example:{_node.SecurePort}/notes-api/version"), (open.Status, open.Field("Location")));
        Assert.Equal(421, (await _node.SecurelyAsync("open.example", "/notes-api/version", "-H", $"Host: closed.example:{_node.SecurePort}")).Status);
    }

    [Fact]
    public async Task Clients_may_be_asked_for_a_certificate_and_have_none()
    {
        var clients = new Authority("Clients");
        await File.WriteAllTextAsync(_node.PathOf("clients.pem"), clients.Pem);
        await _node.SecureAsync("one.example", "notes/live", new() { ["client_certificates"] = new JsonObject { ["authorities"] = _node.PathOf("clients.pem"), ["required"] = false } });

        await UntilServedAsync("one.example");
        await UntilServedAsync("one.example", _node.WriteClient("good", clients.IssueClient("good")));
        Assert.NotEqual(0, (await _node.SecurelyAsync("one.example", "/notes-api/version", [.. _node.WriteClient("x", new Authority("Others").IssueClient("x")), "--http1.1"])).Code);
        Assert.Equal(200, (await _node.OpenlyAsync("one.example", "/notes-api/version")).Status);
    }

    [Fact]
    public async Task HTTP_is_sent_to_HTTPS_where_the_domain_says_so_with_method_and_target_kept()
    {
        await _node.SecureAsync("one.example", "notes/live", new()
        {
            ["https_only"] = true, ["strict_transport_security"] = new JsonObject { ["max_age"] = 600, ["include_subdomains"] = true },
        });
        await _node.SecureAsync("two.example", "notes/dev");
        var served = await UntilServedAsync("one.example");
        Assert.Equal("max-age=600; includeSubDomains", served.Field("Strict-Transport-Security"));
        Assert.Equal("max-age=600; includeSubDomains", (await _node.SecurelyAsync("one.example", "/nothing")).Field("Strict-Transport-Security"));
        Assert.Null((await UntilServedAsync("two.example")).Field("Strict-Transport-Security"));
        Assert.Equal(200, (await _node.OpenlyAsync("two.example", "/notes-api/version")).Status);

        var sent = await _node.OpenlyAsync("one.example", "/notes-api/notes?id=a&x=%2F", "--json", "{\"text\":\"x\"}");
        Assert.Equal((308, $"https://one.example:{_node.SecurePort}/notes-api/notes?id=a&x=%2F"), (sent.Status, sent.Field("Location")));
        Assert.Null(sent.Field("Strict-Transport-Security")); // means nothing over an open line (RFC 6797, section 7.2)

        // Who asked the usual port is sent to the usual one.
        Assert.Equal("https://ONE.example//evil.example/", (await _node.OpenlyAsync("one.example", "//evil.example/", "-H", "Host: ONE.example")).Field("Location"));

        var followed = await _node.OpenlyAsync("one.example", "/notes-api/notes?id=a", "--json", "{\"text\":\"x\"}", "-L", "--resolve", $"one.example:{_node.SecurePort}:127.0.0.1");
        Assert.Contains("/notes-api/notes/a", followed.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await _node.SecurelyAsync("one.example", "/notes-api/notes/a")).Status);
    }

    [Fact]
    public async Task A_change_of_other_domains_leaves_open_connections_alone()
    {
        await _node.SecureAsync("one.example", "notes/live");
        await UntilServedAsync("one.example");
        int connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, _node.SecurePort, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
            SslOptions = new() { CertificateChainPolicy = Policy() },
        })
        { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        for (int i = 0; i < 5; i++)
        {
            await _node.SecureAsync($"more{i}.example", "notes/dev");
            await UntilServedAsync($"more{i}.example");
            Assert.Equal("\"1\"", await http.GetStringAsync("https://one.example/notes-api/version"));
        }

        Assert.Equal(1, connections);
    }

    private static byte[] Revoke(Authority authority, params byte[][] serials) =>
        authority.Revoke(serials, TimeProvider.System.GetUtcNow().AddHours(-2), TimeProvider.System.GetUtcNow().AddDays(1));

    private Task<Curled> UntilServedAsync(string host, params string[] more) =>
        DomainProgram.UntilAsync(() => _node.SecurelyAsync(host, "/notes-api/version", more), answer => answer.Status == 200);

    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_node.Authority.Certificate);
        return policy;
    }

    /// <returns>The serial number of the certificate that a client gets to see; null when it is refused.</returns>
    private async Task<string?> ShownToAsync(string host)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _node.SecurePort);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = static (_, _, _, _) => true });
            return ((X509Certificate2)tls.RemoteCertificate!).SerialNumber;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return null;
        }
    }
}

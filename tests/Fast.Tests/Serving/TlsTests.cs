using System.Net;
using System.Security.Cryptography.X509Certificates;
using Stateway.Fast.Tests.Program;
using Stateway.Gateway.Serving;
using Stateway.Gateway.Serving.Tls;
using Stateway.TestKit;
using Xunit;
using Certificates = Stateway.Gateway.Serving.Tls.Certificates;

namespace Stateway.Fast.Tests.Serving;

/// <summary>A real server with TLS on loopback, and files that tests write.</summary>
public sealed class TlsTests : IAsyncDisposable
{
    private static readonly Authority Root = new("Test root");

    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new(); // when files are looked at; handshakes have the system's clock
    private readonly LogLines _log = new();
    private readonly FileChecks _checks;
    private readonly Certificates _certificates;
    private ServedListener? _served;

    public TlsTests()
    {
        _checks = new(_time, _log);
        _certificates = new(TimeProvider.System, _log);
    }

    public async ValueTask DisposeAsync()
    {
        if (_served is not null) await _served.DisposeAsync();
        _checks.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("shop.example", "CN=shop.example")]
    [InlineData("SHOP.example", "CN=shop.example")]
    [InlineData("a.shop.example", "CN=any.shop.example")]
    [InlineData("b.shop.example", "CN=b.shop.example")]
    [InlineData("a.b.shop.example", "CN=fallback.example")]
    [InlineData("other.example", "CN=fallback.example")]
    [InlineData("127.0.0.1", "CN=fallback.example")]
    public async Task The_name_that_the_client_asks_for_chooses_the_certificate(string host, string subject)
    {
        await ServeAsync(Host("fallback.example"), Host("shop.example"), Host("*.shop.example"), Host("b.shop.example"));
        await GetAsync(_served!.Client(), host);
        Assert.Equal(subject, _served.Shown!.Subject);
    }

    [Fact]
    public async Task A_name_that_there_is_no_certificate_for_is_refused_without_a_fallback()
    {
        await ServeAsync(null, Host("shop.example"), Host("late.example", isMissing: true));
        await GetAsync(_served!.Client(), "shop.example");
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_served.Client(), "other.example"));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_served.Client(), "late.example"));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Both_versions_of_http_are_served_as_the_client_likes(string version)
    {
        await ServeAsync(null, Host("shop.example"));
        string text = await GetAsync(_served!.Client(Version.Parse(version)), "shop.example");
        Assert.Contains($"protocol HTTP/{version.Replace(".0", "", StringComparison.Ordinal)}\n", text.Replace("HTTP/2.0", "HTTP/2", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("scheme https\nhost shop.example", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Curl_verifies_the_chain_and_speaks_http_2()
    {
        var between = new Authority("Between", Root);
        await ServeAsync(null, Host("shop.example", issuer: between));
        File.WriteAllText(_folder.File("root.pem"), Root.Pem);

        var (code, output, error) = await StatewayProgram.CallToolAsync("curl", "-sS", "-i", "--http2", "--cacert", _folder.File("root.pem"),
            "--noproxy", "*", "--resolve", $"shop.example:{_served!.Port}:127.0.0.1", $"https://shop.example:{_served.Port}/echo");
        Assert.True(code == 0, error);
        Assert.StartsWith("HTTP/2 200", output, StringComparison.Ordinal);
        Assert.Contains("protocol HTTP/2", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task Only_tls_1_2_and_1_3_are_spoken(string version, bool isSpoken)
    {
        await ServeAsync(null, Host("shop.example"));
        var (_, output, error) = await StatewayProgram.CallToolAsync(
            "openssl", "s_client", "-connect", $"127.0.0.1:{_served!.Port}", "-servername", "shop.example", version, "-cipher", "ALL:@SECLEVEL=0");
        Assert.True(isSpoken == output.Contains("CN = shop.example", StringComparison.Ordinal), output + error);
    }

    [Fact]
    public async Task A_certificate_replaced_on_disk_is_shown_to_new_connections_and_a_broken_one_is_not()
    {
        await ServeAsync(null, Host("shop.example", file: "tls"));
        await GetAsync(_served!.Client(), "shop.example");
        string first = _served.Shown!.Thumbprint;

        Write("tls", Root.Issue("shop.example") with { Key = "nonsense" });
        _time.Advance(FileChecks.Interval);
        await GetAsync(_served.Client(), "shop.example");
        Assert.Equal(first, _served.Shown.Thumbprint);

        var next = Root.Issue("shop.example");
        Write("tls", next);
        _time.Advance(FileChecks.Interval);
        await GetAsync(_served.Client(), "shop.example");
        Assert.Equal(X509Certificate2.CreateFromPem(next.Pem).Thumbprint, _served.Shown.Thumbprint);
    }

    [Fact]
    public async Task Hosts_are_published_while_the_server_runs()
    {
        await ServeAsync(null, Host("shop.example"));
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_served!.Client(), "new.example"));
        _certificates.Publish([Host("new.example")], null);
        await GetAsync(_served!.Client(), "new.example");
        Assert.Equal("CN=new.example", _served.Shown!.Subject);
    }

    [Fact]
    public void A_name_that_is_none_or_is_there_twice_is_refused()
    {
        foreach (string name in new[] { "", "a..b", "*", "*.*.example", "a.*.example", "shop.example:443", "späti.example", "a b" })
            Assert.Throws<ArgumentException>(() => _certificates.Publish([Host(name, file: "x")], null));
        Assert.Throws<ArgumentException>(() => _certificates.Publish([Host("a.example", file: "x"), Host("A.example", file: "x")], null));
    }

    [Fact]
    public async Task A_host_that_requires_certificates_lets_in_the_clients_of_its_authorities_only()
    {
        await ServeAsync(null, Host("shop.example", clients: Clients()));
        string text = await GetAsync(_served!.Client(certificate: Root.IssueClient("alice").ToCertificate()), "shop.example");
        Assert.Contains("certificate CN=alice", text, StringComparison.Ordinal);

        await RefusedAsync(null);
        await RefusedAsync(new Authority("Test root").IssueClient("mallory"));
        await RefusedAsync(Root.Issue("server.example"));
        await RefusedAsync(Root.IssueClient("late", notAfter: DateTimeOffset.UnixEpoch.AddYears(45)));
    }

    [Fact]
    public async Task A_client_is_told_the_names_of_the_authorities_and_the_whole_chain()
    {
        var between = new Authority("Between", Root);
        await ServeAsync(null, Host("shop.example", issuer: between, clients: Clients()));
        var (_, output, _) = await StatewayProgram.CallToolAsync("openssl", "s_client", "-connect", $"127.0.0.1:{_served!.Port}", "-servername", "shop.example", "-tls1_2");
        Assert.Contains("Acceptable client certificate CA names\nCN = Test root", output, StringComparison.Ordinal);
        Assert.Contains("1 s:CN = Between", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_behind_an_authority_between_is_let_in_with_the_authority_in_the_bundle()
    {
        var between = new Authority("Between", Root);
        File.WriteAllText(_folder.File("ca.pem"), Root.Pem + "\n" + between.Pem);
        await ServeAsync(null, Host("shop.example", clients: Clients(write: false)));
        Assert.Contains("CN=alice", await GetAsync(_served!.Client(certificate: between.IssueClient("alice").ToCertificate()), "shop.example"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_takes_certificates_optionally_serves_without_but_not_with_a_wrong_one()
    {
        await ServeAsync(null, Host("shop.example", clients: Clients(), isRequired: false));
        Assert.Contains("certificate \n", await GetAsync(_served!.Client(), "shop.example"), StringComparison.Ordinal);
        Assert.Contains("CN=alice", await GetAsync(_served.Client(certificate: Root.IssueClient("alice").ToCertificate()), "shop.example"), StringComparison.Ordinal);
        await RefusedAsync(new Authority("Other").IssueClient("mallory"));
    }

    /// <summary>curl names the URL's host in the handshake, and in the request the one it is told.</summary>
    [Theory]
    [InlineData("--http1.1", true)]
    [InlineData("--http2", false)]
    public async Task A_request_for_a_host_that_requires_certificates_does_not_come_in_through_another_hosts_connection(string version, bool closes)
    {
        await ServeAsync(null, Host("open.example"), Host("shop.example", clients: Clients()));
        var (code, output, error) = await StatewayProgram.CallToolAsync("curl", "-sS", "-i", version, "--insecure", "--noproxy", "*",
            "--resolve", $"open.example:{_served!.Port}:127.0.0.1", "-H", "Host: shop.example", $"https://open.example:{_served.Port}/echo");

        Assert.True(code == 0, error);
        Assert.Matches("^HTTP/[12.]+ 421 ", output);
        Assert.Contains("MISDIRECTED_REQUEST", output, StringComparison.Ordinal);
        Assert.Equal(closes, output.Contains("Connection: close", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task One_server_has_listeners_of_several_kinds()
    {
        _certificates.Publish([Host("shop.example")], null);
        _served = await ServedListener.StartAllAsync([new() { Certificates = _certificates }, new()]);
        Assert.Contains("scheme https\n", await GetAsync(_served.Client(), "shop.example"), StringComparison.Ordinal);
        Assert.Contains("scheme http\n", await _served.Client().GetStringAsync(new Uri($"http://shop.example:{_served.Ports[1]}/echo"), Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_client_is_refused_and_its_open_connection_with_it_when_the_list_changes()
    {
        var (alice, bob) = (Root.IssueClient("alice"), Root.IssueClient("bob"));
        WriteList(Root.Revoke([bob.Serial], Today(-1), Today(1)));
        await ServeAsync(null, Host("shop.example", clients: Clients("list.crl")));
        var open = _served!.Client(certificate: alice.ToCertificate());
        await GetAsync(open, "shop.example");
        await RefusedAsync(bob);

        WriteList(Root.Revoke([alice.Serial], Today(-1), Today(1)));
        _time.Advance(FileChecks.Interval);
        using var response = await open.GetAsync(new Uri($"https://shop.example:{_served.Port}/echo"), Cancel);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, response.StatusCode);
        await RefusedAsync(alice);
        await GetAsync(_served.Client(certificate: bob.ToCertificate()), "shop.example");
    }

    [Fact]
    public async Task A_broken_list_leaves_the_one_before_in_force()
    {
        var (alice, bob) = (Root.IssueClient("alice"), Root.IssueClient("bob"));
        WriteList(Root.Revoke([bob.Serial], Today(-1), Today(1)));
        var clients = Clients("list.crl");
        await ServeAsync(null, Host("shop.example", clients: clients));
        WriteList(new Authority("Other").Revoke([], Today(-1), Today(1)));
        _time.Advance(FileChecks.Interval);

        Assert.Contains("not signed", clients.Error, StringComparison.Ordinal);
        await GetAsync(_served!.Client(certificate: alice.ToCertificate()), "shop.example");
        await RefusedAsync(bob);
    }

    [Fact]
    public async Task A_list_that_is_out_of_date_shuts_its_issuers_clients_out()
    {
        WriteList(Root.Revoke([], Today(-3), Today(-1)));
        await ServeAsync(null, Host("shop.example", clients: Clients("list.crl")));
        await RefusedAsync(Root.IssueClient("alice"));
        Assert.Contains(_log.Lines, line => line.Contains("no revocation list of its issuer is valid now", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_is_on_a_list_that_is_out_of_date_stays_revoked_beside_a_newer_one()
    {
        var (alice, bob) = (Root.IssueClient("alice"), Root.IssueClient("bob"));
        string both = PemEncoding(Root.Revoke([bob.Serial], Today(-3), Today(-1))) + "\n" + PemEncoding(Root.Revoke([], Today(-1), Today(1)));
        WriteList(System.Text.Encoding.ASCII.GetBytes(both));
        await ServeAsync(null, Host("shop.example", clients: Clients("list.crl")));
        await GetAsync(_served!.Client(certificate: alice.ToCertificate()), "shop.example");
        await RefusedAsync(bob);
    }

    [Fact]
    public async Task A_revoked_authority_between_shuts_its_clients_out_and_needs_no_list_else()
    {
        var between = new Authority("Between", Root);
        File.WriteAllText(_folder.File("ca.pem"), Root.Pem + "\n" + between.Pem);
        WriteList(between.Revoke([], Today(-1), Today(1)));
        await ServeAsync(null, Host("shop.example", clients: Clients("list.crl", write: false)));
        var alice = between.IssueClient("alice");
        await GetAsync(_served!.Client(certificate: alice.ToCertificate()), "shop.example");

        string both = PemEncoding(between.Revoke([], Today(-1), Today(1))) + "\n" + PemEncoding(Root.Revoke([[1, 2, 3]], Today(-1), Today(1)));
        WriteList(System.Text.Encoding.ASCII.GetBytes(both));
        _time.Advance(FileChecks.Interval);
        await RefusedAsync(alice);
    }

    [Fact]
    public async Task Without_good_authorities_nobody_is_let_in_who_must_show_a_certificate()
    {
        File.WriteAllText(_folder.File("ca.pem"), "nothing");
        await ServeAsync(null, Host("shop.example", clients: Clients(write: false)));
        await RefusedAsync(Root.IssueClient("alice"));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string PemEncoding(byte[] der) => System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", der);

    private static DateTimeOffset Today(int days) => TimeProvider.System.GetUtcNow().AddDays(days);

    private async Task ServeAsync(TlsHost? fallback, params TlsHost[] hosts)
    {
        _certificates.Publish(hosts, fallback);
        _served = await ServedListener.StartAsync(new ListenerOptions { Certificates = _certificates });
    }

    private TlsHost Host(string name, string? file = null, bool isMissing = false, Authority? issuer = null, ClientAuthorities? clients = null, bool isRequired = true)
    {
        file ??= name.Replace("*", "any", StringComparison.Ordinal);
        if (!isMissing && name.Length > 0 && file != "x") Write(file, (issuer ?? Root).Issue(name));
        var certificate = new CertificateFile(_folder.File(file + ".pem"), _folder.File(file + ".key"), _checks, _time, _log);
        return new(certificate) { Names = [name], Clients = clients, AreClientsRequired = isRequired };
    }

    private ClientAuthorities Clients(string? list = null, bool write = true)
    {
        if (write) File.WriteAllText(_folder.File("ca.pem"), Root.Pem);
        return new(_folder.File("ca.pem"), list is null ? [] : [_folder.File(list)], _checks, _time, _log);
    }

    private void Write(string name, Issued issued)
    {
        File.WriteAllText(_folder.File(name + ".pem"), issued.Pem);
        File.WriteAllText(_folder.File(name + ".key"), issued.Key);
    }

    private void WriteList(byte[] list)
    {
        File.WriteAllBytes(_folder.File("list.new"), list);
        File.Move(_folder.File("list.new"), _folder.File("list.crl"), overwrite: true);
    }

    private async Task<string> GetAsync(HttpClient client, string host) =>
        await client.GetStringAsync(new Uri($"https://{host}:{_served!.Port}/echo"), Cancel);

    private async Task RefusedAsync(Issued? client) =>
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(_served!.Client(certificate: client?.ToCertificate()), "shop.example"));
}

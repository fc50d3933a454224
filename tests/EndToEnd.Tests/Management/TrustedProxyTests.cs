using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>What proxies say of the client is believed from those that the operator lists, and from nobody else.</summary>
public sealed class TrustedProxyTests
{
    private const string Trusted = "127.0.0.2"; // another address of the same machine's loopback

    private static readonly string[] FromProxy = ["--interface", Trusted];

    [Fact]
    public async Task Host_scheme_and_address_of_a_trusted_proxy_are_believed_and_anybody_elses_are_not()
    {
        using var echo = new EchoService();
        await using var node = await DomainProgram.StartAsync($"trusted_proxies: [{Trusted}]\n", document: Document(echo.Url));
        await PutAsync(node, "one.example", new() { ["paths"] = DomainProgram.Paths(("", "notes/live")), ["https_only"] = true });
        string[] spoken = ["-H", "X-Forwarded-For: 6.6.6.6, 203.0.113.7", "-H", "X-Forwarded-Proto: https", "-H", "X-Forwarded-Host: one.example"];

        // The proxy itself, for a host that is no domain, to a domain's own path: only its word leads there.
        var believed = await DomainProgram.UntilAsync(() => node.OpenlyAsync("inner.example", "/echo", [.. FromProxy, .. spoken]), answer => answer.Status == 200);
        string section = (string)JsonNode.Parse(believed.Content)!;
        Assert.Contains("\r\nX-Forwarded-For: 203.0.113.7\r\n", section, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Proto: https\r\n", section, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Host: one.example\r\n", section, StringComparison.Ordinal);
        Assert.Contains("Forwarded: for=203.0.113.7;host=\"one.example\";proto=https\r\n", section, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", section, StringComparison.Ordinal);

        // A client that says the same
        Assert.Equal(404, (await node.OpenlyAsync("inner.example", "/echo", spoken)).Status);
        var open = await node.OpenlyAsync("one.example", "/echo", spoken);
        Assert.Equal((308, $"https://one.example:{node.SecurePort}/echo"), (open.Status, open.Field("Location")));
        section = (string)JsonNode.Parse((await node.OpenlyAsync("else.example", "/one/echo", spoken)).Content)!;
        Assert.Contains("\r\nX-Forwarded-For: 127.0.0.1\r\n", section, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Forwarded-Proto: http\r\n", section, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", section, StringComparison.Ordinal);

        // The other kind of fields may come from a client through a proxy that doesn't know it.
        Assert.Equal(404, (await node.OpenlyAsync("inner.example", "/echo", [.. FromProxy, "-H", "Forwarded: for=203.0.113.7;host=one.example;proto=https"])).Status);

        // Where the outer client was open, it is sent to where it can reach.
        var sent = await node.OpenlyAsync("inner.example", "/echo?a=1", [.. FromProxy, "-H", "X-Forwarded-For: 203.0.113.7", "-H", "X-Forwarded-Proto: http", "-H", "X-Forwarded-Host: one.example"]);
        Assert.Equal((308, "https://one.example/echo?a=1"), (sent.Status, sent.Field("Location")));
    }

    [Fact]
    public async Task Forwarded_is_believed_where_the_proxies_write_that_and_an_API_still_reaches_the_server_itself()
    {
        using var echo = new EchoService();
        await using var node = await DomainProgram.StartAsync($"trusted_proxies: [127.0.0.0/8]\nforwarded: Forwarded\n", document: Document(echo.Url));
        await PutAsync(node, "one.example", new() { ["paths"] = DomainProgram.Paths(("", "notes/live")) });
        string[] spoken = ["-H", "Forwarded: for=203.0.113.7;host=one.example;proto=https"];

        var believed = await DomainProgram.UntilAsync(() => node.OpenlyAsync("inner.example", "/echo", spoken), answer => answer.Status == 200);
        Assert.Contains("\r\nX-Forwarded-For: 203.0.113.7\r\n", (string)JsonNode.Parse(believed.Content)!, StringComparison.Ordinal);

        // /own is answered by /one/echo of this very server, which that host does not have: only the client is told on the way.
        var own = await node.OpenlyAsync("inner.example", "/own", spoken);
        Assert.True(own.Status == 200, own.Text);
        Assert.Contains("\r\nX-Forwarded-For: 203.0.113.7\r\n", (string)JsonNode.Parse(own.Content)!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_PROXY_header_of_a_trusted_proxy_gives_the_client_on_both_listeners_and_it_must_be_there()
    {
        using var echo = new EchoService();
        await using var node = await DomainProgram.StartAsync($"trusted_proxies: [{Trusted}]\nproxy_protocol: true\n", document: Document(echo.Url));
        await node.SecureAsync("one.example", "notes/live");
        await DomainProgram.UntilAsync(() => node.SecurelyAsync("one.example", "/echo"), answer => answer.Status == 200); // from elsewhere, without

        await using (var open = await ConnectAsync(node.Port, HeaderV2("203.0.113.7")))
            Assert.Contains("X-Forwarded-For: 203.0.113.7", await AskAsync(open), StringComparison.Ordinal);

        await using (var line = await ConnectAsync(node.SecurePort, HeaderV2("203.0.113.8")))
        {
            await using var tls = new SslStream(line);
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "one.example", RemoteCertificateValidationCallback = static (_, _, _, _) => true });
            string answer = await AskAsync(tls);
            Assert.Contains("X-Forwarded-For: 203.0.113.8", answer, StringComparison.Ordinal);
            Assert.Contains("X-Forwarded-Proto: https", answer, StringComparison.Ordinal);
        }

        var told = node.Program.LineAsync("does not begin with a valid PROXY header");
        await using (var without = await ConnectAsync(node.Port, [])) Assert.Equal("", await AskAsync(without));
        await told;

        // One that isn't listed can't give itself an address.
        await using (var spoofed = await ConnectAsync(node.Port, HeaderV2("203.0.113.9"), from: "127.0.0.1"))
            Assert.StartsWith("HTTP/1.1 400 ", await AskAsync(spoofed), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trusted_proxies: 10.0.0.0/8", "stateway.yaml:1:18: trusted_proxies is a list")]
    [InlineData("trusted_proxies: [10.0.0.1/8]", "stateway.yaml:1:18: \"10.0.0.1/8\" is no network")]
    [InlineData("proxy_protocol: true", "stateway.yaml:1:17: proxy_protocol says how connections of trusted_proxies begin")]
    [InlineData("trusted_proxies: [10.0.0.0/8]\nproxy_protocol: 1", "stateway.yaml:2:17: proxy_protocol is \"1\"; it is true or false.")]
    [InlineData("trusted_proxies: [10.0.0.0/8]\nforwarded: X-Real-IP", "stateway.yaml:2:12: forwarded is \"X-Real-IP\"")]
    [InlineData("tls: 443", "stateway.yaml:1:6: tls is")]
    public async Task Wrong_settings_are_refused_with_their_places(string configuration, string error)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("api"));
        await File.WriteAllTextAsync(folder.File("api/stateway.yaml"), configuration);
        var (code, _, told) = await StatewayProgram.CallAsync("serve", folder.File("api"));
        Assert.Equal(1, code);
        Assert.Contains(error, told, StringComparison.Ordinal);
    }

    private static string Document(string service) => $$"""
        openapi: 3.1.0
        info: { title: Echo, version: "1" }
        paths:
          /echo:
            get:
              x-stateway-target: { http: "{{service}}" }
              responses: { '200': { description: What came. } }
          /own:
            get:
              x-stateway-target: { http: /one/echo }
              responses: { '200': { description: What came. } }
        """;

    private static async Task PutAsync(DomainProgram node, string host, JsonObject domain) =>
        await node.Administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/domains/" + host, domain);

    private static byte[] HeaderV2(string client) =>
    [
        .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, .. IPAddress.Parse(client).GetAddressBytes(), 127, 0, 0, 1, 0x30, 0x39, 0, 80,
    ];

    private static async Task<NetworkStream> ConnectAsync(int port, byte[] first, string from = Trusted)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await socket.SendAsync(first);
        return new(socket, ownsSocket: true);
    }

    /// <returns>The whole answer; empty when the connection is closed instead.</returns>
    private static async Task<string> AskAsync(Stream connection)
    {
        try
        {
            await connection.WriteAsync("GET /echo HTTP/1.1\r\nHost: one.example\r\nConnection: close\r\n\r\n"u8.ToArray());
            using var reader = new StreamReader(connection, Encoding.Latin1, leaveOpen: true);
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

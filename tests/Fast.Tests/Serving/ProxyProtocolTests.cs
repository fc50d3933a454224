using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Stateway.Fast.Tests.Program;
using Stateway.Gateway.Serving.Proxies;
using Stateway.Gateway.Serving.Tls;
using Stateway.TestKit;
using Xunit;
using Certificates = Stateway.Gateway.Serving.Tls.Certificates;

namespace Stateway.Fast.Tests.Serving;

public sealed class ProxyProtocolTests
{
    private static readonly Networks Loopback = Networks.Parse(["127.0.0.0/8"], out _)!;
    private static readonly Networks Elsewhere = Networks.Parse(["192.0.2.0/24"], out _)!;
    private static readonly IPEndPoint Client = IPEndPoint.Parse("203.0.113.7:4711");
    private static readonly byte[] Request = "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray();

    [Fact]
    public async Task A_listed_proxys_header_gives_the_connection_its_clients_address()
    {
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Loopback });
        Assert.Contains("address 203.0.113.7 4711\n", await TalkAsync(served, Bytes.ProxyV2(Client, Client, [(0xE0, [1, 2])], isSealed: true), Request), StringComparison.Ordinal);
        Assert.Contains("address 2001:db8::7 1\n", await TalkAsync(served, Bytes.ProxyV2(IPEndPoint.Parse("[2001:db8::7]:1"), IPEndPoint.Parse("[::1]:2"), []), Request), StringComparison.Ordinal);
        Assert.Contains("address 203.0.113.7 4711\n", await TalkAsync(served, "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n"u8.ToArray(), Request), StringComparison.Ordinal);
        Assert.Contains("address 127.0.0.1 ", await TalkAsync(served, Bytes.ProxyV2(0x20, 0, []), Request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_may_come_byte_by_byte()
    {
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Loopback });
        byte[][] bytes = [.. Bytes.ProxyV2(Client, Client, []).Select(b => new[] { b })];
        Assert.Contains("address 203.0.113.7 4711\n", await TalkAsync(served, [.. bytes, Request]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listed_proxy_that_sends_no_header_or_an_endless_one_is_hung_up_on()
    {
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Loopback });
        Assert.Equal("", await TalkAsync(served, Request));
        Assert.Equal("", await TalkAsync(served, Bytes.ProxyV2(0x21, 0x11, new byte[5000]), Request));
        Assert.Single(served.Log.Lines, line => line.StartsWith("1501 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_header_that_does_not_come_in_time_is_not_waited_for()
    {
        var time = new ManualTime();
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Loopback, Time = time });
        using var connection = await RawConnection.OpenAsync(new Uri($"http://127.0.0.1:{served.Port}"));
        await connection.SendAsync(Bytes.Signature);
        var ended = connection.ReadAllAsync(TimeSpan.FromSeconds(30));
        while (!ended.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5)); // again and again, because the server may not have begun to wait yet
            await Task.WhenAny(ended, Task.Delay(20, TestContext.Current.CancellationToken));
        }

        Assert.Contains(served.Log.Lines, line => line.Contains("did not come in time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task From_elsewhere_a_header_is_no_header()
    {
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Elsewhere });
        Assert.StartsWith("HTTP/1.1 400 ", await TalkAsync(served, Bytes.ProxyV2(Client, Client, []), Request), StringComparison.Ordinal);
        Assert.Contains("address 127.0.0.1 ", await TalkAsync(served, Request), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_header_stands_in_front_of_tls()
    {
        using var folder = new TempFolder();
        using var checks = new FileChecks(TimeProvider.System, new LogLines());
        var issued = new Authority("Test root").Issue("shop.example");
        File.WriteAllText(folder.File("tls.pem"), issued.Pem + "\n" + issued.Key);
        var certificates = new Certificates(TimeProvider.System, new LogLines());
        var host = new TlsHost(new CertificateFile(folder.File("tls.pem"), null, checks, TimeProvider.System, new LogLines())) { Names = ["shop.example"] };
        certificates.Publish([host], null);
        await using var served = await ServedListener.StartAsync(new() { ProxyProtocolFrom = Loopback, Certificates = certificates, TrustedProxies = new(Networks.Parse(["203.0.113.0/24"], out _)!) });

        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, served.Port, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(Bytes.ProxyV2(Client, Client, []), TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("shop.example");
        await tls.WriteAsync("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        string answer = await new StreamReader(tls).ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Contains("scheme https\n", answer, StringComparison.Ordinal);
        Assert.Contains("address 203.0.113.7 4711\n", answer, StringComparison.Ordinal);
        Assert.Contains("client 198.51.100.9 https a\n", answer, StringComparison.Ordinal); // the proxy that is believed is the one behind the header
    }

    [Fact]
    public async Task Forwarded_fields_are_believed_from_a_listed_proxy_and_no_other()
    {
        byte[] request = Encoding.ASCII.GetBytes("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\r\n");
        await using (var listed = await ServedListener.StartAsync(new() { TrustedProxies = new(Loopback) }))
            Assert.Contains("client 203.0.113.7 https shop.example\n", await TalkAsync(listed, request), StringComparison.Ordinal);
        await using (var other = await ServedListener.StartAsync(new() { TrustedProxies = new(Elsewhere) }))
            Assert.Contains("client 127.0.0.1 http a\n", await TalkAsync(other, request), StringComparison.Ordinal);
        await using (var none = await ServedListener.StartAsync(new()))
            Assert.Contains("client 127.0.0.1 http a\n", await TalkAsync(none, request), StringComparison.Ordinal);
    }

    private static async Task<string> TalkAsync(ServedListener served, params byte[][] parts)
    {
        using var connection = await RawConnection.OpenAsync(new Uri($"http://127.0.0.1:{served.Port}"));
        foreach (byte[] part in parts) await connection.SendAsync(part);
        return await connection.ReadAllAsync(TimeSpan.FromSeconds(30));
    }
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A service that answers with the header section that came to it, as one JSON text. One request a connection.</summary>
internal sealed class EchoService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public EchoService()
    {
        _listener.Start();
        _ = AnswerAllAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/";

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAllAsync()
    {
        try
        {
            while (true) await AnswerAsync(await _listener.AcceptSocketAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task AnswerAsync(Socket client)
    {
        using var owned = client;
        byte[] bytes = new byte[16 * 1024];
        int count = 0;
        while (bytes.AsSpan(0, count).IndexOf("\r\n\r\n"u8) < 0)
        {
            int more = await client.ReceiveAsync(bytes.AsMemory(count));
            if (more == 0) return;
            count += more;
        }

        string content = JsonSerializer.Serialize(Encoding.Latin1.GetString(bytes, 0, count));
        await client.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {content.Length}\r\nContent-Type: application/json\r\n\r\n{content}"));
    }
}

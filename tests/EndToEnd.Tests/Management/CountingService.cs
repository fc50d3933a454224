using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>A service behind operations: <c>/good</c> answers at once, <c>/bad</c> with 500, <c>/slow</c> after a while. Counts what it is asked.</summary>
internal sealed class CountingService : IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(250);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<string, int> _counts = [];

    public CountingService()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    /// <param name="request">Such as <c>GET /good</c>.</param>
    public int CountOf(string request) => _counts.GetValueOrDefault(request);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = AnswerAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    /// <summary>One request behind the other; none with a body.</summary>
    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
                while (await reader.ReadLineAsync() is { Length: > 0 } line)
                {
                    while (await reader.ReadLineAsync() is { Length: > 0 }) { }
                    string request = line[..line.LastIndexOf(' ')];
                    _counts.AddOrUpdate(request, 1, static (_, count) => count + 1);
                    if (request.EndsWith("/slow", StringComparison.Ordinal)) await Task.Delay(Delay);
                    string status = request.EndsWith("/bad", StringComparison.Ordinal) ? "500 Oh" : "200 OK";
                    await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"));
                }
            }
        }
        catch (IOException)
        {
            // the program has closed the connection
        }
    }
}

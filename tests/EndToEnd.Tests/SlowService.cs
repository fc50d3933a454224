using System.Net;
using System.Net.Sockets;

namespace Stateway.EndToEnd.Tests;

/// <summary>A service that answers one request, and only when it is told to.</summary>
internal sealed class SlowService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SlowService()
    {
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}/";

    /// <summary>Completes when the request has come.</summary>
    public Task Asked => _asked.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Release() => _released.TrySetResult();

    public void Dispose()
    {
        Release();
        _listener.Dispose();
    }

    private async Task AnswerAsync()
    {
        using var client = await _listener.AcceptSocketAsync();
        byte[] request = new byte[8 * 1024];
        await client.ReceiveAsync(request);
        _asked.TrySetResult();
        await _released.Task;
        await client.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Type: text/plain\r\n\r\nat last"u8.ToArray());
    }
}

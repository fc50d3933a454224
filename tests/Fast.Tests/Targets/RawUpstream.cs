using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Stateway.Fast.Tests.Targets;

/// <summary>A service that sends exactly what a test says, HTTP or not.</summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<RawConnection> _connections = [];
    private readonly Task _accepting;
    private int _accepted;

    /// <param name="talk">Gets each connection and its number, from 1. The connection closes when the talk ends.</param>
    public RawUpstream(Func<RawConnection, int, Task> talk)
    {
        _listener.Start();
        _accepting = AcceptAsync(talk);
    }

    public RawUpstream(Func<RawConnection, Task> talk) : this((connection, _) => talk(connection))
    {
    }

    public int Accepted => Volatile.Read(ref _accepted);

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Answers one request on each connection with these bytes and closes.</summary>
    public static RawUpstream Answering(string answer) => new(async connection =>
    {
        await connection.HearHeadAsync();
        await connection.SayAsync(answer);
    });

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        foreach (var connection in _connections) connection.Dispose();
    }

    private async Task AcceptAsync(Func<RawConnection, int, Task> talk)
    {
        try
        {
            while (true)
            {
                var connection = new RawConnection(await _listener.AcceptSocketAsync());
                _connections.Add(connection);
                _ = TalkAsync(connection, Interlocked.Increment(ref _accepted));
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException or ObjectDisposedException)
        {
            // Stopped, while it waited or just before.
        }

        async Task TalkAsync(RawConnection connection, int number)
        {
            try
            {
                await talk(connection, number);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The other side hung up, which the test sees for itself.
            }

            connection.Dispose();
        }
    }
}

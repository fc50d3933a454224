using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateway.Fast.Tests.Targets;

/// <summary>One side of a TCP connection that says and hears exact bytes, as Latin-1 text. Every wait ends after 30 s with a failure.</summary>
internal sealed class RawConnection(Socket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[64 * 1024];
    private string _heard = "";

    public static async Task<RawConnection> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new(socket);
    }

    public async Task SayAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text)).WaitAsync(Patience);

    /// <summary>Everything up to and including the first <paramref name="end"/>.</summary>
    public async Task<string> HearAsync(string end)
    {
        int at;
        while ((at = _heard.IndexOf(end, StringComparison.Ordinal)) < 0)
        {
            if (!await HearMoreAsync()) throw new EndOfStreamException($"The connection ended before '{end}'; heard '{_heard}'.");
        }

        string text = _heard[..(at + end.Length)];
        _heard = _heard[text.Length..];
        return text;
    }

    public Task<string> HearHeadAsync() => HearAsync("\r\n\r\n");

    public async Task<string> HearAsync(int count)
    {
        while (_heard.Length < count)
        {
            if (!await HearMoreAsync()) throw new EndOfStreamException($"The connection ended; heard '{_heard}'.");
        }

        string text = _heard[..count];
        _heard = _heard[count..];
        return text;
    }

    /// <summary>Everything until the other side ends, in order or not.</summary>
    public async Task<string> HearAllAsync()
    {
        try
        {
            while (await HearMoreAsync())
            {
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return _heard;
    }

    public void EndSaying() => socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        socket.LingerState = new(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();

    private async Task<bool> HearMoreAsync()
    {
        int count = await socket.ReceiveAsync(_buffer).WaitAsync(Patience);
        _heard += Encoding.Latin1.GetString(_buffer, 0, count);
        return count > 0;
    }
}

using System.Net.Sockets;
using System.Text;

namespace Stateway.TestKit;

/// <summary>A connection that sends bytes as they are, for requests that no client would make.</summary>
public sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawConnection(Socket socket) => _socket = socket;

    public static async Task<RawConnection> OpenAsync(Uri server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port);
        return new(socket);
    }

    /// <summary>Latin-1: a character for each byte.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>A server that has seen enough may close before all is sent: no failure of the sender.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0) bytes = bytes[await _socket.SendAsync(bytes)..];
        }
        catch (SocketException)
        {
        }
    }

    /// <summary>The next answer.</summary>
    /// <param name="isHead">The answer has no content, whatever its Content-Length.</param>
    /// <returns>Null when the server closes instead.</returns>
    public async Task<RawAnswer?> ReadAsync(bool isHead = false)
    {
        int end;
        while ((end = Text().IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (!await ReceiveAsync(Patience)) return null;
        }

        string[] lines = Text()[..end].Split("\r\n");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':');
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        int status = int.Parse(lines[0].AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture);
        int length = isHead || status is < 200 or 204 or 304 ? 0 : int.Parse(headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture);
        while (_received.Count < end + 4 + length)
        {
            if (!await ReceiveAsync(Patience)) throw new EndOfStreamException($"The answer broke off: {Text()}");
        }

        byte[] body = [.. _received.GetRange(end + 4, length)];
        _received.RemoveRange(0, end + 4 + length);
        return new(lines[0], status, headers, body);
    }

    /// <summary>Everything that comes until the server closes, or says nothing for a while.</summary>
    public async Task<string> ReadAllAsync(TimeSpan patience)
    {
        while (await ReceiveAsync(patience)) { }
        return Text();
    }

    public void Dispose() => _socket.Dispose();

    private string Text() => Encoding.Latin1.GetString([.. _received]);

    private async Task<bool> ReceiveAsync(TimeSpan patience)
    {
        byte[] buffer = new byte[16 * 1024];
        using var limit = new CancellationTokenSource(patience);
        try
        {
            int count = await _socket.ReceiveAsync(buffer, limit.Token);
            _received.AddRange(buffer.AsSpan(0, count));
            return count > 0;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <param name="Line">The status line.</param>
public sealed record RawAnswer(string Line, int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

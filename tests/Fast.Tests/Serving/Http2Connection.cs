using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Stateway.Fast.Tests.Serving;

/// <summary>A client of HTTP/2 over TLS that sends header sections that no library would. One stream at a time.</summary>
internal sealed class Http2Connection : IAsyncDisposable
{
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, GoAway = 7, Continuation = 9;
    private const byte EndStream = 1, EndHeaders = 4, Ack = 1;

    private readonly TcpClient _tcp = new();
    private SslStream _tls = null!;
    private int _stream = -1;

    public static async Task<Http2Connection> OpenAsync(int port, string host, CancellationToken ct)
    {
        var connection = new Http2Connection();
        await connection._tcp.ConnectAsync("127.0.0.1", port, ct);
        connection._tls = new SslStream(connection._tcp.GetStream(), false, (_, _, _, _) => true);
        await connection._tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, ApplicationProtocols = [SslApplicationProtocol.Http2] }, ct);
        await connection._tls.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), ct);
        await connection.SendAsync(Settings, 0, 0, [], ct);
        return connection;
    }

    /// <summary>Sends a request without a body and waits for what ends its stream.</summary>
    /// <returns>The content; or what the server ended the stream or the connection with.</returns>
    public async Task<string> AskAsync((string Name, string Value)[] fields, CancellationToken ct)
    {
        _stream += 2;
        var section = new List<byte>();
        foreach (var (name, value) in fields)
        {
            section.Add(0x10); // a literal, never indexed, with its name (RFC 7541, section 6.2.3)
            AddText(section, name);
            AddText(section, value);
        }

        const int frameMax = 16 * 1024;
        for (int at = 0; at < section.Count; at += frameMax)
        {
            int length = Math.Min(frameMax, section.Count - at);
            byte flags = at + length == section.Count ? EndHeaders : (byte)0;
            await SendAsync(at == 0 ? Headers : Continuation, at == 0 ? (byte)(flags | EndStream) : flags, _stream, [.. section.GetRange(at, length)], ct);
        }

        var content = new StringBuilder();
        while (true)
        {
            var (type, flag, stream, payload) = await ReceiveAsync(ct);
            switch (type)
            {
                case Settings when (flag & Ack) == 0:
                    await SendAsync(Settings, Ack, 0, [], ct);
                    break;
                case Data when stream == _stream:
                    content.Append(Encoding.UTF8.GetString(payload));
                    break;
                case Reset when stream == _stream:
                    return $"reset {payload[3]}";
                case GoAway:
                    return $"connection {payload[7]}";
            }

            if (type is Data or Headers && stream == _stream && (flag & EndStream) != 0) return content.ToString();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _tcp.Dispose();
    }

    private static void AddText(List<byte> section, string text)
    {
        if (text.Length < 127)
        {
            section.Add((byte)text.Length);
        }
        else
        {
            section.Add(127); // the rest in groups of seven bits (RFC 7541, section 5.1)
            int rest = text.Length - 127;
            for (; rest >= 128; rest >>= 7) section.Add((byte)(rest | 128));
            section.Add((byte)rest);
        }

        section.AddRange(Encoding.Latin1.GetBytes(text));
    }

    private async Task SendAsync(byte type, byte flags, int stream, byte[] payload, CancellationToken ct)
    {
        byte[] head = [(byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags, 0, 0, (byte)(stream >> 8), (byte)stream];
        await _tls.WriteAsync((byte[])[.. head, .. payload], ct);
    }

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReceiveAsync(CancellationToken ct)
    {
        byte[] head = new byte[9];
        await _tls.ReadExactlyAsync(head, ct);
        byte[] payload = new byte[head[0] << 16 | head[1] << 8 | head[2]];
        await _tls.ReadExactlyAsync(payload, ct);
        return (head[3], head[4], head[7] << 8 | head[8], payload);
    }
}

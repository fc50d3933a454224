using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Stateway.Swaps.Bench;

/// <summary>As many requests as the connections carry, one after another on each, to every node alike.</summary>
internal sealed class Load(IPEndPoint[] nodes, int connections, Swaps swaps)
{
    private static readonly byte[] Which = "GET /swapped/which HTTP/1.1\r\nHost: bench\r\n\r\n"u8.ToArray();
    private static readonly byte[] Item = "GET /swapped/items/one HTTP/1.1\r\nHost: bench\r\n\r\n"u8.ToArray();
    private static readonly byte[] List = "GET /swapped/items?category=a&max_page_size=5 HTTP/1.1\r\nHost: bench\r\n\r\n"u8.ToArray();

    private long _requests;
    private long _failed;
    private long _wrong;

    public long Requests => _requests;
    public long Failed => _failed;
    public long Wrong => _wrong;

    /// <summary>The first that failed or was wrong, in words.</summary>
    public string? First { get; private set; }

    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(Enumerable.Range(0, connections).Select(i => Task.Run(() => ConnectionAsync(i % nodes.Length, (i / nodes.Length % 4) switch { 0 => Item, 1 => List, _ => Which }, stop), CancellationToken.None)));

    private async Task ConnectionAsync(int node, byte[] request, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        byte[] buffer = new byte[16 * 1024];
        try
        {
            await socket.ConnectAsync(nodes[node], stop);
            while (!stop.IsCancellationRequested)
            {
                int newest = swaps.Newest(node);
                await socket.SendAsync(request, CancellationToken.None);
                int length = await ReceiveAsync(socket, buffer);
                Interlocked.Increment(ref _requests);
                if (!buffer.AsSpan(0, length).StartsWith("HTTP/1.1 200 "u8)) Fail(System.Text.Encoding.UTF8.GetString(buffer, 0, length));
                else if (request == Which && !swaps.Judge(node, newest, NumberIn(buffer.AsSpan(0, length))))
                {
                    Interlocked.Increment(ref _wrong);
                    First ??= $"node {node} answered with {NumberIn(buffer.AsSpan(0, length))} after it had shown swap {newest}; {swaps.Count} were written";
                }
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            Fail(e.Message);
        }
        catch (OperationCanceledException)
        {
            // Before it was connected.
        }
    }

    private void Fail(string what)
    {
        Interlocked.Increment(ref _failed);
        First ??= what;
    }

    /// <returns>Bytes of one whole response.</returns>
    private static async Task<int> ReceiveAsync(Socket socket, byte[] buffer)
    {
        int length = 0;
        while (true)
        {
            int received = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            if (received == 0) throw new IOException("The connection was closed.");
            length += received;
            if (IsWhole(buffer.AsSpan(0, length))) return length;
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> response)
    {
        int head = response.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;

        int field = response.IndexOf("Content-Length: "u8);
        if (field < 0 || field > head) return response.EndsWith("0\r\n\r\n"u8); // chunked
        return Utf8Parser.TryParse(response[(field + "Content-Length: ".Length)..], out int content, out _) && response.Length == head + 4 + content;
    }

    private static int NumberIn(ReadOnlySpan<byte> response) =>
        Utf8Parser.TryParse(response[(response.IndexOf("\r\n\r\n"u8) + 4)..], out int number, out _) ? number : -1;
}

using System.Net;
using System.Net.Sockets;

namespace Stateway.Store.Tests.Postgres;

/// <summary>A TCP connection's middle: passes everything on, until it sees a word from the client. Then it cuts, with or without passing the word on.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _closing = new();
    private readonly int _target;
    private readonly Task _loop;
    private volatile Cut? _cut;
    private volatile bool _isClosed;

    public CuttingProxy(int target)
    {
        _target = target;
        _listener.Start();
        _loop = Task.Run(AcceptAsync);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <param name="isPassedOn">Whether the server still gets it; its answer is dropped.</param>
    /// <param name="forGood">No connection is taken afterwards.</param>
    public void CutAt(string word, bool isPassedOn, bool forGood = false) => _cut = new(System.Text.Encoding.ASCII.GetBytes(word), isPassedOn, forGood);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Stop();
        await _loop;
        _closing.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_closing.Token);
                if (_isClosed) client.Dispose();
                else _ = Task.Run(() => PassAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using var _ = client;
        using var server = new TcpClient();
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _closing.Token);
            client.NoDelay = server.NoDelay = true;
            var back = server.GetStream().CopyToAsync(client.GetStream(), _closing.Token);
            var buffer = new byte[1 << 20];
            while (await client.GetStream().ReadAsync(buffer, _closing.Token) is var read and > 0)
            {
                if (_cut is { } cut && buffer.AsSpan(0, read).IndexOf(cut.Word) >= 0)
                {
                    _cut = null;
                    _isClosed = cut.ForGood;
                    client.Client.Close(0); // first, so that no answer slips through
                    if (cut.IsPassedOn) await server.GetStream().WriteAsync(buffer.AsMemory(0, read), _closing.Token);
                    server.Client.Shutdown(SocketShutdown.Send);
                    await back;
                    return;
                }

                await server.GetStream().WriteAsync(buffer.AsMemory(0, read), _closing.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut from either side.
        }
    }

    private sealed record Cut(byte[] Word, bool IsPassedOn, bool ForGood);
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateway.Watch.Bench;

/// <summary>Many open connections that wait for the same text, and note when each has it.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly List<Listener> _all = [];
    private byte[] _awaited = [];
    private int _missing;
    private TaskCompletionSource _complete = new();

    public int Count => _all.Count;

    /// <param name="request">Sent on each connection; empty for none.</param>
    /// <param name="ready">Each has received this when the method returns; empty: the connection is enough.</param>
    public async Task OpenAsync(IPEndPoint server, int count, string request, string ready)
    {
        Await(ready, count);
        byte[] bytes = Encoding.ASCII.GetBytes(request);
        var opened = Task.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server);
            if (bytes.Length > 0) await socket.SendAsync(bytes);
            var listener = new Listener(this, socket);
            _all.Add(listener);
            listener.Listen();
        }

        if (ready.Length > 0) await _complete.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>From now on every connection waits for this.</summary>
    public void Await(string text) => Await(text, _all.Count);

    /// <summary>When each connection had what was awaited, as timestamps; the last of them ends the wait.</summary>
    public async Task<long[]> AllAsync()
    {
        await _complete.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return [.. _all.Select(l => l.SeenAt)];
    }

    public void Dispose()
    {
        foreach (var listener in _all) listener.Dispose();
    }

    private void Await(string text, int count)
    {
        foreach (var listener in _all) listener.SeenAt = 0;
        _missing = count;
        _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _awaited, Encoding.ASCII.GetBytes(text));
    }

    private sealed class Listener : IDisposable
    {
        private readonly Listeners _listeners;
        private readonly Socket _socket;
        private readonly SocketAsyncEventArgs _receiving = new();

        // The end of what came before stands in front of what comes next: the text may be cut in two.
        private const int TailMax = 32;
        private readonly byte[] _buffer = new byte[4096];
        private int _tail;

        public Listener(Listeners listeners, Socket socket)
        {
            _listeners = listeners;
            _socket = socket;
            _receiving.SetBuffer(_buffer, TailMax, _buffer.Length - TailMax);
            _receiving.Completed += (_, _) =>
            {
                if (Took()) Listen();
            };
        }

        public long SeenAt { get; set; }

        public void Listen()
        {
            try
            {
                while (!_socket.ReceiveAsync(_receiving))
                {
                    if (!Took()) return;
                }
            }
            catch (ObjectDisposedException) // its turn is over
            {
            }
        }

        public void Dispose() => _socket.Dispose();

        private bool Took()
        {
            if (_receiving.SocketError != SocketError.Success || _receiving.BytesTransferred == 0) return false;

            var received = _buffer.AsSpan(TailMax - _tail, _tail + _receiving.BytesTransferred);
            if (SeenAt == 0 && received.IndexOf(_listeners._awaited) >= 0)
            {
                SeenAt = Stopwatch.GetTimestamp();
                if (Interlocked.Decrement(ref _listeners._missing) == 0) _listeners._complete.TrySetResult();
            }

            _tail = Math.Min(TailMax, received.Length);
            received[^_tail..].CopyTo(_buffer.AsSpan(TailMax - _tail));

            return true;
        }
    }
}

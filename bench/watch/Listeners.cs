using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stateway.Watch.Bench;

/// <summary>Many open connections that wait for the same text, and note when each has it.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly List<Listener> _all = [];
    private volatile Awaited _awaited = new([], 0);

    public int Count => _all.Count;

    /// <param name="request">Sent on each connection; empty for none.</param>
    /// <param name="ready">Each has received this when the method returns; empty: the connection is enough.</param>
    public async Task OpenAsync(IPEndPoint server, int count, string request, string ready)
    {
        _awaited = new(Encoding.ASCII.GetBytes(ready), count);
        byte[] bytes = Encoding.ASCII.GetBytes(request);
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(server);
            if (bytes.Length > 0) await socket.SendAsync(bytes);
            var listener = new Listener(this, socket);
            _all.Add(listener);
            listener.Listen();
        }

        if (ready.Length > 0) await _awaited.Complete.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>From now on every connection waits for this.</summary>
    public void Await(string text) => _awaited = new(Encoding.ASCII.GetBytes(text), _all.Count);

    /// <summary>When each connection had what was awaited, as timestamps; the last of them ends the wait.</summary>
    public async Task<long[]> AllAsync()
    {
        await _awaited.Complete.WaitAsync(TimeSpan.FromSeconds(30));
        return [.. _all.Select(l => l.SeenAt)];
    }

    public void Dispose()
    {
        foreach (var listener in _all) listener.Dispose();
    }

    /// <summary>
    /// A text, and how many don't have it yet. An object for each, because a listener may still be getting events of the text
    /// before: they must not count for this one.
    /// </summary>
    private sealed class Awaited(byte[] text, int missing)
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = missing;

        public Task Complete => _complete.Task;

        public bool IsIn(ReadOnlySpan<byte> received) => received.IndexOf(text) >= 0;

        public void Arrived()
        {
            if (Interlocked.Decrement(ref _missing) == 0) _complete.TrySetResult();
        }
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
        private Awaited? _seen;

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

        public long SeenAt { get; private set; }

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
            var awaited = _listeners._awaited;
            if (_seen != awaited && awaited.IsIn(received))
            {
                _seen = awaited;
                SeenAt = Stopwatch.GetTimestamp();
                awaited.Arrived();
            }

            _tail = Math.Min(TailMax, received.Length);
            received[^_tail..].CopyTo(_buffer.AsSpan(TailMax - _tail));

            return true;
        }
    }
}

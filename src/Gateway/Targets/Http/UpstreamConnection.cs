using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Stateway.Gateway.Targets.Http;

internal enum AbortReason
{
    None,
    Timeout,
    ClientGone,

    /// <summary>The client's body broke off, or was refused.</summary>
    RequestBody,

    /// <summary>The answer is complete and the rest of the request does not matter any more.</summary>
    Finished,
}

/// <summary>
/// One HTTP/1.1 connection to a service: bytes in, bytes out, a buffer of what came and is not used yet.
/// One request at a time; one reader and one writer, who may be two. Failures of the network are
/// results here (a negative count, false) with <see cref="Failure"/> as the reason.
/// </summary>
internal sealed class UpstreamConnection : IDisposable
{
    public const int BufferBytes = 16 * 1024;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
    private int _start;
    private int _end;
    private ValueTask<int> _readAhead;
    private bool _hasReadAhead;
    private int _abortReason;

    /// <param name="stream">Over <paramref name="socket"/>, with or without TLS; disposed of with the connection.</param>
    public UpstreamConnection(UpstreamPool pool, Socket socket, Stream stream, TimeProvider time, HttpTargetOptions options)
    {
        Pool = pool;
        _socket = socket;
        _stream = stream;
        CreatedAt = time.GetTimestamp();
        Deadline = new(time, () => Abort(AbortReason.Timeout));
        Head = new(options.HeaderSectionBytesMax, options.FieldsMax);
    }

    public UpstreamPool Pool { get; }

    /// <summary>Ends the connection with <see cref="AbortReason.Timeout"/>.</summary>
    public Deadline Deadline { get; }

    public ResponseHead Head { get; }

    /// <summary>It has answered a request before, so the service may have closed it since.</summary>
    public bool IsReused { get; set; }

    /// <summary>Timestamp of the pool's clock.</summary>
    public long CreatedAt { get; }

    /// <summary>Timestamp of the pool's clock; meaningful while idle.</summary>
    public long IdleSince { get; set; }

    /// <summary>The first reason that <see cref="Abort"/> was called with.</summary>
    public AbortReason AbortReason => (AbortReason)Volatile.Read(ref _abortReason);

    /// <summary>Why the last read or write failed.</summary>
    public string? Failure { get; private set; }

    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    public ReadOnlyMemory<byte> BufferedMemory => _buffer.AsMemory(_start, _end - _start);

    public void Consume(int count)
    {
        Debug.Assert(count <= _end - _start);
        _start += count;
        if (_start == _end) _start = _end = 0;
    }

    /// <summary>Reads more behind what is buffered, which stays.</summary>
    /// <returns>The number of bytes; 0 at the end; negative when the connection failed.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync()
    {
        try
        {
            ValueTask<int> read;
            if (_hasReadAhead)
            {
                _hasReadAhead = false;
                read = _readAhead;
                _readAhead = default;
            }
            else
            {
                MakeRoom();
                read = _stream.ReadAsync(_buffer.AsMemory(_end));
            }

            int count = await read;
            _end += count;
            return count;
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Failure ??= e.Message;
            return -1;
        }
    }

    /// <summary>Reads past the buffer, which must be empty.</summary>
    /// <inheritdoc cref="FillAsync"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadAsync(Memory<byte> destination)
    {
        Debug.Assert(_start == _end && !_hasReadAhead);
        try
        {
            return await _stream.ReadAsync(destination);
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Failure ??= e.Message;
            return -1;
        }
    }

    /// <returns>False when the connection failed.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes);
            return true;
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Failure ??= e.Message;
            return false;
        }
    }

    /// <summary>Tells the service that nothing more comes; what it sends can still be read.</summary>
    public async ValueTask EndWritingAsync()
    {
        try
        {
            if (_stream is SslStream tls) await tls.ShutdownAsync();
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Failure ??= e.Message;
        }
    }

    /// <summary>
    /// Starts the read of the next answer while the connection is idle. The next request needs it
    /// anyway; until then it tells, without a system call, when the service closes.
    /// </summary>
    public void ReadAhead()
    {
        Debug.Assert(_start == _end && !_hasReadAhead);
        if (_buffer.Length > BufferBytes) _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
        try
        {
            _readAhead = _stream.ReadAsync(_buffer);
            _hasReadAhead = true;
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            Abort(AbortReason.Finished);
        }
    }

    /// <summary>Idle, and neither closed nor spoken to: bytes that nobody asked for make a connection useless.</summary>
    public bool IsUsable => _hasReadAhead && !_readAhead.IsCompleted && AbortReason == AbortReason.None;

    /// <summary>Ends the connection from any thread; reads and writes under way fail.</summary>
    public void Abort(AbortReason reason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, (int)reason, (int)AbortReason.None) == (int)AbortReason.None) _socket.Dispose();
    }

    /// <summary>By the owner, when no read or write of its own is under way.</summary>
    public void Dispose()
    {
        Abort(AbortReason.Finished);
        Deadline.Dispose();
        if (_hasReadAhead) _ = ObserveAsync(_readAhead);
        _hasReadAhead = false;
        _stream.Dispose();

        static async Task ObserveAsync(ValueTask<int> read)
        {
            try
            {
                await read;
            }
            catch (Exception e) when (IsOfTheNetwork(e))
            {
                // The connection was closed under the read: that was the purpose.
            }
        }
    }

    public static bool IsOfTheNetwork(Exception e) =>
        e is IOException or SocketException or ObjectDisposedException or OperationCanceledException;

    private void MakeRoom()
    {
        if (_end < _buffer.Length) return;

        if (_start > 0)
        {
            Buffered.CopyTo(_buffer);
        }
        else
        {
            // Only sections grow the buffer, and those have a limit.
            byte[] larger = GC.AllocateUninitializedArray<byte>(_buffer.Length * 2);
            Buffered.CopyTo(larger);
            _buffer = larger;
        }

        _end -= _start;
        _start = 0;
    }
}

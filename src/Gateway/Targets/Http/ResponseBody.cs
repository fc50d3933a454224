using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace Stateway.Gateway.Targets.Http;

/// <summary>
/// Carries an answer's body to the client. What has come is handed on before more is waited for, so a
/// slow stream passes without delay; and no more is read than the client takes.
/// </summary>
internal sealed class ResponseBody(UpstreamConnection connection, HttpResponse response, HttpTargetOptions options)
{
    // A body of at least this much is read past the connection's buffer, straight into the server's memory.
    private const int DirectBytesMin = 4 * 1024;
    private const int DirectBytesMax = 32 * 1024;
    private const int UnflushedBytesMax = 32 * 1024;

    private const int ChunkLineBytesMax = 1024; // with extensions, which are dropped
    private const int ChunkSizeDigitsMax = 15;

    private readonly PipeWriter _output = response.BodyWriter;
    private int _unflushed = 1; // the header section waits, however long it is
    private bool _hasFlushed;
    private bool _sawEnd;

    /// <summary>Why copying ended early.</summary>
    public string? Failure { get; private set; }

    public async ValueTask<bool> CopyLengthAsync(long length)
    {
        while (true)
        {
            length -= WriteBuffered(length);
            if (length == 0) return true;

            if (length >= DirectBytesMin)
            {
                int count = await ReadDirectAsync(length);
                if (count <= 0) return false;
                length -= count;
            }
            else if (!await FillAsync())
            {
                return false;
            }
        }
    }

    /// <summary>The service's FIN is the only end there is; a reset is none.</summary>
    public async ValueTask<bool> CopyToCloseAsync()
    {
        do
        {
            WriteBuffered(long.MaxValue);
        }
        while (await FillAsync());

        return _sawEnd;
    }

    /// <param name="frames">
    /// Write the chunks as chunks: the server knows no trailers in HTTP/1.1, so the framing is done here when there may be some.
    /// </param>
    public async ValueTask<bool> CopyChunkedAsync(bool frames)
    {
        while (true)
        {
            long size = await ReadChunkSizeAsync();
            if (size < 0) return false;
            if (size == 0) break;

            if (frames) WriteChunkSize(size);
            if (!await CopyLengthAsync(size) || !await ReadChunkEndAsync()) return false;
            if (frames) Write("\r\n"u8);
        }

        return await CopyTrailersAsync(frames);
    }

    /// <summary>Hands on what is left. The server does that by itself only when it has not begun to send.</summary>
    public async ValueTask FinishAsync()
    {
        if (_hasFlushed && _unflushed > 0) await FlushAsync();
    }

    private async ValueTask<long> ReadChunkSizeAsync()
    {
        int scanned = 0;
        while (true)
        {
            var state = FieldSection.TryFindLine(connection.Buffered, 0, ref scanned, out int lineLength);
            if (state == SectionState.Complete)
            {
                long size = ParseChunkSize(connection.Buffered[..lineLength]);
                if (size < 0) Failure = "a chunk with an invalid size";
                connection.Consume(lineLength + 2);
                return size;
            }

            if (state == SectionState.Malformed || connection.Buffered.Length > ChunkLineBytesMax)
            {
                Failure = "a chunk without a valid first line";
                return -1;
            }

            if (!await FillAsync()) return -1;
        }
    }

    /// <summary>RFC 9112, section 7.1: hexadecimal digits and nothing else before the extensions.</summary>
    private static long ParseChunkSize(ReadOnlySpan<byte> line)
    {
        int semicolon = line.IndexOf((byte)';');
        var digits = semicolon < 0 ? line : line[..semicolon].TrimEnd(" \t"u8);
        return digits.Length is > 0 and <= ChunkSizeDigitsMax && FieldText.IsValue(line)
            && Utf8Parser.TryParse(digits, out long size, out int used, 'x') && used == digits.Length && size >= 0
                ? size
                : -1;
    }

    private async ValueTask<bool> ReadChunkEndAsync()
    {
        while (connection.Buffered.Length < 2)
        {
            if (!await FillAsync()) return false;
        }

        if (!connection.Buffered.StartsWith("\r\n"u8))
        {
            Failure = "a chunk that is longer than its size";
            return false;
        }

        connection.Consume(2);
        return true;
    }

    private async ValueTask<bool> CopyTrailersAsync(bool frames)
    {
        var trailers = connection.Head.Fields; // the header section's work is done
        trailers.Begin(0);
        SectionState state;
        while ((state = trailers.Read(connection.Buffered)) == SectionState.Incomplete)
        {
            if (!await FillAsync()) return false;
        }

        if (state == SectionState.Malformed)
        {
            Failure = $"trailers with {trailers.Error}";
            return false;
        }

        if (frames) Write("0\r\n"u8);
        bool supported = !frames && trailers.Count > 0 && response.SupportsTrailers();
        for (int i = 0; i < trailers.Count && (frames || supported); i++)
        {
            string name = trailers.NameText(connection.Buffered, i);
            if (!FieldName.IsAllowedInTrailers(name)) continue;

            if (supported)
            {
                response.AppendTrailer(name, trailers.ValueText(connection.Buffered, i));
                continue;
            }

            Write(trailers.Name(connection.Buffered, i));
            Write(": "u8);
            Write(trailers.Value(connection.Buffered, i));
            Write("\r\n"u8);
        }

        if (frames) Write("\r\n"u8);
        connection.Consume(trailers.Length);
        return true;
    }

    private void WriteChunkSize(long size)
    {
        Span<byte> line = stackalloc byte[ChunkSizeDigitsMax + 3];
        Utf8Formatter.TryFormat(size, line, out int written, new StandardFormat('x'));
        line[written] = (byte)'\r';
        line[written + 1] = (byte)'\n';
        Write(line[..(written + 2)]);
    }

    private int WriteBuffered(long countMax)
    {
        int count = (int)Math.Min(connection.Buffered.Length, countMax);
        if (count > 0)
        {
            Write(connection.Buffered[..count]);
            connection.Consume(count);
        }

        return count;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _unflushed += bytes.Length;
    }

    /// <summary>More into the connection's buffer; what is written goes out meanwhile.</summary>
    private async ValueTask<bool> FillAsync()
    {
        if (_unflushed >= UnflushedBytesMax && !await FlushAsync()) return false;

        var fill = connection.FillAsync();
        if (!fill.IsCompleted)
        {
            if (_unflushed > 0 && !await FlushAsync())
            {
                connection.Abort(AbortReason.ClientGone);
                await fill;
                return false;
            }

            connection.Deadline.Set(options.BodyIdleTimeout);
        }

        int count = await fill;
        connection.Deadline.Pause();
        if (count <= 0) Fail(count);
        return count > 0;
    }

    private async ValueTask<int> ReadDirectAsync(long countMax)
    {
        if (_unflushed > 0 && !await FlushAsync()) return -1;

        var memory = _output.GetMemory((int)Math.Min(countMax, DirectBytesMax));
        if (memory.Length > countMax) memory = memory[..(int)countMax];
        connection.Deadline.Set(options.BodyIdleTimeout);
        int count = await connection.ReadAsync(memory);
        connection.Deadline.Pause();
        if (count <= 0)
        {
            Fail(count);
            return -1;
        }

        _output.Advance(count);
        _unflushed += count;
        return count == countMax || await FlushAsync() ? count : -1;
    }

    /// <returns>False when the client is gone.</returns>
    private async ValueTask<bool> FlushAsync()
    {
        _unflushed = 0;
        _hasFlushed = true;
        var result = await _output.FlushAsync();
        if (!result.IsCompleted && !result.IsCanceled) return true;

        Failure = "the client went away";
        return false;
    }

    private void Fail(int count)
    {
        _sawEnd = count == 0;
        Failure = connection.AbortReason == AbortReason.Timeout ? $"silence for more than {options.BodyIdleTimeout.TotalSeconds} s"
            : count == 0 ? "the connection was closed before the answer's end"
            : connection.Failure;
    }
}

using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stateway.Gateway.Serving;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets.Http;

/// <summary>Carries the client's body to the service while the answer may already be coming.</summary>
internal sealed class RequestBodyPump(HttpRequest request, UpstreamConnection connection, RequestShape shape, TimeSpan timeout)
{
    // One write to the socket carries at most this much, framing not counted.
    private const int PieceBytesMax = 16 * 1024;

    private readonly PipeReader _body = request.BodyReader;
    private Task _completion = Task.CompletedTask;
    private volatile bool _isStopping;

    /// <summary>The whole request is sent.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>What is wrong with the client's body; the service's connection was cut for it.</summary>
    public Problem? Problem { get; private set; }

    /// <summary>Begins on the caller's thread: the first read is what makes the server send its own 100.</summary>
    public void Start() => _completion = RunAsync();

    /// <summary>Ends it, complete or not. Once it returns, the client's body is the server's again.</summary>
    public async ValueTask StopAsync()
    {
        if (!_completion.IsCompleted)
        {
            _isStopping = true;
            connection.Abort(AbortReason.Finished); // a half-sent request leaves nothing to use again
            _body.CancelPendingRead();
        }

        await _completion;
    }

    private async Task RunAsync()
    {
        using var output = new ByteWriter();
        try
        {
            long sent = 0;
            while (true)
            {
                var read = await _body.ReadAsync();
                if (_isStopping || read.IsCanceled)
                {
                    _body.AdvanceTo(read.Buffer.Start); // the server reads the rest itself
                    return;
                }

                sent += read.Buffer.Length;
                bool wasWritten;
                try
                {
                    wasWritten = await WriteAsync(output, read.Buffer);
                }
                finally
                {
                    _body.AdvanceTo(read.Buffer.End);
                }

                if (!wasWritten) return; // the answer may be there all the same: its reader decides
                if (read.IsCompleted) break;
            }

            if (shape.Body == Framing.Length && sent != shape.BodyBytes)
            {
                Refuse(new(ProblemTypes.MalformedRequest) { Detail = $"The body has {sent} bytes; Content-Length says {shape.BodyBytes}." });
                return;
            }

            IsComplete = shape.Body != Framing.Chunked || await WriteEndAsync(output);
        }
        catch (BadHttpRequestException e)
        {
            Refuse(ProblemOf(e));
        }
        catch (IOException e) when (RequestFraming.IsBadChunkSize(e))
        {
            Refuse(new(ProblemTypes.MalformedRequest) { Detail = e.Message });
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            connection.Abort(AbortReason.ClientGone);
        }
        catch
        {
            connection.Abort(AbortReason.RequestBody); // a bug: nobody shall wait for the rest
            throw;
        }
    }

    public static Problem ProblemOf(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new(ProblemTypes.BodyTooLarge) { Detail = e.Message },
        StatusCodes.Status408RequestTimeout => new(ProblemTypes.RequestTimeout) { Detail = e.Message },
        _ => new(ProblemTypes.MalformedRequest) { Detail = e.Message },
    };

    private async ValueTask<bool> WriteAsync(ByteWriter output, ReadOnlySequence<byte> data)
    {
        while (data.Length > 0)
        {
            var piece = data.Slice(0, Math.Min(data.Length, PieceBytesMax));
            output.Clear();
            if (shape.Body == Framing.Chunked)
            {
                output.WriteHex(piece.Length);
                output.Write("\r\n"u8);
            }

            piece.CopyTo(output.Free((int)piece.Length));
            output.Advance((int)piece.Length);
            if (shape.Body == Framing.Chunked) output.Write("\r\n"u8);

            if (!await connection.WriteAsync(output.Written)) return false;

            // The service's time counts from the last that it got: a slow client is not its fault.
            connection.Deadline.Extend(timeout);
            data = data.Slice(piece.End);
        }

        return true;
    }

    private ValueTask<bool> WriteEndAsync(ByteWriter output)
    {
        output.Clear();
        output.Write("0\r\n"u8);
        if (request.HttpContext.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } trailers)
        {
            foreach (var (name, values) in trailers.Trailers)
            {
                if (!FieldText.IsToken(name) || !FieldName.IsAllowedInTrailers(name)) continue;

                foreach (string? value in values)
                {
                    if (!FieldText.IsValue(value.AsSpan())) continue;
                    output.WriteLatin1(name);
                    output.Write(": "u8);
                    output.WriteLatin1(value);
                    output.Write("\r\n"u8);
                }
            }
        }

        output.Write("\r\n"u8);
        return connection.WriteAsync(output.Written);
    }

    private void Refuse(Problem problem)
    {
        Problem = problem;
        connection.Abort(AbortReason.RequestBody);
    }
}

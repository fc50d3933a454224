using System.Buffers;
using System.IO.Pipelines;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Content;

/// <summary>A body that was read whole: as it came, and with its Content-Encoding taken off.</summary>
public readonly record struct WholeBody(ReadOnlyMemory<byte> AsSent, ReadOnlyMemory<byte> Plain);

/// <summary>Reads bodies whole, within a limit on what was sent and on what it expands to.</summary>
public static class BodyReader
{
    public static ValueTask<(WholeBody Body, Problem? Problem)> ReadAsync(Exchange exchange, GatewayLimits limits)
    {
        var request = exchange.Request;
        if (request.ContentLength > limits.BodyBytesMax) return new((default, TooLarge(limits)));

        // Nearly every body has arrived together with its header section.
        var reader = request.BodyReader;
        if (request.ContentLength is { } length && reader.TryRead(out var read))
        {
            if (read.Buffer.Length == length)
            {
                byte[] bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return new(Decode(exchange, bytes, limits));
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        return ReadOnAsync(exchange, reader, limits);
    }

    private static async ValueTask<(WholeBody Body, Problem? Problem)> ReadOnAsync(Exchange exchange, PipeReader reader, GatewayLimits limits)
    {
        while (true)
        {
            var read = await reader.ReadAsync(exchange.Http.RequestAborted);
            if (read.Buffer.Length > limits.BodyBytesMax)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (default, TooLarge(limits));
            }

            if (read.IsCompleted)
            {
                byte[] bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return Decode(exchange, bytes, limits);
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static (WholeBody Body, Problem? Problem) Decode(Exchange exchange, byte[] bytes, GatewayLimits limits)
    {
        var encoding = exchange.Request.Headers.ContentEncoding;
        if (encoding.Count == 0) return (new(bytes, bytes), null);

        var plain = RequestDecompression.Decode(encoding, bytes, limits.BodyBytesMax);
        return plain.Problem is null ? (new(bytes, plain.Body), null) : (default, plain.Problem);
    }

    private static Problem TooLarge(GatewayLimits limits) =>
        new(ProblemTypes.BodyTooLarge, $"The limit is {limits.BodyBytesMax} bytes.");
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Stateway.Gateway.Content.Negotiation;

namespace Stateway.Gateway.Content.Compression;

/// <summary>Expands the body of a request, up to a limit: a bomb costs no more than what the limit allows.</summary>
public static class BodyExpansion
{
    private const int GzipBytesMin = 18; // header and trailer

    /// <param name="body">Nothing expands to nothing, in any coding: some clients code an empty body so.</param>
    /// <param name="output">Gets the body; when the result is another than <see cref="ExpandResult.Ok"/>, a part of it that means nothing.</param>
    /// <param name="bytesMax">Of the expanded body.</param>
    public static ExpandResult Expand(ContentCoding coding, ReadOnlyMemory<byte> body, IBufferWriter<byte> output, int bytesMax)
    {
        if (body.IsEmpty) return ExpandResult.Ok;

        switch (coding)
        {
            case ContentCoding.Brotli:
                return Brotli(body.Span, output, bytesMax);
            case ContentCoding.Gzip:
                return Gzip(body, output, bytesMax);
            default:
                if (body.Length > bytesMax) return ExpandResult.TooLarge;
                output.Write(body.Span);
                return ExpandResult.Ok;
        }
    }

    private static ExpandResult Brotli(ReadOnlySpan<byte> body, IBufferWriter<byte> output, int bytesMax)
    {
        using var decoder = new BrotliDecoder();
        int total = 0;
        while (true)
        {
            // One byte more than may come, so that a body of exactly the limit still ends.
            var span = output.GetSpan();
            span = span[..(int)Math.Min(span.Length, (long)bytesMax - total + 1)];
            var status = decoder.Decompress(body, span, out int consumed, out int written);
            output.Advance(written);
            total += written;
            body = body[consumed..];
            if (total > bytesMax) return ExpandResult.TooLarge;

            switch (status)
            {
                case OperationStatus.Done: return body.IsEmpty ? ExpandResult.Ok : ExpandResult.Malformed;
                case OperationStatus.NeedMoreData or OperationStatus.InvalidData: return ExpandResult.Malformed;
            }
        }
    }

    /// <summary>One member (RFC 1952, section 2.2); a second one is malformed here.</summary>
    private static ExpandResult Gzip(ReadOnlyMemory<byte> body, IBufferWriter<byte> output, int bytesMax)
    {
        if (body.Length < GzipBytesMin) return ExpandResult.Malformed;

        if (!MemoryMarshal.TryGetArray(body, out var bytes)) bytes = body.ToArray();
        using var gzip = new GZipStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), CompressionMode.Decompress);
        int total = 0;
        try
        {
            while (true)
            {
                var span = output.GetSpan();
                int read = gzip.Read(span[..(int)Math.Min(span.Length, (long)bytesMax - total + 1)]);
                if (read == 0) break;

                output.Advance(read);
                total += read;
                if (total > bytesMax) return ExpandResult.TooLarge;
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            return ExpandResult.Malformed; // the stream's only way to say so
        }

        // The stream takes a body that was cut off, or that has something behind it, without a word. Then the last
        // four bytes are not the size that belongs there.
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(body.Span[^4..]);
        return size == total ? ExpandResult.Ok : ExpandResult.Malformed;
    }
}

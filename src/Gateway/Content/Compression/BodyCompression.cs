using System.Buffers;
using System.IO.Compression;
using Stateway.Gateway.Content.Negotiation;

namespace Stateway.Gateway.Content.Compression;

/// <summary>Codes the body of a response, at levels that cost little time.</summary>
public static class BodyCompression
{
    /// <summary>A smaller body fits into one packet with or without compression.</summary>
    public const int BytesMin = 1_400;

    private const int BrotliQuality = 1;

    /// <summary>Log₂ of the window: 256 KB. More would cost memory for each response and gains little at this quality.</summary>
    private const int BrotliWindow = 18;

    /// <summary>The coding that this body is sent in. An empty one is never coded.</summary>
    public static ContentCoding For(CodingChoice choice, string contentType, int bytes)
    {
        bool isWorthIt = bytes >= BytesMin && IsText(contentType);
        return bytes > 0 && (isWorthIt || choice.IsIdentityRefused) ? choice.Coding : ContentCoding.Identity;
    }

    /// <summary>Whether bodies of this type are text, and so shrink; images and archives are compressed already.</summary>
    public static bool IsText(string contentType)
    {
        var type = contentType.AsSpan();
        int end = type.IndexOf(';');
        if (end >= 0) type = type[..end].TrimEnd();

        const StringComparison anyCase = StringComparison.OrdinalIgnoreCase;
        // An event stream is flushed event by event, and never a whole body.
        if (type.StartsWith("text/", anyCase)) return !type.Equals("text/event-stream", anyCase);
        return type.EndsWith("+json", anyCase) || type.EndsWith("+xml", anyCase)
            || type.Equals("application/json", anyCase) || type.Equals("application/xml", anyCase)
            || type.Equals("application/x-ndjson", anyCase) || type.Equals("application/javascript", anyCase)
            || type.Equals("application/yaml", anyCase);
    }

    /// <summary>Writes the whole body in a coding; <see cref="ContentCoding.Identity"/> copies it.</summary>
    public static void Compress(ContentCoding coding, ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        switch (coding)
        {
            case ContentCoding.Brotli:
                Brotli(body, output);
                break;
            case ContentCoding.Gzip:
                using (var gzip = new GZipStream(new WriterStream(output), CompressionLevel.Fastest)) gzip.Write(body);
                break;
            default:
                output.Write(body);
                break;
        }
    }

    private static void Brotli(ReadOnlySpan<byte> body, IBufferWriter<byte> output)
    {
        using var encoder = new BrotliEncoder(BrotliQuality, BrotliWindow);
        while (true)
        {
            var status = encoder.Compress(body, output.GetSpan(4096), out int consumed, out int written, isFinalBlock: true);
            output.Advance(written);
            body = body[consumed..];
            if (status == OperationStatus.Done) return;
        }
    }
}

using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stateway.Gateway.Content.Compression;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Content;

/// <summary>Writes an answer's content: form by <c>Accept</c>, compressed by <c>Accept-Encoding</c>, with its length.</summary>
public static class Answering
{
    /// <summary>Of every answer whose form the client chose.</summary>
    public static readonly StringValues Vary = "Accept, Accept-Encoding";

    /// <summary>Larger content is handed to the connection as it is, instead of being copied into its buffer.</summary>
    private const int CopiedBytesMax = 8 * 1024;

    /// <returns>False when the client takes neither JSON nor XML.</returns>
    public static bool TryChoose(Exchange exchange, out AcceptChoice choice)
    {
        choice = AcceptField.Choose(exchange.Request.Headers.Accept);
        return choice.Format != BodyFormat.None;
    }

    public static Problem NotAcceptable() => new(ProblemTypes.NotAcceptable, $"There is {AcceptChoice.Available}.");

    /// <summary>A change whose answer nobody could read is refused before it is made.</summary>
    public static Problem? Refuses(Exchange exchange) => TryChoose(exchange, out _) ? null : NotAcceptable();

    /// <summary>How content of this size goes out; part of the entity tag, because the bytes differ.</summary>
    public static ContentCoding CodingFor(Exchange exchange, string contentType, int length)
    {
        var accept = exchange.Request.Headers.AcceptEncoding;
        return length < BodyCompression.BytesMin || accept.Count == 0 ? ContentCoding.Identity : BodyCompression.For(EncodingFields.Choose(accept), contentType, length);
    }

    public static bool IsConditional(HttpRequest request)
    {
        var headers = request.Headers;
        return headers.IfNoneMatch.Count > 0 || headers.IfMatch.Count > 0 || headers.IfModifiedSince.Count > 0 || headers.IfUnmodifiedSince.Count > 0;
    }

    /// <param name="negotiated">The client had a choice of forms.</param>
    public static ValueTask<Problem?> WriteAsync(Exchange exchange, string contentType, ReadOnlyMemory<byte> content, bool negotiated = false)
    {
        var response = exchange.Response;
        response.ContentType = contentType;
        if (negotiated) response.Headers.Vary = Vary;

        var coding = CodingFor(exchange, contentType, content.Length);
        if (coding != ContentCoding.Identity)
        {
            var coded = new ArrayBufferWriter<byte>(content.Length / 2 + 16);
            BodyCompression.Compress(coding, content.Span, coded);
            content = coded.WrittenMemory;
            response.Headers.ContentEncoding = coding == ContentCoding.Gzip ? "gzip" : "br";
            if (!negotiated) response.Headers.Append("Vary", "Accept-Encoding");
        }

        response.ContentLength = content.Length;
        if (content.Length > CopiedBytesMax) return FlushAsync(response, content);

        // The server sends what is in its buffer when the request ends: no flush of our own, nothing to wait for.
        var writer = response.BodyWriter;
        content.Span.CopyTo(writer.GetSpan(content.Length));
        writer.Advance(content.Length);
        return default;

        static async ValueTask<Problem?> FlushAsync(HttpResponse response, ReadOnlyMemory<byte> content)
        {
            await response.BodyWriter.WriteAsync(content);
            return null;
        }
    }

    internal static async ValueTask WriteProblemAsync(Exchange exchange, ReadOnlyMemory<byte> json)
    {
        var choice = AcceptField.Choose(exchange.Request.Headers.Accept);
        if (choice.ProblemFormat == BodyFormat.Xml)
        {
            var xml = new ArrayBufferWriter<byte>(json.Length * 2);
            XmlForm.Problem.Write(json.Span, xml);
            json = xml.WrittenMemory;
        }

        await WriteAsync(exchange, choice.ProblemContentType, json);
    }

    /// <summary>A strong tag made of the content itself.</summary>
    public static string ETagOf(ReadOnlySpan<byte> content) => string.Create(CultureInfo.InvariantCulture, $"\"{ContentHash.Of(content):x16}\"");

    /// <summary>Weak comparison (RFC 9110, section 8.8.3.2) of a list of tags with one.</summary>
    public static bool Matches(StringValues tags, string etag)
    {
        string opaque = etag.StartsWith("W/", StringComparison.Ordinal) ? etag[2..] : etag;
        foreach (string? line in tags)
        {
            // A tag with its quotes is never part of another one.
            if (line is "*" || (line is not null && line.Contains(opaque, StringComparison.Ordinal))) return true;
        }

        return false;
    }
}

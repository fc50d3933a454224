using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stateway.Gateway.Content.Compression;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Content;

/// <summary>A body that was read whole: as it came, and with its Content-Encoding taken off.</summary>
public readonly record struct WholeBody(ReadOnlyMemory<byte> AsSent, ReadOnlyMemory<byte> Plain);

/// <summary>Reads bodies whole, within a limit on what was sent and on what it expands to.</summary>
public static class BodyReader
{
    /// <summary>Over HTTP/2 nothing need announce a body: its stream just goes on.</summary>
    public static bool HasBody(HttpRequest request) =>
        request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0
        || (request.ContentLength is null && HttpProtocol.IsHttp2(request.Protocol)
            && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is true);

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

        if (!EncodingFields.TryReadRequest(encoding, out var coding))
        {
            return (default, new Problem(ProblemTypes.UnsupportedMediaType, $"Content-Encoding: {encoding} is not taken here; {EncodingFields.Available} is, one at a time.")
                .With("Accept-Encoding", EncodingFields.Available));
        }

        if (coding == ContentCoding.Identity) return (new(bytes, bytes), null);

        var plain = new ArrayBufferWriter<byte>(bytes.Length * 4 + 16);
        return BodyExpansion.Expand(coding, bytes, plain, limits.BodyBytesMax) switch
        {
            ExpandResult.Ok => (new(bytes, plain.WrittenMemory), null),
            ExpandResult.TooLarge => (default, TooLarge(limits)),
            _ => (default, new(ProblemTypes.MalformedBody, $"The body is not what Content-Encoding: {encoding} says.")),
        };
    }

    /// <summary>Reads a body that is JSON or XML as JSON. It is not validated yet.</summary>
    /// <param name="again">A target will read the request's body once more.</param>
    public static async ValueTask<(ReadOnlyMemory<byte> Json, Problem? Problem)> ReadJsonAsync(
        Exchange exchange, GatewayLimits limits, Lazy<XmlForm> xml, bool again = false)
    {
        var type = ContentType.Parse(exchange.Request.ContentType);
        if (type.Status == ContentTypeStatus.Absent && !HasBody(exchange.Request))
            return (default, Missing());

        bool isXml = type is { Status: ContentTypeStatus.Known, Format: BodyFormat.Xml };
        if (!isXml && type is not { Status: ContentTypeStatus.Known, MediaType: "application/json" })
        {
            const string taken = "application/json, application/xml";
            return (default, new Problem(ProblemTypes.UnsupportedMediaType, type.Status switch
            {
                ContentTypeStatus.Absent => $"The body needs a Content-Type: {taken}.",
                ContentTypeStatus.UnsupportedCharset => "The charset must be UTF-8.",
                _ => $"{exchange.Request.ContentType} is not taken here; {taken} is.",
            }).With("Accept", taken));
        }

        var (body, problem) = await ReadAsync(exchange, limits);
        if (again && problem is null) GiveBack(exchange, body);
        if (problem is not null || !isXml) return (body.Plain, problem);

        var json = new ArrayBufferWriter<byte>(body.Plain.Length + 16);
        return xml.Value.TryRead(body.Plain, json, out var error)
            ? (json.WrittenMemory, null)
            : (default, new(ProblemTypes.MalformedBody, error.ToString()) { Errors = [new(error.Code, error.ToString())] });
    }

    /// <summary>Lets the request's body be read once more, as it was sent.</summary>
    public static void GiveBack(Exchange exchange, WholeBody body)
    {
        if (!MemoryMarshal.TryGetArray(body.AsSent, out var bytes)) bytes = body.AsSent.ToArray();
        exchange.Request.Body = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
    }

    public static Problem Missing() => new(ProblemTypes.MalformedBody, "A body is needed, and there is none.");

    private static Problem TooLarge(GatewayLimits limits) =>
        new(ProblemTypes.BodyTooLarge, $"The limit is {limits.BodyBytesMax} bytes.");
}

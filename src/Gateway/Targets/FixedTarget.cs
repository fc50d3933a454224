using System.Buffers;
using System.Text.Json;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>Answers with the same bytes every time: the served document, an API's base, a problem's explanation.</summary>
public sealed class FixedTarget(string mediaType, ReadOnlyMemory<byte> content, params KeyValuePair<string, string>[] headers) : ITarget
{
    private readonly string _etag = Answering.ETagOf(content.Span);

    /// <summary>A page that explains a kind of problem (RFC 9457, section 3.1.1).</summary>
    public static FixedTarget Of(ProblemType type) => OfObject([], writer =>
    {
        writer.WriteString("type", type.Path);
        writer.WriteString("title", type.Title);
        writer.WriteNumber("status", type.Status);
        writer.WriteString("code", type.Code);
        writer.WriteString("explanation", type.Explanation);
    });

    /// <param name="write">Writes the members of a JSON object.</param>
    public static FixedTarget OfObject(KeyValuePair<string, string>[] headers, Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json, JsonOptions.Readable))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return new FixedTarget("application/json", json.WrittenMemory, headers);
    }

    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        foreach (var (name, value) in headers) exchange.Response.Headers[name] = value;
        // A strong tag is of the very bytes, so each coding has its own.
        var coding = Answering.CodingFor(exchange, mediaType, content.Length);
        string etag = coding == ContentCoding.Identity ? _etag : $"{_etag[..^1]}-{(coding == ContentCoding.Gzip ? 'g' : 'b')}\"";
        exchange.Response.Headers.ETag = etag;
        if (exchange.Request.Headers.IfNoneMatch.Count > 0 && Answering.Matches(exchange.Request.Headers.IfNoneMatch, etag))
        {
            exchange.Response.StatusCode = 304;
            return default;
        }

        return Answering.WriteAsync(exchange, mediaType, content);
    }
}

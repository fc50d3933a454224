using System.Buffers;
using System.Text;
using System.Text.Json;
using Stateway.Collections.Writing;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Problems;
using Stateway.Model.Schemas;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>GET on a kind's <c>why</c>: the chain of causes that made a resource what it is, as JSON, as XML, or as lines of text.</summary>
internal sealed class Why(Collection collection, CollectionServices services)
{
    private const string PlainText = "text/plain";

    private static readonly Lazy<XmlForm> Xml = new(static () => XmlForm.Of(Shape.Any, "why"));

    public async ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();
        if (Parameters.Check(exchange.Request) is { } wrong) return wrong;

        bool canChoose = Answering.TryChoose(exchange, out var choice);
        bool isText = !canChoose && exchange.Request.Headers.Accept.Any(static line => line?.Contains(PlainText, StringComparison.OrdinalIgnoreCase) == true);
        if (!canChoose && !isText) return Answering.NotAcceptable();

        var ct = exchange.Http.RequestAborted;
        if (await services.Store.GetAsync(new Key(collection.StoreName, path), ct) is not { } entry) return Paths.NotFound(collection, path);

        var resource = KindResource.Of(entry);
        var explanation = collection.Oversight is { Explainer: { } explainer } ? await explainer(resource, ct) : OfItself(resource);
        exchange.Response.Headers.CacheControl = "no-store"; // it is of this moment, and has no tag
        if (isText) return await Answering.WriteAsync(exchange, PlainText + "; charset=utf-8", Encoding.UTF8.GetBytes(string.Join('\n', explanation.ToLines()) + "\n"), negotiated: true);

        var content = JsonOf(resource, explanation);
        if (choice.Format == BodyFormat.Xml)
        {
            var xml = new ArrayBufferWriter<byte>(content.Length * 2);
            Xml.Value.Write(content.Span, xml);
            content = xml.WrittenMemory;
        }

        return await Answering.WriteAsync(exchange, choice.ContentType, content, negotiated: true);
    }

    private static Explanation OfItself(KindResource resource)
    {
        string name = KindName.Of(resource.Key);
        return new(name, Explanation.Word(Explanation.IsReady(resource)), [.. Explanation.OfConditions(name, resource)]);
    }

    private static ReadOnlyMemory<byte> JsonOf(KindResource resource, Explanation explanation)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, JsonOptions.Readable))
        {
            json.WriteStartObject();
            json.WriteString("id", resource.Id);
            json.WriteString("resource", explanation.Resource);
            json.WriteString("summary", explanation.Summary);
            json.WriteStartArray("because");
            foreach (var cause in explanation.Because) Write(json, cause);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return output.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter json, Cause cause)
    {
        json.WriteStartObject();
        json.WriteString("resource", cause.Resource);
        json.WriteString("says", cause.Says);
        if (cause.Type is not null)
        {
            json.WriteString("type", cause.Type);
            json.WriteString("status", cause.Holds switch { true => "true", false => "false", null => "unknown" });
        }

        if (cause.Reason is not null) json.WriteString("reason", cause.Reason);
        if (cause.Since is { } since) json.WriteString("since", Composer.TextOf(since));
        if (cause.NextTry is { } next) json.WriteString("next_try", Composer.TextOf(next));
        json.WriteEndObject();
    }
}

using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Gateway.Content.Negotiation;
using Stateway.Gateway.Content.Xml;
using Stateway.Model.Problems;
using Stateway.Store;
using Stateway.Store.Staging;

namespace Stateway.Collections.Representations;

/// <summary>Writes resources and lists as answers: form by <c>Accept</c>, tag, dates, conditions.</summary>
internal static class Answers
{
    /// <summary>Answers a GET with a resource as it is stored.</summary>
    public static ValueTask<Problem?> OneAsync(Exchange exchange, Collection collection, Entry entry)
    {
        return OneAsync(exchange, collection, entry, Served(collection, collection.Read(entry)), tagged: true);
    }

    /// <param name="value">What is served of the entry.</param>
    public static ValueTask<Problem?> OneAsync(Exchange exchange, Collection collection, Entry entry, ReadOnlyMemory<byte> value, bool tagged)
    {
        if (!Answering.TryChoose(exchange, out var choice)) return new(Answering.NotAcceptable());

        if (choice.Format == BodyFormat.Xml) value = ToXml(collection.Xml, value);
        var headers = exchange.Response.Headers;
        if (tagged)
        {
            var coding = Answering.CodingFor(exchange, choice.ContentType, value.Length);
            string etag = EntityTag.Of(collection.VersionOf(entry), choice.Format, coding);
            headers.ETag = etag;
            headers.LastModified = entry.UpdateTime.ToString("r", CultureInfo.InvariantCulture);
            if (Answering.IsConditional(exchange.Request))
            {
                switch (Conditions.ForRead(exchange.Request.Headers, collection, entry, etag))
                {
                    case Conditions.Reading.NotModified:
                        exchange.Response.StatusCode = StatusCodes.Status304NotModified;
                        headers.Vary = Answering.Vary;
                        return default;
                    case Conditions.Reading.Failed:
                        return new(Conditions.Failed(collection, entry, "The condition"));
                }
            }
        }

        return WriteAsync(exchange, choice, value);
    }

    /// <summary>Answers a write with the resource as it is now, or without content when the client prefers that.</summary>
    /// <param name="now">When it is answered; null: when the entry was written, by this very request.</param>
    public static ValueTask<Problem?> WrittenAsync(
        Exchange exchange, Collection collection, Entry entry, int status, Preferences preferences, DateTimeOffset? now = null)
    {
        if (!Answering.TryChoose(exchange, out var choice)) choice = AcceptChoice.Json; // it is done: too late to refuse

        var response = exchange.Response;
        var value = Served(collection, entry.Value);
        if (choice.Format == BodyFormat.Xml) value = ToXml(collection.Xml, value);
        preferences.Acknowledge(response);
        if (StagedResources.IsStaged(entry.Revision)) return FinishAsync(exchange, choice, value, status, preferences); // nothing that a validator could be made of

        SetRevision(response, entry.Revision);
        response.Headers.ETag = EntityTag.Of(collection.VersionOf(entry), choice.Format, preferences.Minimal ? ContentCoding.Identity : Answering.CodingFor(exchange, choice.ContentType, value.Length));
        // The server's own Date may be a second old, and Last-Modified must not be later (RFC 9110, section 8.8.2.1).
        response.Headers.LastModified = response.Headers.Date = entry.UpdateTime.ToString("r", CultureInfo.InvariantCulture);
        if (now is { } answered) response.Headers.Date = answered.ToString("r", CultureInfo.InvariantCulture);
        return FinishAsync(exchange, choice, value, status, preferences);
    }

    /// <summary>Tells the client of a write from which revision on a read sees it.</summary>
    public static void SetRevision(HttpResponse response, long revision) =>
        response.Headers["Stateway-Revision"] = revision.ToString(CultureInfo.InvariantCulture);

    private static ValueTask<Problem?> FinishAsync(Exchange exchange, AcceptChoice choice, ReadOnlyMemory<byte> value, int status, Preferences preferences)
    {
        var response = exchange.Response;
        if (preferences.Minimal)
        {
            response.StatusCode = status == StatusCodes.Status200OK ? StatusCodes.Status204NoContent : status;
            return default;
        }

        response.StatusCode = status;
        return WriteAsync(exchange, choice, value);
    }

    /// <param name="tag">Null when the list has none.</param>
    /// <param name="xml">Gives the form for those who ask for XML.</param>
    public static ValueTask<Problem?> ListAsync(Exchange exchange, Collection collection, ReadOnlyMemory<byte> json, ulong? tag, Func<Collection, XmlForm> xml)
    {
        if (!Answering.TryChoose(exchange, out var choice)) return new(Answering.NotAcceptable());

        if (tag is { } hash)
        {
            string etag = string.Create(CultureInfo.InvariantCulture, $"W/\"{hash:x16}-{(choice.Format == BodyFormat.Json ? 'j' : 'x')}\"");
            exchange.Response.Headers.ETag = etag;
            if (exchange.Request.Headers.IfNoneMatch is { Count: > 0 } known && (EntityTag.IsAny(known) || Answering.Matches(known, etag)))
            {
                exchange.Response.StatusCode = StatusCodes.Status304NotModified;
                exchange.Response.Headers.Vary = Answering.Vary;
                return default;
            }
        }

        return WriteAsync(exchange, choice, choice.Format == BodyFormat.Json ? json : ToXml(xml(collection), json));
    }

    private static ValueTask<Problem?> WriteAsync(Exchange exchange, AcceptChoice choice, ReadOnlyMemory<byte> content) =>
        Answering.WriteAsync(exchange, choice.ContentType, content, negotiated: true);

    private static ReadOnlyMemory<byte> ToXml(XmlForm form, ReadOnlyMemory<byte> json)
    {
        var xml = new ArrayBufferWriter<byte>(json.Length * 2);
        form.Write(json.Span, xml);
        return xml.WrittenMemory;
    }

    /// <summary>What is served of a stored value: all of it but the writeOnly fields.</summary>
    public static ReadOnlyMemory<byte> Served(Collection collection, ReadOnlyMemory<byte> value)
    {
        if (collection.WriteOnlyMask is not { } mask) return value;

        var output = new ArrayBufferWriter<byte>(value.Length);
        mask.Write(value.Span, output);
        return output.WrittenMemory;
    }
}

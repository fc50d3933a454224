using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stateway.Collections.Representations;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Model.Expressions;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>GET on a resource and on a collection.</summary>
internal sealed class Reads(Collection collection, CollectionServices services)
{
    public ValueTask<Problem?> GetAsync(Exchange exchange)
    {
        if (Paths.OfResource(exchange) is not { } path) return new(Paths.MalformedId());
        if (exchange.Request.QueryString.HasValue) return GetPartAsync(exchange, path);

        // Nearly every read ends here: the entry is at hand, and its bytes are copied as they are.
        var found = services.Store.GetAsync(new Key(collection.StoreName, path), exchange.Http.RequestAborted);
        if (!found.IsCompletedSuccessfully) return AwaitAsync(found);

        return found.Result is { } entry ? Answers.OneAsync(exchange, collection, entry) : new(Paths.NotFound(collection, path));

        async ValueTask<Problem?> AwaitAsync(ValueTask<Entry?> reading) =>
            await reading is { } entry ? await Answers.OneAsync(exchange, collection, entry) : Paths.NotFound(collection, path);
    }

    /// <summary>A GET with parameters: a part of the resource, or how it was.</summary>
    private async ValueTask<Problem?> GetPartAsync(Exchange exchange, string path)
    {
        var asked = ListRequest.ReadOfOne(exchange, collection, out var problem);
        if (problem is not null) return problem;

        var ct = exchange.Http.RequestAborted;
        if (asked.MinRevision is { } least && await Revisions.ReachAsync(least, services, ct) is { } notReached) return notReached;

        var point = new PointInTime(services.Store, asked.Revision);
        if (await point.GetAsync(new Key(collection.StoreName, path), ct) is not { } entry) return point.Refusal ?? Paths.NotFound(collection, path, asked.Revision);

        var value = await PartAsync(collection.Read(entry), asked, point, ct);
        if (point.Refusal is not null) return point.Refusal;

        // What was expanded changes without this resource's revision, so such an answer has no tag.
        return await Answers.OneAsync(exchange, collection, entry, value, tagged: asked.Expand is null);
    }

    public async ValueTask<Problem?> ListAsync(Exchange exchange)
    {
        if (Paths.OfParent(exchange) is not { } parent) return Paths.MalformedId();

        var asked = ListRequest.Read(exchange, collection, out var problem);
        if (problem is not null) return problem;

        var preferences = Preferences.Of(exchange.Request, isList: true);
        problem = asked.ToQuery(parent.Length == 0 ? null : parent, services.PageTokens, preferences.CountExact, out var query);
        if (problem is not null) return problem;

        var ct = exchange.Http.RequestAborted;
        if (asked.MinRevision is { } least && await Revisions.ReachAsync(least, services, ct) is { } notReached) return notReached;

        var point = new PointInTime(services.Store, query.Revision, asked.IsPinned);
        if (collection.Parent is { } owner && await point.GetAsync(new Key(owner.StoreName, parent), ct) is null)
            return point.Refusal ?? Paths.NotFound(owner, parent, query.Revision);

        if (query.After is { Values.IsDefault: true } atLongValues)
        {
            if (await point.GetAsync(new Key(collection.StoreName, atLongValues.Path), ct) is not { } row)
                return point.Refusal ?? PageTokens.Expired("The row that the page before ended with is not to be found.");
            query = query with { After = new(ValuesOf(row, query.Order), atLongValues.Path) };
        }

        switch (await services.Store.QueryAsync(query, ct))
        {
            case QueryResult.Page page:
                preferences.Acknowledge(exchange.Response);
                return await AnswerAsync(exchange, asked, page, parent, point, ct);

            case QueryResult.TooManyScanned scanned:
                string fields = string.Join(", ", scanned.Fields);
                return new(ProblemTypes.InvalidFilter, $"The filter reads more than {scanned.ScannedMax} rows: declare {fields} under filter of {collection.Declaration.Name}, or narrow the filter by a declared field.")
                {
                    Errors = [new("NOT_INDEXED", $"{fields} is not declared as a filter.") { Parameter = "filter" }],
                };

            case QueryResult.Gone gone:
                return point.Gone(gone.State);

            case QueryResult.NotYet early:
                return point.NotYet(early.State);

            case QueryResult.Unavailable unavailable:
                return new Problem(ProblemTypes.Unavailable) { Cause = unavailable.Reason }.With("Retry-After", "1");

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private ImmutableArray<Value> ValuesOf(Entry row, ImmutableArray<OrderKey> order)
    {
        using var document = JsonDocument.Parse(row.Value);
        var values = ImmutableArray.CreateBuilder<Value>(order.Length);
        foreach (var key in order)
        {
            if (key.Field.Length == 0) continue; // the path itself
            var field = FieldPath.Of(key.Field, collection.Shape);
            var at = document.RootElement;
            bool isThere = true;
            foreach (string segment in field.Segments) isThere = isThere && at.ValueKind == JsonValueKind.Object && at.TryGetProperty(segment, out at);
            values.Add(isThere ? Value.FromJson(at, field.IsTimestamp) : Value.Missing);
        }

        return values.ToImmutable();
    }

    private async ValueTask<Problem?> AnswerAsync(Exchange exchange, ListRequest asked, QueryResult.Page page, string parent, PointInTime point, CancellationToken ct)
    {
        long revision = asked.Revision ?? page.Revision;
        var json = new ArrayBufferWriter<byte>(256 + page.Entries.Sum(e => e.Value.Length + 1));
        json.Write("{\"results\":["u8);
        for (int i = 0; i < page.Entries.Length; i++)
        {
            if (i > 0) json.Write(","u8);
            var value = collection.Read(page.Entries[i]);
            if (asked.Expand is not null)
            {
                json.Write((await PartAsync(value, asked, point, ct)).Span);
                if (point.Refusal is not null) return point.Refusal;
                if (json.WrittenCount > services.Limits.ListBytesMax) return TooMuchExpanded();
            }
            else if (asked.Fields is { } mask) mask.Write(value.Span, json);
            else json.Write(value.Span);
        }

        json.Write("]"u8);
        var headers = exchange.Response.Headers;
        if (page.Next is { } next)
        {
            string token = services.PageTokens.Issue(next, asked.Identity(parent.Length == 0 ? null : parent), revision);
            json.Write(",\"next_page_token\":\""u8);
            json.Write(Encoding.ASCII.GetBytes(token));
            json.Write("\""u8);
            headers.Link = NextLink(exchange.Request, token);
        }

        if (page.TotalSize is { } total) json.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"total_size\":{total}")));
        json.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"revision\":\"{revision}\"}}")));
        return await Answers.ListAsync(exchange, collection, json.WrittenMemory, asked.Expand is null ? TagOf(page, revision) : null, static c => c.XmlList);
    }

    private async ValueTask<ReadOnlyMemory<byte>> PartAsync(ReadOnlyMemory<byte> value, ListRequest asked, PointInTime point, CancellationToken ct)
    {
        if (asked.Fields is { } mask)
        {
            var output = new ArrayBufferWriter<byte>(value.Length);
            mask.Write(value.Span, output);
            value = output.WrittenMemory;
        }

        return asked.Expand is { } expand ? await expand.ApplyAsync(value, point, ct) : value;
    }

    private Problem TooMuchExpanded() =>
        new(ProblemTypes.InvalidParameter, $"With what is expanded the list has more than {services.Limits.ListBytesMax} bytes: ask for fewer with max_page_size, or expand less.")
        {
            Errors = [new("TOO_LARGE", "Too much would be expanded.") { Parameter = "expand" }],
        };

    public static string NextLink(HttpRequest request, string token)
    {
        var url = new StringBuilder("<").Append(request.Path.ToUriComponent()).Append('?');
        foreach (var (name, values) in request.Query)
        {
            if (name == "page_token") continue;
            foreach (string? value in values) url.Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value ?? "")).Append('&');
        }

        return url.Append("page_token=").Append(token).Append(">; rel=\"next\"").ToString();
    }

    /// <summary>
    /// A weak tag made of what the page holds, not of the store's revision in it: it stays the same while only other
    /// resources change, so that a poll is answered with 304. Where another page follows, the revision counts: the token
    /// leads on to the list as it was at that revision, and who polls would never see the pages behind change.
    /// </summary>
    private static ulong TagOf(QueryResult.Page page, long revision)
    {
        ulong hash = ContentHash.Start;
        foreach (var entry in page.Entries) hash = ContentHash.Add(ContentHash.Add(hash, entry.Key.Path), (ulong)entry.Revision);
        return ContentHash.Add(ContentHash.Add(hash, page.Next is null ? 0UL : (ulong)revision + 1), (ulong)(page.TotalSize ?? -1));
    }
}

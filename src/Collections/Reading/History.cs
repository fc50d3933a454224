using System.Buffers;
using System.Globalization;
using System.Text;
using Stateway.Collections.Representations;
using Stateway.Collections.Writing;
using Stateway.Gateway;
using Stateway.Gateway.Content;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Reading;

/// <summary>GET on a resource's history: its versions, the newest first, as far back as the store holds them.</summary>
internal sealed class History(Collection collection, CollectionServices services)
{
    /// <summary>Versions read at once. They may be large, and a page ends early when they are.</summary>
    private const int StepMax = 16;

    /// <summary>Of the stored values: with it a page ends, as a list's does.</summary>
    private const int BytesMax = 16 << 20;

    public async ValueTask<Problem?> ListAsync(Exchange exchange)
    {
        if (Paths.OfResource(exchange) is not { } path) return Paths.MalformedId();

        var asked = ListRequest.ReadOfHistory(exchange, collection, out var problem);
        if (problem is not null) return problem;

        string identity = $"history of\n{collection.StoreName}\n{path}";
        problem = asked.ReadPageToken(services.PageTokens, identity, out var after, out long before);
        if (problem is not null) return problem;

        var ct = exchange.Http.RequestAborted;
        if (asked.MinRevision is { } least && await Revisions.ReachAsync(least, services, ct) is { } notReached) return notReached;

        // A page goes on with what is older than the last version of the one before, whose revision its token has.
        var page = await ReadAsync(new Key(collection.StoreName, path), after is null ? long.MaxValue : before, asked.PageSize, ct);
        if (page.Versions.Count == 0 && after is null) return Paths.NotFound(collection, path);

        string? token = page.Older is null ? null : services.PageTokens.Issue(new([], path), identity, page.Versions[^1].Revision);
        return await AnswerAsync(exchange, asked.Fields, page, token);
    }

    /// <param name="Older">The version before the last of the page; null when none is held.</param>
    /// <param name="BeginsWithAdded">Without an older one: whether there was none, or it is no longer held.</param>
    private readonly record struct Page(List<EntryVersion> Versions, EntryVersion? Older, bool BeginsWithAdded);

    private async ValueTask<Page> ReadAsync(Key key, long before, int size, CancellationToken ct)
    {
        var versions = new List<EntryVersion>(Math.Min(size, StepMax));
        long bytes = 0;
        while (true)
        {
            // One more than the page has: what was before says whether its last one was added or modified.
            var read = await services.Store.ReadVersionsAsync(key, before, Math.Min(StepMax, size + 1 - versions.Count), ct);
            foreach (var version in read.Versions)
            {
                if (versions.Count == size || bytes >= BytesMax) return new(versions, version, BeginsWithAdded: false);

                versions.Add(version);
                bytes += version.Entry?.Value.Length ?? 0;
            }

            if (!read.More || read.Versions.IsEmpty) break;
            before = versions[^1].Revision;
        }

        return new(versions, null, versions is [.., { Entry: { } oldest }] && await IsAddedAsync(oldest, ct));
    }

    /// <summary>
    /// Whether the oldest version held is the first one, or the first after a deletion. When all that was before it may have been
    /// given up, its own times tell: a resource that has just been created was changed when it was created.
    /// </summary>
    private async ValueTask<bool> IsAddedAsync(Entry oldest, CancellationToken ct)
    {
        // Asked behind the versions: what was compacted in between only makes it less sure.
        var state = await services.Store.ReadStateAsync(ct);
        if (state.Compacted == 0 || oldest.Revision > state.Compacted) return true;

        var value = oldest.Value.Span;
        return JsonSlice.Find(value, "create_time").SequenceEqual(JsonSlice.Find(value, "update_time"));
    }

    private ValueTask<Problem?> AnswerAsync(Exchange exchange, Mask? fields, Page page, string? token)
    {
        var versions = page.Versions;
        var json = new ArrayBufferWriter<byte>(256 + versions.Sum(v => 100 + (v.Entry?.Value.Length ?? 0)));
        ulong tag = ContentHash.Start;
        json.Write("{\"results\":["u8);
        for (int i = 0; i < versions.Count; i++)
        {
            var version = versions[i];
            var older = i + 1 < versions.Count ? versions[i + 1] : page.Older;
            string type = version.Entry is null ? "deleted"
                : older is null ? page.BeginsWithAdded ? "added" : "modified"
                : older.Entry is null ? "added" : "modified";
            tag = ContentHash.Add(ContentHash.Add(tag, (ulong)version.Revision), type);

            if (i > 0) json.Write(","u8);
            json.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"{{\"revision\":\"{version.Revision}\",\"time\":\"{version.Time.UtcDateTime.ToString(Composer.TimeFormat, CultureInfo.InvariantCulture)}\",\"type\":\"{type}\"")));
            if (version.Entry is { } entry)
            {
                json.Write(",\"object\":"u8);
                var value = collection.Read(entry);
                if (fields is null) json.Write(value.Span);
                else fields.Write(value.Span, json);
            }

            json.Write("}"u8);
        }

        json.Write("]"u8);
        if (token is not null)
        {
            json.Write(",\"next_page_token\":\""u8);
            json.Write(Encoding.ASCII.GetBytes(token));
            json.Write("\""u8);
            exchange.Response.Headers.Link = Reads.NextLink(exchange.Request, token);
        }

        json.Write("}"u8);
        return Answers.ListAsync(exchange, collection, json.WrittenMemory, ContentHash.Add(tag, token is null ? 0UL : 1UL), static c => c.XmlHistory);
    }
}

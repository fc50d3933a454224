using System.Collections.Immutable;
using System.Text.Json;
using Stateway.Client.Kinds;

namespace Stateway.Client;

/// <summary>Reads whole collections, page by page; a kind below others is read in every parent.</summary>
internal sealed class Listing(Session session)
{
    public const int RowsMax = 100_000;
    private const int PageSize = 500;

    private readonly List<(ResourceName Name, JsonElement Body)> _rows = [];

    /// <summary>More were there than are read at once.</summary>
    public bool IsCut { get; private set; }

    public IReadOnlyList<(ResourceName Name, JsonElement Body)> Rows => _rows;

    /// <param name="parents">Ids of the parents, from the outermost; fewer than it has stand for all below them.</param>
    /// <param name="query">Such as <c>filter=…</c>, percent-encoded; empty for none.</param>
    /// <returns>Null when all is read.</returns>
    public async Task<Failure?> ReadAsync(Kind kind, ImmutableArray<string> parents, string query, CancellationToken ct)
    {
        if (parents.Length == kind.Depth - 1) return await ReadOneAsync(kind, parents, query, isFound: false, ct);

        var above = new Listing(session);
        if (await above.ReadAsync(kind.Parent!, parents, "fields=id", ct) is { } failure) return failure;

        IsCut |= above.IsCut;
        foreach (var (parent, _) in above.Rows)
        {
            failure = await ReadOneAsync(kind, parent.Ids, query, isFound: true, ct);
            if (failure is not null) return failure;
            if (IsCut) break;
        }

        return null;
    }

    /// <param name="isFound">The parents come from a list, not from a person.</param>
    private async Task<Failure?> ReadOneAsync(Kind kind, ImmutableArray<string> parents, string query, bool isFound, CancellationToken ct)
    {
        string path = CollectionPath(kind, parents);
        string? token = null;
        do
        {
            string page = $"{path}?max_page_size={PageSize}{(query.Length == 0 ? "" : "&" + query)}{(token is null ? "" : "&page_token=" + Uri.EscapeDataString(token))}";
            var reply = await session.Api.SendAsync(Call.Get(page), ct);
            if (isFound && reply.IsMissing) return null; // the parent was there a moment ago
            if (reply is not Reply.Good { Body: var body }) return reply.ToFailure($"GET {path[1..]}");

            foreach (var row in body.GetProperty("results").EnumerateArray())
            {
                if (Session.Text(row, "id") is { } id) _rows.Add((new(kind, parents.Add(id)), row));
            }

            token = Session.Text(body, "next_page_token");
            IsCut = token is not null && _rows.Count >= RowsMax;
        }
        while (token is not null && !IsCut);
        return null;
    }

    public static string CollectionPath(Kind kind, ImmutableArray<string> parents) =>
        string.Concat(kind.Line.Select((each, i) => i < parents.Length ? $"/{each.Name}/{parents[i]}" : "/" + each.Name));
}

using System.Text;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Program;

/// <summary>Short words for what these tests say to a store.</summary>
internal static class Entries
{
    public static Write.Put Put(string collection, string path, string json, DateTimeOffset? time = null) =>
        new(new(collection, path), time ?? DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(json));

    public static async Task<long> WriteAsync(this IStore store, params Write[] writes) =>
        Assert.IsType<CommitResult.Committed>(await store.CommitAsync(new([], [.. writes]), CancellationToken.None)).Revision;

    /// <summary>Every entry of every collection: key, time and value.</summary>
    public static async Task<List<string>> AllAsync(this IStore store)
    {
        var all = new List<string>();
        foreach (var spec in await store.DescribeAsync(CancellationToken.None))
        {
            var query = new Query(spec.Name) { Limit = 1_000 };
            do
            {
                var page = Assert.IsType<QueryResult.Page>(await store.QueryAsync(query, CancellationToken.None));
                all.AddRange(page.Entries.Select(entry => $"{entry.Key} {entry.UpdateTime:O} {Encoding.UTF8.GetString(entry.Value.Span)}"));
                query = query with { After = page.Next };
            }
            while (query.After is not null);
        }

        return all;
    }
}

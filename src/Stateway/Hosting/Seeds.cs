using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Model.Apis.Seeds;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// Loads a collection's seed once, when it is empty and never had one: rows, children and the note that it was done are
/// one transaction, so a crash in between loads it again from the start, and a collection that its users emptied stays empty.
/// </summary>
internal static partial class Seeds
{
    /// <summary>Where it is noted which seeds were loaded.</summary>
    public static readonly CollectionSpec Notes = new("stateway/seeds", []);

    public static async Task LoadAsync(Catalog catalog, IStore store, TimeProvider time, ILogger logger, CancellationToken ct)
    {
        foreach (var collection in catalog.Collections)
        {
            if (collection.Declaration.Seed is null) continue;

            var note = new Key(Notes.Name, collection.StoreName);
            if (await store.GetAsync(note, ct) is not null) continue;

            var now = time.GetUtcNow();
            var writes = ImmutableArray.CreateBuilder<Write>();
            writes.Add(new Write.Put(note, now, "{}"u8.ToArray()));
            if (await IsEmptyAsync(collection, store, ct))
            {
                var reading = SeedFile.Read(collection.Declaration);
                if (reading.Errors.Count > 0)
                {
                    Log.Refused(logger, collection.StoreName, reading.Errors[0].ToString());
                    continue;
                }

                foreach (var row in reading.Rows)
                {
                    var key = new Key(row.Collection.StoreName, row.Path);
                    writes.Add(new Write.Put(key, now, catalog[key.Collection].ComposeSeed(row.Json.Span, row.Path, now)));
                }
            }

            // References and unique values were checked when the document was read, over all its seeds together.
            var result = await store.CommitAsync(new([new Precondition.AtRevision(note, 0)], writes.ToImmutable()), ct);
            if (result is CommitResult.Committed) Log.Loaded(logger, collection.StoreName, writes.Count - 1);
            else Log.Refused(logger, collection.StoreName, WhyNot(result));
        }
    }

    private static string WhyNot(CommitResult result) => result switch
    {
        CommitResult.Full => "the disk is full; it will be at the next start that finds room.",
        CommitResult.Unavailable unavailable => unavailable.Reason,
        _ => result.ToString(),
    };

    private static async ValueTask<bool> IsEmptyAsync(Collection collection, IStore store, CancellationToken ct) =>
        await store.QueryAsync(new Query(collection.StoreName) { Limit = 1 }, ct) is QueryResult.Page { Entries.IsEmpty: true };

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Information, "{Collection} began with {Rows} rows of its seed.")]
        public static partial void Loaded(ILogger logger, string collection, int rows);

        [LoggerMessage(2102, LogLevel.Warning, "The seed of {Collection} was not loaded: {Reason}")]
        public static partial void Refused(ILogger logger, string collection, string reason);
    }
}

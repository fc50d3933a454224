using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Model.Apis.Seeds;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>
/// Loads a collection's seed once, when it is empty and never had one: rows, children and the note that it was done are
/// one transaction, so a crash in between loads it again from the start, and a collection that its users emptied stays empty.
/// <para>
/// What is too much for one transaction of the store goes in pieces: a note that it has begun, the rows, and the note that it
/// was done. Every piece holds on to the first note, so of several nodes that load at once none writes after one was done.
/// </para>
/// </summary>
/// <param name="finished">The collections of which it is known that there is nothing to load any more; null when nothing is.</param>
internal sealed partial class Seeds(Catalog catalog, IStore store, TimeProvider time, ILogger logger, HashSet<string>? finished = null)
{
    /// <summary>Where it is noted which seeds were loaded.</summary>
    public static readonly CollectionSpec Notes = new("stateway/seeds", []);

    private const int PieceRowsMax = 100;

    private static readonly byte[] Begun = "{\"loading\":true}"u8.ToArray();
    private static readonly byte[] Done = "{}"u8.ToArray();

    /// <exception cref="StoreUnavailableException">The notes could not be read.</exception>
    public async Task LoadAsync(CancellationToken ct)
    {
        foreach (var collection in catalog.Collections)
        {
            if (collection.Declaration.Seed is null || finished?.Contains(collection.StoreName) == true) continue;
            await LoadAsync(collection, ct);
        }
    }

    private async Task LoadAsync(Collection collection, CancellationToken ct)
    {
        var key = new Key(Notes.Name, collection.StoreName);
        var note = await store.GetAsync(key, ct);
        bool isBegun = note is not null && note.Value.Span.SequenceEqual(Begun);
        if (note is not null && !isBegun)
        {
            finished?.Add(collection.StoreName);
            return;
        }

        var now = time.GetUtcNow();
        ImmutableArray<Write.Put> rows = [];
        if (isBegun || await IsEmptyAsync(collection, ct))
        {
            var reading = SeedFile.Read(collection.Declaration);
            if (reading.Errors.Count > 0)
            {
                Log.Refused(logger, collection.StoreName, reading.Errors[0].ToString());
                return;
            }

            // References and unique values were checked when the document was read, over all its seeds together.
            rows = [.. reading.Rows.Select(row => new Write.Put(
                new(row.Collection.StoreName, row.Path), now, catalog[row.Collection.StoreName].ComposeSeed(row.Json.Span, row.Path, now)))];
        }

        var loaded = isBegun ? await LoadInPiecesAsync(note!, rows, ct) : await LoadAtOnceAsync(key, rows, now, ct);
        switch (loaded)
        {
            case CommitResult.Committed: Log.Loaded(logger, collection.StoreName, rows.Length); break;
            case CommitResult.Conflict: break; // another node has done it
            default: Log.Refused(logger, collection.StoreName, WhyNot(loaded)); break;
        }
    }

    private async Task<CommitResult> LoadAtOnceAsync(Key note, ImmutableArray<Write.Put> rows, DateTimeOffset now, CancellationToken ct)
    {
        var isNew = new Precondition.AtRevision(note, 0);
        var result = await store.CommitAsync(new([isNew], [new Write.Put(note, now, Done), .. rows]), ct);
        if (result is not CommitResult.TooLarge) return result;

        var begun = await store.CommitAsync(new([isNew], [new Write.Put(note, now, Begun)]), ct);
        if (begun is not (CommitResult.Committed or CommitResult.Conflict)) return begun;

        // Of nodes that begin at once, those that come second help the first.
        return await store.GetAsync(note, ct) is { } entry && entry.Value.Span.SequenceEqual(Begun)
            ? await LoadInPiecesAsync(entry, rows, ct)
            : new CommitResult.Conflict(isNew, 0);
    }

    private async Task<CommitResult> LoadInPiecesAsync(Entry note, ImmutableArray<Write.Put> rows, CancellationToken ct)
    {
        var isLoading = new Precondition.AtRevision(note.Key, note.Revision);
        for (int i = 0; i < rows.Length; i += PieceRowsMax)
        {
            var result = await LoadPieceAsync(isLoading, rows[i..Math.Min(i + PieceRowsMax, rows.Length)], ct);
            if (result is not CommitResult.Committed) return result;
        }

        return await store.CommitAsync(new([isLoading], [new Write.Put(note.Key, note.UpdateTime, Done)]), ct);
    }

    /// <summary>Rows that are there already stay as they are.</summary>
    private async Task<CommitResult> LoadPieceAsync(Precondition.AtRevision isLoading, ImmutableArray<Write.Put> rows, CancellationToken ct)
    {
        while (true)
        {
            var areNew = rows.Select(row => new Precondition.AtRevision(row.Key, 0));
            var result = await store.CommitAsync(new([isLoading, .. areNew], [.. rows]), ct);
            switch (result)
            {
                case CommitResult.Conflict conflict when conflict.Precondition != isLoading:
                    var missing = ImmutableArray.CreateBuilder<Write.Put>();
                    foreach (var row in rows)
                    {
                        if (await store.GetAsync(row.Key, ct) is null) missing.Add(row);
                    }

                    rows = missing.ToImmutable();
                    if (!rows.IsEmpty) continue;
                    return new CommitResult.Committed(store.Revision);

                // Long rows: a hundred of them may still have too many bytes.
                case CommitResult.TooLarge when rows.Length > 1:
                    result = await LoadPieceAsync(isLoading, rows[..(rows.Length / 2)], ct);
                    if (result is not CommitResult.Committed) return result;
                    rows = rows[(rows.Length / 2)..];
                    continue;

                default: return result;
            }
        }
    }

    private static string WhyNot(CommitResult result) => result switch
    {
        CommitResult.Full => "the disk is full; it will be at the next start that finds room.",
        CommitResult.Unavailable unavailable => unavailable.Reason,
        CommitResult.Unknown unknown => unknown.Reason,
        CommitResult.TooLarge large => $"it has a row that is too large for this store ({large.Limit} in a commit).",
        _ => result.ToString(),
    };

    private async ValueTask<bool> IsEmptyAsync(Collection collection, CancellationToken ct) =>
        await store.QueryAsync(new Query(collection.StoreName) { Limit = 1 }, ct) is QueryResult.Page { Entries.IsEmpty: true };

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Information, "{Collection} began with {Rows} rows of its seed.")]
        public static partial void Loaded(ILogger logger, string collection, int rows);

        [LoggerMessage(2102, LogLevel.Warning, "The seed of {Collection} was not loaded: {Reason}")]
        public static partial void Refused(ILogger logger, string collection, string reason);
    }
}

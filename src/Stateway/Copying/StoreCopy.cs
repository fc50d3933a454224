using Stateway.Hosting;
using Stateway.Store;
using Stateway.Stores;

namespace Stateway.Copying;

/// <summary>
/// Copies everything of one store to another while the first is in use: the collections, then every entry as of the revision
/// where it began, then what was changed since then, from the log, until both agree. Update times are kept; revisions are
/// the target's own.
/// </summary>
internal sealed class StoreCopy(IStore from, IStore to, StoreUrl fromUrl, StoreUrl toUrl, TimeProvider time, IProgress<CopyProgress> progress)
{
    private const int PageEntries = 500;
    private const int LogChangesMax = 1_000;

    private static readonly string HistoryGone =
        "the source has given up the history that the copy reads from; run it again when there is less to do, or give the source's history more age or revisions.";

    private readonly HashSet<string> _declared = new(StringComparer.Ordinal);
    private long _entries;
    private long _changes;

    /// <summary>Whether the target may be marked, and filled in part. Before that nothing is written to it.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Ends a copy that can't go on.</summary>
    private sealed class BrokenException(string message) : Exception(message);

    /// <param name="follow">Go on following until <paramref name="ct"/> asks to end, and then to the newest revision.</param>
    /// <exception cref="OperationCanceledException">Asked to end before both agreed; the target is filled in part.</exception>
    /// <exception cref="StoreUnavailableException">The same, because one of them could not be read.</exception>
    public async Task<CopyResult> RunAsync(bool follow, CancellationToken ct)
    {
        bool hasSettings = (await from.DescribeAsync(ct)).Any(spec => spec.Name == Settings.Collection.Name);
        if (hasSettings && await CopyMark.IsOnAsync(from, ct)) return new CopyResult.Refused(CopyMark.WhyNotServed(fromUrl));

        await to.DeclareAsync([Settings.Collection], ct);
        var mark = await to.GetAsync(CopyMark.Key, ct);
        if (mark is null && await IsInUseAsync(ct))
            return new CopyResult.Refused($"The store {toUrl} is not empty; choose an empty one, so that nothing in it is lost.");

        // Not broken off: whoever ends the copy is told whether something was written.
        ct.ThrowIfCancellationRequested();
        HasBegun = true;
        var marked = await to.CommitAsync(
            new([new Precondition.AtRevision(CopyMark.Key, mark?.Revision ?? 0)], [CopyMark.Put(fromUrl, time.GetUtcNow())]), CancellationToken.None);
        if (marked is not CommitResult.Committed { Revision: var revision }) return new CopyResult.Refused($"The store {toUrl} can't be written: {marked}.");

        var fence = new Precondition.AtRevision(CopyMark.Key, revision);
        try
        {
            if (mark is not null) await ClearAsync(fence, ct);

            var target = new CopyTarget(to, fence, time);
            long start = (await from.ReadStateAsync(ct)).Revision;
            await DeclareAsync(ct);
            await CopyEntriesAsync(target, start, ct);
            long agreed = await FollowAsync(target, start, ct);
            if (follow) agreed = await KeepFollowingAsync(target, agreed, ct);
            await UnmarkAsync(fence);
            return new CopyResult.Done(_entries, _changes, _declared.Count, agreed);
        }
        catch (BrokenException e)
        {
            return new CopyResult.Broken(e.Message);
        }
    }

    private async Task<bool> IsInUseAsync(CancellationToken ct)
    {
        foreach (var spec in await to.DescribeAsync(ct))
        {
            if (await ReadPageAsync(to, new Query(spec.Name) { Limit = 1 }, ct) is { Entries.IsEmpty: false }) return true;
        }

        return false;
    }

    /// <summary>Takes out what a copy that did not end has left behind.</summary>
    private async Task ClearAsync(Precondition.AtRevision fence, CancellationToken ct)
    {
        var target = new CopyTarget(to, fence, time);
        long cleared = 0;
        foreach (var spec in await to.DescribeAsync(ct))
        {
            var query = new Query(spec.Name) { Limit = PageEntries };
            do
            {
                var page = await ReadPageAsync(to, query, ct);
                foreach (var entry in page.Entries)
                {
                    if (entry.Key == CopyMark.Key) continue;

                    Continue(await target.AddAsync(new Write.Delete(entry.Key), ct));
                    cleared++;
                }

                Continue(await target.FlushAsync(ct));
                progress.Report(new("cleared of the copy before", cleared, 0));
                query = query with { After = page.Next };
            }
            while (query.After is not null);
        }
    }

    private async Task DeclareAsync(CancellationToken ct)
    {
        var specs = await from.DescribeAsync(ct);
        await to.DeclareAsync(specs, ct);
        foreach (var spec in specs) _declared.Add(spec.Name);
    }

    private async Task CopyEntriesAsync(CopyTarget target, long revision, CancellationToken ct)
    {
        long total = 0;
        foreach (string collection in _declared)
        {
            var counted = await from.QueryAsync(new Query(collection) { Limit = 1, Count = true, ScannedMax = int.MaxValue }, ct);
            if (counted is QueryResult.Page { TotalSize: { } size }) total += size;
        }

        foreach (string collection in _declared.Order(StringComparer.Ordinal))
        {
            var query = new Query(collection) { Limit = PageEntries, Revision = revision };
            do
            {
                var page = await ReadPageAsync(from, query, ct);
                foreach (var entry in page.Entries) Continue(await target.AddAsync(new Write.Put(entry.Key, entry.UpdateTime, entry.Value), ct));
                _entries += page.Entries.Length;
                progress.Report(new("entries", _entries, Math.Max(total, _entries)));
                query = query with { After = page.Next };
            }
            while (query.After is not null);
        }

        Continue(await target.FlushAsync(ct));
    }

    /// <summary>Applies what was changed behind a revision, up to the newest there was when the last part was read.</summary>
    /// <returns>The revision that both agree on.</returns>
    private async Task<long> FollowAsync(CopyTarget target, long after, CancellationToken ct)
    {
        while (true)
        {
            long newest = (await from.ReadStateAsync(ct)).Revision;
            if (after >= newest) return after;

            switch (await from.ReadLogAsync(after, LogChangesMax, ct))
            {
                case LogResult.Commits commits:
                    foreach (var commit in commits.Items) await ApplyAsync(target, commit, ct);
                    Continue(await target.FlushAsync(ct));
                    after = commits.Through;
                    progress.Report(new("changes since", _changes, 0));

                    // Not what came meanwhile: a source that is written to all the time would never let a copy end.
                    if (after >= newest) return after;
                    break;

                case LogResult.Gone: throw new BrokenException(HistoryGone);
                case LogResult.Unavailable unavailable: throw new StoreUnavailableException(unavailable.Reason);
            }
        }
    }

    private async Task ApplyAsync(CopyTarget target, Commit commit, CancellationToken ct)
    {
        foreach (var change in commit.Changes)
        {
            if (!_declared.Contains(change.Key.Collection)) await DeclareAsync(ct);

            Write write = change.After is { } entry ? new Write.Put(entry.Key, entry.UpdateTime, entry.Value) : new Write.Delete(change.Key);
            Continue(await target.AddAsync(write, ct));
            _changes++;
        }
    }

    private async Task<long> KeepFollowingAsync(CopyTarget target, long after, CancellationToken ct)
    {
        progress.Report(new(CopyProgress.Following, 0, 0));
        try
        {
            while (true)
            {
                await from.WaitAsync(after, ct);
                after = await FollowAsync(target, after, CancellationToken.None); // whole pieces only
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return await FollowAsync(target, after, CancellationToken.None);
        }
    }

    private async Task UnmarkAsync(Precondition.AtRevision fence)
    {
        var result = await to.CommitAsync(new([fence], [new Write.Delete(CopyMark.Key)]), CancellationToken.None);
        if (result is CommitResult.Unknown && !await CopyMark.IsOnAsync(to, CancellationToken.None)) return;
        if (result is not CommitResult.Committed) throw new BrokenException($"everything was copied, but the target could not be marked as whole: {result}.");
    }

    private static async Task<QueryResult.Page> ReadPageAsync(IStore store, Query query, CancellationToken ct) =>
        await store.QueryAsync(query, ct) switch
        {
            QueryResult.Page page => page,
            QueryResult.Gone => throw new BrokenException(HistoryGone),
            QueryResult.Unavailable unavailable => throw new StoreUnavailableException(unavailable.Reason),
            var other => throw new BrokenException($"a page of {query.Collection} could not be read: {other}."),
        };

    private static void Continue(string? whyNot)
    {
        if (whyNot is not null) throw new BrokenException(whyNot);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Gateway.Canaries;
using Stateway.Gateway.Content;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Hosting.Canaries;

/// <summary>
/// Judges canaries by what all nodes have counted, and ends them: the stage points at the canary's deployment from then on, or
/// stays with its own; either way in one commit, on condition that nobody has changed the stage and that the lease is still held.
/// For one caller at a time.
/// </summary>
/// <param name="kinds">The platform's own collections.</param>
internal sealed partial class CanaryJudging(IStore store, Catalog kinds, TimeProvider time, ILogger logger)
{
    /// <summary>Counts of a node that has not written for so long are not those of lately. By this node's clock alone.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(10);

    /// <summary>Until what failed is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JsonOptions.Readable.Encoder };

    private readonly Dictionary<Key, (long Revision, long Seen)> _seen = [];

    /// <summary>Judges one stage now.</summary>
    /// <param name="path">Of the stage.</param>
    /// <param name="fence">Of the lease that lets this node judge.</param>
    /// <returns>When it is to be judged again; null when it has no canary (any more).</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<TimeSpan?> JudgeAsync(string path, Precondition.Leased fence, CancellationToken ct)
    {
        if (await store.GetAsync(new(Kinds.Stage, path), ct) is not { } stage) return null;

        var spec = StageSpec.Read(path, stage.Value);
        if (spec.Settings.Canary is not { } canary || !spec.Errors.IsEmpty) return null;

        string mark = CanaryRecords.MarkOf(spec.Deployment, canary);
        var beginning = await store.GetAsync(CanaryRecords.Beginning(path), ct);
        if (beginning is null || CanaryRecords.ReadBeginning(beginning.Value, mark) is not { } began)
        {
            await BeginAsync(path, mark, beginning?.Revision ?? 0, fence, ct);
            return canary.Rules.Interval;
        }

        var verdict = new CanaryJudge(canary.Rules, time).Judge(await SumAsync(path, mark, ct), began);
        if (verdict.Decision == CanaryDecision.GoOn) return canary.Rules.Interval;

        return await EndAsync(stage, canary.Deployment, verdict, fence, ct) ? null : Pause;
    }

    private async Task BeginAsync(string path, string mark, long revision, Precondition.Leased fence, CancellationToken ct)
    {
        var key = CanaryRecords.Beginning(path);
        var now = time.GetUtcNow();
        await store.CommitAsync(new([fence, new Precondition.AtRevision(key, revision)],
            [new Write.DeleteBelow(CanaryRecords.Collection.Name, path), new Write.Put(key, now, CanaryRecords.Write(mark, now))]), ct);
    }

    private async Task<CanaryCounts> SumAsync(string path, string mark, CancellationToken ct)
    {
        var query = new Query(CanaryRecords.Collection.Name) { Parent = path, Limit = StoreLimits.PageEntriesMax };
        if (await store.QueryAsync(query, ct) is not QueryResult.Page page) throw new StoreUnavailableException("The counts of canaries can't be read.");

        var sum = CanaryCounts.None;
        foreach (var entry in page.Entries)
        {
            if (!_seen.TryGetValue(entry.Key, out var seen) || seen.Revision != entry.Revision) _seen[entry.Key] = seen = (entry.Revision, time.GetTimestamp());
            if (time.GetElapsedTime(seen.Seen) < FreshFor && CanaryRecords.ReadCounts(entry.Value, mark) is { } counts) sum += counts;
        }

        return sum;
    }

    /// <returns>False when it has to be judged again.</returns>
    private async Task<bool> EndAsync(Entry stage, string deployment, CanaryVerdict verdict, Precondition.Leased fence, CancellationToken ct)
    {
        string path = stage.Key.Path;
        var now = time.GetUtcNow();
        var json = JsonNode.Parse(stage.Value.Span)!.AsObject();
        json.Remove("canary");
        if (verdict.Decision == CanaryDecision.Promote) json["deployment"] = deployment;
        Tell(json, deployment, verdict, now);

        byte[] value = kinds[Kinds.Stage].ComposeSeed(JsonSerializer.SerializeToUtf8Bytes(json, Readable), path, now);
        var result = await store.CommitAsync(new([fence, new Precondition.AtRevision(stage.Key, stage.Revision)],
        [
            new Write.Put(stage.Key, now, value),
            new Write.DeleteBelow(CanaryRecords.Collection.Name, path),
            new Write.Delete(CanaryRecords.Beginning(path)),
            new Write.Put(Kinds.ChangeMark, now, "{}"u8.ToArray()),
        ]), ct);
        if (result is not CommitResult.Committed) return false;

        _seen.Clear();
        if (verdict.Decision == CanaryDecision.Promote) Log.Promoted(logger, deployment, path, verdict.Reason);
        else Log.RolledBack(logger, deployment, path, verdict.Reason);
        return true;
    }

    /// <summary>Where a stage says how its last canary ended.</summary>
    private static void Tell(JsonObject stage, string deployment, CanaryVerdict verdict, DateTimeOffset now) => stage["last_canary"] = new JsonObject
    {
        ["deployment"] = deployment,
        ["verdict"] = verdict.Decision == CanaryDecision.Promote ? "promoted" : "rolled_back",
        ["reason"] = verdict.Reason,
        ["time"] = now.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Information, "The canary {Deployment} of the stage {Stage} is promoted: {Reason}")]
        public static partial void Promoted(ILogger logger, string deployment, string stage, string reason);

        [LoggerMessage(2302, LogLevel.Warning, "The canary {Deployment} of the stage {Stage} is rolled back: {Reason}")]
        public static partial void RolledBack(ILogger logger, string deployment, string stage, string reason);
    }
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Stateway.Collections.Kinds;
using Stateway.Gateway.Canaries;
using Stateway.Management;
using Stateway.Store;

namespace Stateway.Hosting.Canaries;

/// <summary>
/// Judges canaries by what all nodes have counted, and ends them: the stage points at the canary's deployment from then on, or
/// stays with its own; either way in one commit, on condition that nobody has changed the stage and that the lease is still held.
/// For one caller at a time.
/// </summary>
internal sealed partial class CanaryJudging(IStore store, KindStore kinds, TimeProvider time, ILogger logger)
{
    /// <summary>Counts of a node that has not written for so long are not those of lately. By this node's clock alone.</summary>
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(10);

    /// <summary>Until what failed is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Key, (long Revision, long Seen)> _seen = [];

    /// <summary>Judges one stage now.</summary>
    /// <param name="path">Of the stage.</param>
    /// <param name="fence">Of the lease that lets this node judge.</param>
    /// <returns>When it is to be judged again; null when it has no canary (any more).</returns>
    /// <exception cref="StoreUnavailableException"/>
    public async ValueTask<TimeSpan?> JudgeAsync(string path, Precondition.Leased fence, CancellationToken ct)
    {
        if (await kinds.ReadAsync(new(Kinds.Stage, path), ct) is not { } stage) return null;

        var spec = StageSpec.Read(path, stage.Spec);
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
    private async Task<bool> EndAsync(KindResource stage, string deployment, CanaryVerdict verdict, Precondition.Leased fence, CancellationToken ct)
    {
        string path = stage.Key.Path;
        var spec = JsonNode.Parse(stage.Spec.Span)!.AsObject();
        spec.Remove("canary");
        if (verdict.Decision == CanaryDecision.Promote) spec["deployment"] = deployment;
        var change = new KindChange { Spec = spec, Status = new() { ["last_canary"] = Told(deployment, verdict) } };
        if (await kinds.WriteAsync(stage, change, fence, ct) is not KindResult.Written) return false;

        _seen.Clear();
        if (verdict.Decision == CanaryDecision.Promote) Log.Promoted(logger, deployment, path, verdict.Reason);
        else Log.RolledBack(logger, deployment, path, verdict.Reason);

        // What is left when this fails is of another canary than the stage's next.
        await store.CommitAsync(new([fence], [new Write.DeleteBelow(CanaryRecords.Collection.Name, path), new Write.Delete(CanaryRecords.Beginning(path))]), ct);
        return true;
    }

    /// <summary>How a stage's last canary ended.</summary>
    private JsonObject Told(string deployment, CanaryVerdict verdict) => new()
    {
        ["deployment"] = deployment,
        ["verdict"] = verdict.Decision == CanaryDecision.Promote ? "promoted" : "rolled_back",
        ["reason"] = verdict.Reason,
        ["time"] = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Information, "The canary {Deployment} of the stage {Stage} is promoted: {Reason}")]
        public static partial void Promoted(ILogger logger, string deployment, string stage, string reason);

        [LoggerMessage(2302, LogLevel.Warning, "The canary {Deployment} of the stage {Stage} is rolled back: {Reason}")]
        public static partial void RolledBack(ILogger logger, string deployment, string stage, string reason);
    }
}

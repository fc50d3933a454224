using Stateway.Hosting;

namespace Stateway.Management;

/// <summary>What became of each stage on this node when the table was last put in force. One writes, all may read.</summary>
internal sealed class StageOutcomes
{
    private volatile IReadOnlyDictionary<string, StageOutcome> _all = new Dictionary<string, StageOutcome>();

    /// <returns>Null when it was not there yet.</returns>
    public StageOutcome? Of(string path) => _all.GetValueOrDefault(path);

    /// <returns>Those that are not what they were, those that have gone left out.</returns>
    public IReadOnlyList<StageOutcome> Publish(StageCompilation compilation)
    {
        var next = new Dictionary<string, StageOutcome>(StringComparer.Ordinal);
        var faults = compilation.Faults.DistinctBy(fault => fault.Path).ToDictionary(fault => fault.Path, StringComparer.Ordinal); // the first is the one to mend first
        foreach (var stage in compilation.Stages) next.Add(stage.Path, new(stage.Path, compilation.Generations[stage.Path], stage, faults.GetValueOrDefault(stage.Path)));
        foreach (var fault in faults.Values) next.TryAdd(fault.Path, new(fault.Path, compilation.Generations[fault.Path], null, fault));

        var before = _all;
        _all = next;
        return [.. next.Values.Where(outcome => !outcome.Equals(before.GetValueOrDefault(outcome.Path)))];
    }
}

/// <param name="Generation">Of the stage as it was compiled.</param>
/// <param name="Served">Null when it is not served.</param>
/// <param name="Fault">Null when all of it is served.</param>
internal sealed record StageOutcome(string Path, long Generation, ServedStage? Served, StageFault? Fault);

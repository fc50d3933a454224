using System.Collections.Immutable;
using Stateway.Hosting;

namespace Stateway.Management;

/// <param name="Stages">That can be served together, by path.</param>
/// <param name="Faults">Why the others can't.</param>
/// <param name="Generations">Of all of them, by path: what was compiled.</param>
internal sealed record StageCompilation(ImmutableArray<ServedStage> Stages, ImmutableArray<StageFault> Faults, IReadOnlyDictionary<string, long> Generations);

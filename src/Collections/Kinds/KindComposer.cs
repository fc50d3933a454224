using Stateway.Collections.Writing;
using Stateway.Model.Problems;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>
/// Decides what a client's write makes of a resource of a platform kind: its fields become the spec, everything else stays
/// what it was, and only a spec that really differs is another generation.
/// </summary>
internal static class KindComposer
{
    /// <param name="composed">What would be stored of a collection that is no kind.</param>
    public static Draft Next(Key key, Entry? current, ReadOnlyMemory<byte> composed, DateTimeOffset now)
    {
        var spec = SpecOf(key, composed, now);
        if (current is null) return new(New(key, spec, now).ToValue(), null);

        var before = KindResource.Of(current);
        var (after, problem) = WithSpec(before, spec, now);
        if (problem is not null) return new(default, problem);

        return ReferenceEquals(after, before) ? new(current.Value, null) { IsUnchanged = true } : new(after.ToValue(), null);
    }

    public static KindResource New(Key key, ReadOnlyMemory<byte> spec, DateTimeOffset now) => new()
    {
        Key = key,
        Revision = 0,
        Generation = 1,
        CreateTime = now,
        UpdateTime = now,
        Spec = spec,
        Status = "{}"u8.ToArray(),
    };

    /// <returns>The very resource when the spec means the same; a problem when it can't be changed any more.</returns>
    public static (KindResource Resource, Problem? Problem) WithSpec(KindResource current, ReadOnlyMemory<byte> spec, DateTimeOffset now)
    {
        if (KindResource.AreSame(current.Spec, spec)) return (current, null);

        return current.DeleteTime is null
            ? (current with { Spec = spec, Generation = current.Generation + 1, UpdateTime = now }, null)
            : (current, new(ProblemTypes.BeingDeleted, $"It goes when these have cleaned up: {string.Join(", ", current.Finalizers)}."));
    }

    public static ReadOnlyMemory<byte> SpecOf(Key key, ReadOnlyMemory<byte> composed, DateTimeOffset now) =>
        KindResource.Of(new Entry(key, 0, now, composed)).Spec;
}

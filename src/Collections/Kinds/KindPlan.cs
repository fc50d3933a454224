using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>
/// Several changes of kinds that the program makes in one transaction, each on condition that its resource is still what was
/// read. Their specs fit the schemas, and what else must hold has been seen to.
/// </summary>
/// <param name="catalog">Has the kinds.</param>
/// <param name="by">Who makes them, for the record.</param>
public sealed class KindPlan(Catalog catalog, TimeProvider time, string by)
{
    private readonly ImmutableArray<Precondition>.Builder _preconditions = ImmutableArray.CreateBuilder<Precondition>();
    private readonly ImmutableArray<Write>.Builder _writes = ImmutableArray.CreateBuilder<Write>();
    private readonly HashSet<Key> _traced = [];
    private readonly DateTimeOffset _now = CollectionServices.Now(time);

    public void Create(Key key, JsonObject spec)
    {
        _preconditions.Add(new Precondition.AtRevision(key, 0));
        Put(null, KindComposer.New(key, SpecOf(key, spec), _now));
    }

    /// <summary>Nothing, when it is the spec already.</summary>
    public void Change(KindResource current, JsonObject spec)
    {
        _preconditions.Add(new Precondition.AtRevision(current.Key, current.Revision));
        var (next, problem) = KindComposer.WithSpec(current, SpecOf(current.Key, spec), _now);
        if (problem is not null) throw new InvalidOperationException(problem.Detail); // of a kind that no controller holds on to
        if (!ReferenceEquals(next, current)) Put(current, next);
    }

    public void Delete(KindResource current)
    {
        _preconditions.Add(new Precondition.AtRevision(current.Key, current.Revision));
        _writes.Add(new Write.Delete(current.Key));
        Trace(current, null);
    }

    /// <returns>Without writes when nothing is to be changed.</returns>
    public Transaction ToTransaction() => new(_preconditions.ToImmutable(), _writes.ToImmutable());

    private void Put(KindResource? before, KindResource next)
    {
        _writes.Add(new Write.Put(next.Key, _now, next.ToValue()));
        Trace(before, next);
    }

    private void Trace(KindResource? before, KindResource? after)
    {
        foreach (var write in Trail.Of(catalog[(after ?? before)!.Key.Collection].Oversight, KindEvent.Of(before, after, by, null), time))
        {
            if (_traced.Add(write.Key)) _writes.Add(write); // one mark for all
        }
    }

    private ReadOnlyMemory<byte> SpecOf(Key key, JsonObject spec)
    {
        byte[] composed = catalog[key.Collection].ComposeSeed(NodeText.Of(spec).Span, key.Path, _now);
        return KindComposer.SpecOf(key, composed, _now);
    }
}

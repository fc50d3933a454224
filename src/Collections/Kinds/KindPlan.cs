using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stateway.Gateway.Content;
using Stateway.Store;

namespace Stateway.Collections.Kinds;

/// <summary>
/// Several changes of kinds that the program makes in one transaction, each on condition that its resource is still what was
/// read. Their specs fit the schemas, and what else must hold has been seen to.
/// </summary>
/// <param name="catalog">Has the kinds.</param>
public sealed class KindPlan(Catalog catalog, DateTimeOffset now)
{
    private static readonly JsonSerializerOptions Text = new() { Encoder = JsonOptions.Readable.Encoder };

    private readonly ImmutableArray<Precondition>.Builder _preconditions = ImmutableArray.CreateBuilder<Precondition>();
    private readonly ImmutableArray<Write>.Builder _writes = ImmutableArray.CreateBuilder<Write>();
    private readonly HashSet<Key> _marks = [];

    public void Create(Key key, JsonObject spec)
    {
        _preconditions.Add(new Precondition.AtRevision(key, 0));
        Put(KindComposer.New(key, SpecOf(key, spec), now));
    }

    /// <summary>Nothing, when it is the spec already.</summary>
    public void Change(KindResource current, JsonObject spec)
    {
        _preconditions.Add(new Precondition.AtRevision(current.Key, current.Revision));
        var (next, problem) = KindComposer.WithSpec(current, SpecOf(current.Key, spec), now);
        if (problem is not null) throw new InvalidOperationException(problem.Detail); // of a kind that no controller holds on to
        if (!ReferenceEquals(next, current)) Put(next);
    }

    public void Delete(KindResource current)
    {
        _preconditions.Add(new Precondition.AtRevision(current.Key, current.Revision));
        _writes.Add(new Write.Delete(current.Key));
        Mark(current.Key);
    }

    /// <returns>Without writes when nothing is to be changed.</returns>
    public Transaction ToTransaction() => new(_preconditions.ToImmutable(), [.. _writes, .. _marks.Select(mark => new Write.Put(mark, now, "{}"u8.ToArray()))]);

    private void Put(KindResource next)
    {
        _writes.Add(new Write.Put(next.Key, now, next.ToValue()));
        Mark(next.Key);
    }

    private void Mark(Key key)
    {
        if (catalog[key.Collection].Oversight is { Mark: var mark }) _marks.Add(mark);
    }

    private ReadOnlyMemory<byte> SpecOf(Key key, JsonObject spec)
    {
        byte[] composed = catalog[key.Collection].ComposeSeed(Encoding.UTF8.GetBytes(spec.ToJsonString(Text)), key.Path, now);
        return KindComposer.SpecOf(key, composed, now);
    }
}

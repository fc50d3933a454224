using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Watching;
using Stateway.Gateway.Routing;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>Puts stages in force on this node: the store learns their collections, then the routing table is swapped whole.</summary>
/// <param name="own">What the program itself keeps in the store, beside what documents declare.</param>
internal sealed class Rollout(IStore store, RoutingTables tables, Wiring wiring, Watches watches, IReadOnlyList<CollectionSpec> own, TimeProvider time, ILogger logger)
{
    private readonly HashSet<string> _seeded = new(StringComparer.Ordinal); // collections, by store names
    private Dictionary<string, CollectionSpec> _declared = new(StringComparer.Ordinal);
    private List<CollectionSpec> _told = [];

    public ImmutableArray<ServedStage> Stages { get; private set; } = [];

    /// <param name="stages">All there are; no two of them answer the same request.</param>
    /// <exception cref="StoreUnavailableException">Nothing has changed.</exception>
    public async Task PutInForceAsync(ImmutableArray<ServedStage> stages, CancellationToken ct)
    {
        // Of each API one stage stands for its collections, live where there is one.
        var apis = stages.GroupBy(stage => stage.Api.Name, StringComparer.Ordinal)
            .Select(ofApi => ofApi.FirstOrDefault(stage => stage.Stage == ServedStage.Live) ?? ofApi.First());
        var catalog = new Catalog(apis.Select(stage => stage.Api));
        var declared = FieldsOfAll(stages);
        await TellStoreAsync([.. own, .. declared.Values.Select(KeepFieldsInForce)], ct);
        await new Seeds(catalog, store, time, logger, _seeded).LoadAsync(ct);
        var table = wiring.Build([.. stages.Select(stage => stage.Api)], catalog);
        watches.Follow(catalog);
        tables.Publish(table);
        _declared = declared;
        Stages = stages;
    }

    /// <summary>Stages of an API share its data, and each needs the indexes that it declares.</summary>
    private static Dictionary<string, CollectionSpec> FieldsOfAll(ImmutableArray<ServedStage> stages)
    {
        var specs = new Dictionary<string, CollectionSpec>(StringComparer.Ordinal);
        foreach (var stage in stages)
        {
            foreach (var spec in stage.Collections) specs[spec.Name] = specs.TryGetValue(spec.Name, out var known) ? With(known, spec.Fields) : spec;
        }

        return specs;
    }

    /// <summary>Most changes declare nothing new, and the store needn't look.</summary>
    private async ValueTask TellStoreAsync(List<CollectionSpec> collections, CancellationToken ct)
    {
        if (collections.Count == _told.Count && collections.Zip(_told).All(pair => AreSame(pair.First, pair.Second))) return;

        await store.DeclareAsync(collections, ct);
        _told = collections;
    }

    private static bool AreSame(CollectionSpec a, CollectionSpec b) =>
        a == b || (a.Name == b.Name && a.Fields.Length == b.Fields.Length
            && a.Fields.Zip(b.Fields).All(pair => pair.First.IsTimestamp == pair.Second.IsTimestamp && pair.First.Path.AsSpan().SequenceEqual(pair.Second.Path.AsSpan())));

    /// <summary>
    /// Requests that run on the table in force until the next is published, and some a little longer, need its indexes:
    /// those that are no longer declared go with the next change of stages, or at the next start.
    /// </summary>
    private CollectionSpec KeepFieldsInForce(CollectionSpec next) =>
        _declared.TryGetValue(next.Name, out var current) ? With(next, current.Fields) : next;

    private static CollectionSpec With(CollectionSpec spec, ImmutableArray<IndexedField> more)
    {
        if (spec.Fields == more) return spec;

        var missing = more.Where(field => spec.Fields.All(f => f.Name != field.Name)).ToList();
        return missing.Count == 0 ? spec : spec with { Fields = [.. spec.Fields, .. missing.Take(CollectionSpec.FieldsMax - spec.Fields.Length)] };
    }
}

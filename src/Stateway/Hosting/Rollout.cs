using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Watching;
using Stateway.Gateway.Routing;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>Puts stages in force on this node: the store learns their collections, then the routing table is swapped whole.</summary>
/// <param name="own">What the program itself keeps in the store, beside what documents declare.</param>
internal sealed class Rollout(IStore store, RoutingTables tables, Wiring wiring, Watches watches, Traffic traffic, IReadOnlyList<CollectionSpec> own, TimeProvider time, ILogger logger)
{
    private IReadOnlyList<CollectionSpec> _declared = [];

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
        await store.DeclareAsync([.. own, .. declared.Select(KeepFieldsInForce)], ct);
        await new Seeds(catalog, store, time, logger).LoadAsync(ct);
        var table = wiring.Build([.. stages.Select(stage => stage.Api)], catalog, stages: traffic.Prepare(stages, wiring, catalog));
        watches.Follow(catalog);
        tables.Publish(table);
        traffic.Follow();
        _declared = declared;
        Stages = stages;
    }

    /// <summary>Stages of an API share its data, and each needs the indexes that it declares.</summary>
    private static List<CollectionSpec> FieldsOfAll(ImmutableArray<ServedStage> stages)
    {
        var specs = new Dictionary<string, CollectionSpec>(StringComparer.Ordinal);
        foreach (var spec in stages.SelectMany(stage => stage.Apis).SelectMany(api => new Catalog([api]).ToSpecs()))
            specs[spec.Name] = specs.TryGetValue(spec.Name, out var known) ? With(known, spec.Fields) : spec;
        return [.. specs.Values];
    }

    /// <summary>
    /// Requests that run on the table in force until the next is published, and some a little longer, need its indexes:
    /// those that are no longer declared go with the next change, or at the next start.
    /// </summary>
    private CollectionSpec KeepFieldsInForce(CollectionSpec next) =>
        _declared.FirstOrDefault(spec => spec.Name == next.Name) is { } current ? With(next, current.Fields) : next;

    private static CollectionSpec With(CollectionSpec spec, ImmutableArray<IndexedField> more)
    {
        var missing = more.Where(field => spec.Fields.All(f => f.Name != field.Name));
        return spec with { Fields = [.. spec.Fields, .. missing.Take(CollectionSpec.FieldsMax - spec.Fields.Length)] };
    }
}

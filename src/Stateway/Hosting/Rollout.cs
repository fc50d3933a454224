using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Watching;
using Stateway.Gateway.Routing;
using Stateway.Management.Domains;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Hosting;

/// <summary>Puts stages in force on this node: the store learns their collections, then the routing table is swapped whole.</summary>
/// <param name="own">What the program itself keeps in the store, beside what documents declare.</param>
internal sealed class Rollout(IStore store, RoutingTables tables, Wiring wiring, Watches watches, Traffic traffic, IReadOnlyList<CollectionSpec> own, TimeProvider time, ILogger logger)
{
    private readonly HashSet<string> _seeded = new(StringComparer.Ordinal); // collections, by store names
    private Dictionary<string, CollectionSpec> _declared = new(StringComparer.Ordinal);
    private List<CollectionSpec> _told = [];

    public ImmutableArray<ServedStage> Stages { get; private set; } = [];

    public ImmutableArray<ServedDomain> Domains { get; private set; } = [];

    /// <summary>What the listener for HTTPS shows; null where there is none.</summary>
    public DomainTls? Tls { get; init; }

    /// <summary>Where that listens.</summary>
    public int? HttpsPort { get; init; }

    /// <param name="stages">All there are; no two of them answer the same request.</param>
    /// <param name="domains">Made of these stages.</param>
    /// <exception cref="StoreUnavailableException">Nothing has changed.</exception>
    public async Task PutInForceAsync(ImmutableArray<ServedStage> stages, ImmutableArray<ServedDomain> domains, CancellationToken ct)
    {
        var catalog = new Catalog(ApisOf(stages));
        var declared = FieldsOfAll(stages);
        await TellStoreAsync([.. own, .. declared.Values.Select(KeepFieldsInForce)], ct);
        await new Seeds(catalog, store, time, logger, _seeded).LoadAsync(ct);
        var everywhere = stages.Concat(domains.SelectMany(domain => domain.Stages)).DistinctBy(stage => stage.Api).ToImmutableArray();
        var wired = new WiredStages(traffic.Prepare(everywhere, wiring, catalog), ServedAs(everywhere));
        var table = wiring.Build([.. stages.Select(stage => stage.Api)], catalog, stages: wired, hosts: domains.IsEmpty ? null : HostsOf(domains, catalog, wired));
        watches.Follow(catalog);
        Tls?.Publish(domains); // first, so that no request comes to a new host's paths past what its clients must show
        tables.Publish(table);
        Domains = domains;
        traffic.Follow();
        _declared = declared;
        Stages = stages;
    }

    private HostTables HostsOf(ImmutableArray<ServedDomain> domains, Catalog catalog, WiredStages wired)
    {
        var names = new List<KeyValuePair<string, HostRoutes>>(domains.Length);
        var parents = new List<KeyValuePair<string, HostRoutes>>();
        foreach (var domain in domains)
        {
            var spec = domain.Spec;
            bool needsCertificate = spec.Clients is { AreRequired: true };
            var routes = new HostRoutes(wiring.Build([.. domain.Stages.Select(stage => stage.Api)], catalog, stages: wired))
            {
                IsHttpsOnly = spec.IsHttpsOnly || needsCertificate, NeedsClientCertificate = needsCertificate,
                HttpsPort = HttpsPort, StrictTransportSecurity = spec.TransportSecurity,
            };
            names.Add(new(spec.Name, routes));
            if (spec.HasSubdomains) parents.Add(new(spec.Name, routes));
        }

        return new(names, parents);
    }

    private static Dictionary<ApiSpec, ServedAs> ServedAs(ImmutableArray<ServedStage> stages) =>
        new(stages.Select(stage => KeyValuePair.Create(stage.Api, new ServedAs(stage.Path, stage.Deployment))), ReferenceEqualityComparer.Instance);

    /// <summary>Of each API one stage stands for its collections, live where there is one.</summary>
    public static IEnumerable<ApiSpec> ApisOf(IEnumerable<ServedStage> stages) => stages.GroupBy(stage => stage.Api.Name, StringComparer.Ordinal)
        .Select(ofApi => (ofApi.FirstOrDefault(stage => stage.Stage == ServedStage.Live) ?? ofApi.MinBy(stage => stage.Path, StringComparer.Ordinal)!).Api);

    /// <summary>Stages of an API share its data, and each needs the indexes that it declares.</summary>
    private static Dictionary<string, CollectionSpec> FieldsOfAll(ImmutableArray<ServedStage> stages)
    {
        var specs = new Dictionary<string, CollectionSpec>(StringComparer.Ordinal);
        foreach (var stage in stages)
        {
            var arms = new[] { stage.Canary, stage.Mirror }.OfType<ApiSpec>().SelectMany(arm => new Catalog([arm]).ToSpecs());
            foreach (var spec in stage.Collections.Concat(arms)) specs[spec.Name] = specs.TryGetValue(spec.Name, out var known) ? With(known, spec.Fields) : spec;
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

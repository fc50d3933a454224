using System.Collections.Immutable;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Stateway.Collections;
using Stateway.Collections.Writing.Batches;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Routing;
using Stateway.Gateway.Stages;
using Stateway.Gateway.Targets;
using Stateway.Gateway.Targets.Http;
using Stateway.Model.Apis;
using Stateway.Model.Problems;

namespace Stateway.Hosting;

/// <summary>
/// Makes the routing table of the APIs: every operation with the target that answers it. What stands under a base path is
/// kept and used again while its APIs, and what their stages ask for, are the same.
/// </summary>
internal sealed class Wiring(CollectionServices services, UpstreamPools upstreams, IPEndPoint self, ILogger logger) : IDisposable
{
    private readonly ConditionalWeakTable<ApiSpec, WiredBase> _wired = []; // by the first API below a base; gone with it
    private readonly Operation[] _explanations = [.. ProblemTypes.All.Select(type => new Operation("GET", type.Path, "explainProblem", FixedTarget.Of(type)))];

    /// <param name="apis">An API stands here once for each of its stages.</param>
    /// <param name="collections">What operations may be answered by that belongs to none of the APIs below their base path.</param>
    /// <param name="oversight">Of collections, by store names.</param>
    /// <param name="own">What answers instead of an operation's target, by the operation's id.</param>
    /// <param name="stages">What the APIs stand here for; null for no stages.</param>
    /// <param name="hosts">With paths of their own.</param>
    /// <param name="more">What the APIs' bases link to, beside their documents.</param>
    public RoutingTable Build(
        IReadOnlyList<ApiSpec> apis, Catalog collections, IReadOnlyDictionary<string, Oversight>? oversight = null,
        IReadOnlyDictionary<string, ITarget>? own = null, WiredStages? stages = null, HostTables? hosts = null, params IReadOnlyList<LinkedTarget> more)
    {
        var operations = new List<Operation>();
        var taken = apis.SelectMany(api => api.Operations.Select(o => o.Method + " " + api.BasePath + o.Path)).ToHashSet(StringComparer.Ordinal);
        var bases = new List<ApiBase>();
        foreach (var group in apis.GroupBy(api => api.BasePath, StringComparer.Ordinal))
        {
            List<ApiSpec> below = [.. group];
            bool isAlone = below.TrueForAll(AnswersItself);
            if (!_wired.TryGetValue(below[0], out var part) || !part.IsOf(below, stages))
            {
                part = Wire(group.Key, new Catalog(below, isAlone ? null : collections, oversight), below, own, stages, more);
                if (isAlone) _wired.AddOrUpdate(below[0], part); // what uses others' collections has to follow their changes
            }

            Add(operations, taken, part);
            bases.Add(part.Base);
        }

        operations.AddRange(_explanations);
        var canaries = apis.SelectMany(api => stages?.TrafficOf(api)?.Canary?.Operations ?? []);
        return new RoutingTable(operations, bases, [.. canaries]) { Hosts = hosts };
    }

    /// <summary>All operations of one API, in place of those that its stage's own deployment has.</summary>
    public List<Operation> BuildOther(ApiSpec api, Catalog collections)
    {
        var operations = new List<Operation>();
        var taken = api.Operations.Select(o => o.Method + " " + api.BasePath + o.Path).ToHashSet(StringComparer.Ordinal);
        Add(operations, taken, Wire(api.BasePath, new Catalog([api], collections), [api], own: null, stages: null, more: []));
        return operations;
    }

    /// <summary>Whether all collections that answer its operations are its own.</summary>
    private static bool AnswersItself(ApiSpec api)
    {
        string prefix = api.Name + "/"; // of the names that its collections have in the store
        return api.Operations.All(operation => IsOwn(operation.Target)) && api.Collections.All(AreOwn);

        bool IsOwn(TargetSpec? target) => target is not TargetSpec.Collection stored || stored.StoreName.StartsWith(prefix, StringComparison.Ordinal);

        bool AreOwn(CollectionDeclaration collection) => collection.Actions.All(action => IsOwn(action.Target)) && collection.Children.All(AreOwn);
    }

    /// <summary>Puts what is wired into a table's operations, but what an API has an operation of its own for.</summary>
    private static void Add(List<Operation> operations, HashSet<string> taken, WiredBase part)
    {
        operations.AddRange(part.Operations);
        foreach (var own in part.Own)
        {
            if (taken.Add(own.Method + " " + own.Path)) operations.Add(own);
        }
    }

    /// <summary>All that stands under one base path.</summary>
    /// <param name="catalog">First of its own APIs: another stage's collections may be declared differently.</param>
    private WiredBase Wire(string basePath, Catalog catalog, List<ApiSpec> apis,
        IReadOnlyDictionary<string, ITarget>? own, WiredStages? stages, IReadOnlyList<LinkedTarget> more)
    {
        var below = new List<Operation>();
        var policies = apis.ConvertAll(api => api.Cors is { } cors ? new CorsPolicy(cors) : null);
        foreach (var (api, cors) in apis.Zip(policies))
        {
            var (traffic, origin) = (stages?.TrafficOf(api), stages?.OriginOf(api));
            foreach (var spec in api.Operations)
            {
                var target = own?.GetValueOrDefault(spec.OperationId) ?? TargetOf(spec.Target, api.BasePath + spec.Path, catalog);
                below.Add(Operation.Of(api, spec, target) with { Cors = cors, ServedAs = origin, Stage = traffic });

                // /orders/{id}:cancel is an alias of /orders/{id}/cancel.
                int slash = spec.Path.LastIndexOf('/');
                if (spec.Target is TargetSpec.Collection { Verb: CollectionVerb.Act } && spec.Path.AsSpan(0, slash).EndsWith("}") && !spec.Path.AsSpan(slash).Contains('{'))
                {
                    below.Add(Operation.Of(api, spec with { Path = $"{spec.Path[..slash]}:{spec.Path[(slash + 1)..]}" }, target) with { Cors = cors, ServedAs = origin, Stage = traffic });
                }
            }
        }

        var shared = new ApiBase(basePath, SharedBy(policies));
        var platforms = new List<Operation>();
        AddBatch(platforms, basePath, below, shared.Cors, catalog);
        foreach (var (api, cors) in apis.Zip(policies)) AddOwn(platforms, api, cors, stages?.OriginOf(api), more);
        if (apis is [var alone] && stages?.TrafficOf(alone) is { } whole)
        {
            platforms = platforms.ConvertAll(operation => operation with { Stage = whole });
            shared = shared with { Stage = whole };
        }

        return new(apis, [.. apis.Select(api => stages?.TrafficOf(api))], [.. apis.Select(api => stages?.OriginOf(api))], shared, below, platforms);
    }

    /// <summary>APIs below one base share what is none's alone (a batch, a 404), so that it is open only as far as all of them say the same.</summary>
    private static CorsPolicy? SharedBy(List<CorsPolicy?> policies) =>
        policies[0] is { } first && policies.TrueForAll(policy => policy is not null && policy.Spec == first.Spec) ? first : null;

    /// <summary>
    /// The document, and the base that links to it (RFC 8631) and tells where the collections are.
    /// </summary>
    private static void AddOwn(List<Operation> own, ApiSpec api, CorsPolicy? cors, ServedAs? servedAs, IReadOnlyList<LinkedTarget> more)
    {
        string document = api.BasePath + "/openapi.json";
        Add(new("GET", document, "getDocument", new FixedTarget("application/json", api.Document)));

        var links = new List<string> { $"<{document}>; rel=\"service-desc\"" };
        foreach (var linked in more)
        {
            string path = api.BasePath + linked.Path;
            Add(new("GET", path, linked.OperationId, linked.Target));
            links.Add($"<{path}>; rel=\"{linked.Relation}\"");
        }

        var link = new KeyValuePair<string, string>("Link", string.Join(", ", links));
        var welcome = FixedTarget.OfObject([link], writer =>
        {
            writer.WriteString("title", api.Title);
            writer.WriteString("version", api.Version);
            writer.WriteString("openapi", document);
            WriteCollections(writer, api);
        });
        Add(new("GET", api.BasePath.Length == 0 ? "/" : api.BasePath, "getBase", welcome));
        if (api.BasePath.Length > 0) Add(new("GET", api.BasePath + "/", "getBase", welcome));

        void Add(Operation operation) => own.Add(operation with { Cors = cors, ServedAs = servedAs });
    }

    /// <summary>Each by its words, with its URL; those of a parent's have a place for its id (RFC 6570).</summary>
    private static void WriteCollections(Utf8JsonWriter writer, ApiSpec api)
    {
        var lists = api.Operations.Where(operation => operation.Target is TargetSpec.Collection { Verb: CollectionVerb.List }).ToArray();
        if (lists.Length == 0) return;

        writer.WriteStartObject("collections");
        foreach (var list in lists)
            writer.WriteString(string.Join('/', list.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(word => word[0] != '{')), api.BasePath + list.Path);
        writer.WriteEndObject();
    }

    /// <summary>Changes of all collections below a base in one commit.</summary>
    private void AddBatch(List<Operation> own, string basePath, List<Operation> below, CorsPolicy? cors, Catalog catalog)
    {
        string path = basePath + "/_/batch";
        if (!below.Any(operation => operation.Target is CollectionTarget)) return;

        own.Add(new("POST", path, "batch", new BatchTarget(new RoutingTable(below), basePath, catalog, services)) { Cors = cors });
    }

    private ITarget TargetOf(TargetSpec spec, string path, Catalog catalog) => spec switch
    {
        TargetSpec.Collection { Verb: CollectionVerb.Act } act => ActOf(act, path, catalog),
        TargetSpec.Collection stored => new CollectionTarget(catalog[stored.StoreName], stored.Verb, services),
        TargetSpec.Http http => new HttpTarget(http.Url.StartsWith('/') ? http with { Url = $"http://{self}{http.Url}" } : http, path, upstreams, services.Time, logger, isOwn: http.Url.StartsWith('/')),
        TargetSpec.Mock mock => new MockTarget(mock),
        _ => throw new ArgumentOutOfRangeException(nameof(spec)),
    };

    private CollectionTarget ActOf(TargetSpec.Collection spec, string path, Catalog catalog)
    {
        var collection = catalog[spec.StoreName];
        var action = collection.Declaration.Actions.First(a => a.Name == spec.Action);
        return new(collection, CollectionVerb.Act, services, action, action.Target is { } target ? TargetOf(target, path, catalog) : null);
    }

    public void Dispose() => upstreams.Dispose();

    /// <param name="Apis">That it was made of.</param>
    /// <param name="Traffic">Of their stages.</param>
    /// <param name="Own">The platform's, unless an API has an operation there itself.</param>
    private sealed record WiredBase(
        List<ApiSpec> Apis, ImmutableArray<StageTraffic?> Traffic, ImmutableArray<ServedAs?> Origins, ApiBase Base, List<Operation> Operations, List<Operation> Own)
    {
        public bool IsOf(List<ApiSpec> apis, WiredStages? stages)
        {
            if (apis.Count != Apis.Count) return false;

            for (int i = 0; i < apis.Count; i++)
            {
                if (!ReferenceEquals(apis[i], Apis[i]) || !ReferenceEquals(stages?.TrafficOf(apis[i]), Traffic[i]) || stages?.OriginOf(apis[i]) != Origins[i]) return false;
            }

            return true;
        }
    }
}

using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Cors;
using Stateway.Gateway.Stages;

namespace Stateway.Gateway.Routing;

/// <summary>
/// Which operation answers a method and a path. Immutable; a request takes it once and keeps it to its end.
/// A tree of path segments; a literal segment wins over a parameter.
/// <example><code>
/// /orders            GET list, POST create
/// └─ {id}            GET get, PUT replace …
///    ├─ items        GET, POST
///    └─ :cancel      POST          (matches /orders/o1:cancel)
/// </code></example>
/// </summary>
public sealed class RoutingTable
{
    private const int SegmentsMax = 64;

    private readonly Node _root = new();
    private readonly bool _hasCors;
    private readonly bool _hasStages;

    /// <summary>The operations of all canaries; null when there is none. Asked for what none of the others answers.</summary>
    private readonly RoutingTable? _ofCanaries;

    public static RoutingTable Empty { get; } = new([]);

    /// <summary>Hosts at which this table does not hold, but one of theirs; null, and no request is asked for its host, when there is none.</summary>
    public HostTables? Hosts { get; init; }

    /// <param name="bases">Where the APIs stand, each path once.</param>
    /// <param name="ofCanaries">The operations of the stages' canaries, which <see cref="Canaries.CanaryArm.Table"/> has too.</param>
    /// <exception cref="ArgumentException">Two operations share method and path.</exception>
    public RoutingTable(IEnumerable<Operation> operations, IEnumerable<ApiBase>? bases = null, IReadOnlyList<Operation>? ofCanaries = null)
    {
        if (ofCanaries is { Count: > 0 }) _ofCanaries = new([.. ofCanaries.DistinctBy(operation => operation.Method + " " + Unnamed(operation.Path))]);
        foreach (var operation in operations)
        {
            Add(operation);
            _hasCors |= operation.Cors is not null;
        }

        foreach (var each in bases ?? [])
        {
            Add(each);
            _hasCors |= each.Cors is not null;
            _hasStages |= each.Stage is not null;
        }
    }

    /// <summary>Finds the operation for a request.</summary>
    /// <param name="path">As it came, percent-encoded, without the query.</param>
    public RoutingResult Find(string method, ReadOnlySpan<char> path, out Operation? operation, out RouteMatch match, out string? allow) =>
        Find(method, path, out operation, out match, out allow, out _);

    /// <summary>Finds the operation for a caller: of a stage that has a canary, what is there for this one.</summary>
    /// <inheritdoc cref="Find(string, ReadOnlySpan{char}, out Operation?, out RouteMatch, out string?)"/>
    public RoutingResult Find(HttpContext http, ReadOnlySpan<char> path, out Operation? operation, out RouteMatch match, out string? allow)
    {
        string method = http.Request.Method;
        var result = Find(method, path, out operation, out match, out allow, out var route);
        if (_ofCanaries is null || result == RoutingResult.MalformedPath) return result;

        // Where the base has nothing the canary may have something, and the other way round: both are whole APIs.
        var canary = (operation ?? route?.First)?.Stage?.Canary;
        if (canary is null && route is not null) return result; // another stage's
        if (canary is not null && !canary.Split.TakesCanary(http)) return result;

        var found = (canary?.Table ?? _ofCanaries).Find(method, path, out var theirs, out var theirMatch, out string? theirAllow, out var theirRoute);
        if (canary is null && (theirs ?? theirRoute?.First)?.Stage?.Canary?.Split.TakesCanary(http) is not true) return result;

        (operation, match, allow) = (theirs, theirMatch, theirAllow);
        return found;
    }

    /// <summary>What the API that a path is below does with its requests; null for nothing.</summary>
    public StageTraffic? StageAt(ReadOnlySpan<char> path) => _hasStages ? BaseOf(path)?.Stage : null;

    private RoutingResult Find(
        string method, ReadOnlySpan<char> path, out Operation? operation, out RouteMatch match, out string? allow, out Route? route)
    {
        operation = null;
        match = default;
        allow = null;

        Span<Range> segments = stackalloc Range[SegmentsMax];
        var result = FindRoute(path, segments, out int count, out route);
        if (result != RoutingResult.Found) return result;

        allow = route!.Allow;
        if (route.Find(method) is not { } found) return RoutingResult.MethodNotAllowed;

        operation = found.Operation;
        match = found.Match(path[1..], segments[..count]);
        return RoutingResult.Found;
    }

    /// <summary>
    /// The policy for what no operation answers (a preflight, OPTIONS, a refusal): that of the operation which
    /// <paramref name="method"/> has here, else of the path's first, else of the API that the path is below.
    /// </summary>
    /// <param name="allow">The path's methods; null when it has none.</param>
    public CorsPolicy? CorsAt(string method, ReadOnlySpan<char> path, out string? allow)
    {
        allow = null;
        if (!_hasCors) return null;

        Span<Range> segments = stackalloc Range[SegmentsMax];
        if (FindRoute(path, segments, out _, out var route) != RoutingResult.Found) return BaseOf(path)?.Cors;

        allow = route!.Allow;
        return (route.Find(method)?.Operation ?? route.First).Cors;
    }

    private RoutingResult FindRoute(ReadOnlySpan<char> path, Span<Range> segments, out int count, out Route? route)
    {
        count = 0;
        route = null;
        if (path.IsEmpty || path[0] != '/') return RoutingResult.MalformedPath;
        path = path[1..];

        count = path.IsEmpty ? 0 : path.Split(segments, '/');
        if (count == SegmentsMax) return RoutingResult.NotFound;

        for (int i = 0; i < count; i++)
        {
            if (IsTrick(path[segments[i]])) return RoutingResult.MalformedPath;
        }

        return TryWalk(_root, path, segments[..count], 0, out route) ? RoutingResult.Found : RoutingResult.NotFound;
    }

    /// <summary>The API that stands nearest above a path.</summary>
    private ApiBase? BaseOf(ReadOnlySpan<char> path)
    {
        var node = _root;
        var nearest = node.Base;
        foreach (var range in path.Split('/'))
        {
            if (range.Start.Value == 0) continue; // before the first slash

            var segment = path[range];
            Node? next = null;
            if (segment.Contains('%')) node.Literals?.TryGetValue(Uri.UnescapeDataString(segment), out next);
            else node.Literals?.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out next);
            if (next is null) break;

            node = next;
            nearest = node.Base ?? nearest;
        }

        return nearest;
    }

    /// <summary>A path without its parameters' names: two that are equal match the same.</summary>
    private static string Unnamed(string path) =>
        string.Join('/', path.Split('/').Select(segment => segment.IndexOf('}') is > 0 and var close && segment[0] == '{' ? segment[(segment[close - 1] == '+' ? close - 1 : close)..] : segment));

    /// <summary>Dot segments, a NUL and broken percent-encoding are refused rather than interpreted.</summary>
    private static bool IsTrick(ReadOnlySpan<char> segment)
    {
        if (!segment.Contains('%')) return IsDots(segment);

        for (int i = 0; i < segment.Length; i++)
        {
            if (segment[i] != '%') continue;
            if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2])) return true;
            if (segment[i + 1] == '0' && segment[i + 2] == '0') return true;
        }

        // UnescapeDataString leaves bytes that are not UTF-8 encoded as they were: then more is left than percent signs.
        string decoded = Uri.UnescapeDataString(segment);
        return IsDots(decoded) || decoded.AsSpan().Count('%') != segment.Count("%25");
    }

    /// <summary>Also before a path parameter (<c>..;x</c>): services exist that cut those off first.</summary>
    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        int semicolon = segment.IndexOf(';');
        return (semicolon < 0 ? segment : segment[..semicolon]) is "." or "..";
    }

    private static bool TryWalk(Node node, ReadOnlySpan<char> path, ReadOnlySpan<Range> segments, int at, [NotNullWhen(true)] out Route? route)
    {
        if (at == segments.Length)
        {
            route = node.Route;
            return route is not null;
        }

        var segment = path[segments[at]];
        if (node.Literals is { } literals)
        {
            var found = segment.Contains('%')
                ? literals.GetValueOrDefault(Uri.UnescapeDataString(segment))
                : literals.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment, out var next) ? next : null;
            if (found is not null && TryWalk(found, path, segments, at + 1, out route)) return true;
        }

        if (!segment.IsEmpty && node.Suffixes is { } suffixes && at == segments.Length - 1 && segment.LastIndexOf(':') is > 0 and var colon
            && suffixes.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(segment[(colon + 1)..], out route))
        {
            return true;
        }

        if (!segment.IsEmpty && node.Parameter is { } parameter && TryWalk(parameter, path, segments, at + 1, out route)) return true;

        route = node.Rest;
        return route is not null;
    }

    private void Add(Operation operation)
    {
        var node = _root;
        string[] segments = operation.Path.Length <= 1 ? [] : operation.Path[1..].Split('/');
        List<RouteParameter> parameters = [];
        for (int i = 0; i < segments.Length; i++)
        {
            string segment = segments[i];
            bool isLast = i == segments.Length - 1;
            int close = segment.IndexOf('}');
            if (segment.Length == 0 || segment[0] != '{' || close < 0)
            {
                node.Literals ??= new(StringComparer.Ordinal);
                if (!node.Literals.TryGetValue(segment, out var literal)) node.Literals.Add(segment, literal = new());
                node = literal;
            }
            else if (isLast && segment.EndsWith("+}", StringComparison.Ordinal))
            {
                parameters.Add(new(segment[1..^2], i, IsRest: true, Suffix: 0));
                (node.Rest ??= new()).Add(new(operation, parameters));
                return;
            }
            else if (isLast && close < segment.Length - 1 && segment[close + 1] == ':')
            {
                string suffix = segment[(close + 2)..];
                parameters.Add(new(segment[1..close], i, IsRest: false, Suffix: suffix.Length + 1));
                node.Suffixes ??= new(StringComparer.Ordinal);
                if (!node.Suffixes.TryGetValue(suffix, out var route)) node.Suffixes.Add(suffix, route = new());
                route.Add(new(operation, parameters));
                return;
            }
            else
            {
                parameters.Add(new(segment[1..close], i, IsRest: false, Suffix: 0));
                node = node.Parameter ??= new();
            }
        }

        (node.Route ??= new()).Add(new(operation, parameters));
    }

    private void Add(ApiBase api)
    {
        var node = _root;
        foreach (string segment in api.Path.Length == 0 ? [] : api.Path[1..].Split('/'))
        {
            node.Literals ??= new(StringComparer.Ordinal);
            if (!node.Literals.TryGetValue(segment, out var literal)) node.Literals.Add(segment, literal = new());
            node = literal;
        }

        node.Base = api;
    }

    private sealed class Node
    {
        public Dictionary<string, Node>? Literals;
        public Node? Parameter;

        /// <summary><c>{id}:name</c>, by name; only as the last segment.</summary>
        public Dictionary<string, Route>? Suffixes;

        /// <summary><c>{name+}</c>: takes every segment that is left.</summary>
        public Route? Rest;

        /// <summary>What answers when the path ends here.</summary>
        public Route? Route;

        /// <summary>The API that stands here.</summary>
        public ApiBase? Base;
    }

    /// <param name="Suffix">Characters at the end of the segment that don't belong to the value.</param>
    private readonly record struct RouteParameter(string Name, int Segment, bool IsRest, int Suffix);

    /// <summary>The operations of one path, by method.</summary>
    private sealed class Route
    {
        private readonly List<Entry> _entries = [];

        private string? _allow;

        /// <summary>Made when it is first asked for: most tables are replaced before most of their paths are.</summary>
        public string Allow => _allow ??= string.Join(", ", _entries.Select(e => e.Operation.Method).Append("OPTIONS")
            .Concat(_entries.Exists(e => e.Operation.Method == "GET") ? ["HEAD"] : []).Distinct().Order(StringComparer.Ordinal));

        public Operation First => _entries[0].Operation;

        public void Add(Entry entry)
        {
            var operation = entry.Operation;
            if (_entries.Exists(e => e.Operation.Method == operation.Method))
                throw new ArgumentException($"{operation.Method} {operation.Path} has two operations.");

            _entries.Add(entry);
        }

        /// <summary>HEAD is answered by GET (RFC 9110, section 9.3.2); the server leaves the content away.</summary>
        public Entry? Find(string method)
        {
            foreach (var entry in _entries)
            {
                if (entry.Operation.Method == method) return entry;
            }

            return method == "HEAD" ? Find("GET") : null;
        }
    }

    /// <summary>An operation and its own names for the path's parameters: two documents may name them differently.</summary>
    private sealed class Entry(Operation operation, List<RouteParameter> parameters)
    {
        private readonly RouteParameter[] _parameters = [.. parameters];
        private readonly string[] _names = [.. parameters.Select(p => p.Name)];

        public Operation Operation => operation;

        public RouteMatch Match(ReadOnlySpan<char> path, ReadOnlySpan<Range> segments)
        {
            string[] values = _parameters.Length == 0 ? [] : new string[_parameters.Length];
            for (int i = 0; i < values.Length; i++)
            {
                var parameter = _parameters[i];
                var text = parameter.IsRest ? path[segments[parameter.Segment].Start..] : path[segments[parameter.Segment]];
                text = text[..^parameter.Suffix];
                values[i] = text.Contains('%') ? Uri.UnescapeDataString(text) : text.ToString();
            }

            return new RouteMatch(_names, values);
        }
    }
}

public enum RoutingResult { Found, NotFound, MethodNotAllowed, MalformedPath }

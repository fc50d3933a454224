using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;

namespace Stateway.Model.Apis.Operations;

/// <summary>
/// Reads the paths of a document and adds those of its collections. An operation that the document writes itself on a
/// collection's path stays as written, and gets from the collection what it leaves out.
/// </summary>
internal sealed class PathReader(
    ApiDocument document, ServedDocument served, OperationReader reader, IReadOnlyDictionary<string, CollectionDeclaration> declared)
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    private const int OperationsMax = 20_000;

    private readonly Dictionary<string, (string Path, Spot Item)> _items = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    private readonly ImmutableArray<OperationSpec>.Builder _operations = ImmutableArray.CreateBuilder<OperationSpec>();
    private readonly CollectionOperations _standard = new(served);

    public ImmutableArray<OperationSpec> Read(IEnumerable<CollectionDraft> drafts)
    {
        IndexPaths();
        IndexOperationIds();
        foreach (var draft in drafts)
        {
            foreach (var standard in CollectionOperations.Of(draft)) Add(standard);
        }

        foreach (var (path, item) in _items.Values) ReadItem(path, item);
        if (_operations.Any(operation => operation.Target is TargetSpec.Collection)) BatchOperation.AddTo(served, FreeId(BatchOperation.OperationId));
        if (_operations.Count > OperationsMax) document.Error("/paths", $"A document has at most {OperationsMax} operations; split it.");
        return _operations.ToImmutable();
    }

    private void IndexPaths()
    {
        foreach (var path in document.Top["paths"]?.Members ?? [])
        {
            if (!path.Name.StartsWith('/') || document.Resolve(path) is not { Map: not null } item) continue;

            if (path.Name == BatchOperation.Path)
            {
                // A document that a server has served describes it, and can be read as any other.
                document.Warn(path.Pointer, $"{path.Name} belongs to the server itself; what stands here has no effect.", name: true);
                (served.Root["paths"] as JsonObject)?.Remove(path.Name);
            }
            else if (PathTemplate.Wrong(path.Name) is { } wrong) document.ErrorAtName(path, wrong);
            else if (path.Name.StartsWith("/_/", StringComparison.Ordinal) || path.Name == "/openapi.json")
            {
                document.ErrorAtName(path, "Paths under /_/ and /openapi.json belong to the server itself; choose another.");
            }
            else if (!_items.TryAdd(PathTemplate.Normal(path.Name), (path.Name, item)))
            {
                _items.Add(path.Name + "#", (path.Name, item)); // no path has a '#': what it holds is checked all the same
                document.ErrorAtName(path, $"{path.Name} matches the same requests as {_items[PathTemplate.Normal(path.Name)].Path}; write both under one path.");
            }
        }
    }

    private void IndexOperationIds()
    {
        foreach (var (_, item) in _items.Values)
        {
            foreach (string method in Methods)
            {
                if (item[method]?["operationId"] is not { Text: { } id } spot || _ids.Add(id)) continue;
                document.Error(spot, $"The operationId '{id}' stands in the document twice.");
            }
        }
    }

    private void Add(CollectionOperations.Standard standard)
    {
        declared.TryGetValue(standard.Draft.StoreName, out var declaration);
        bool isKnown = _items.TryGetValue(PathTemplate.Normal(standard.Path), out var known);
        string path = isKnown ? known.Path : standard.Path;
        string method = standard.Method.ToLowerInvariant();
        var own = isKnown ? known.Item[method] : null;
        if (own is not null && (own["x-stateway-target"] ?? known.Item["x-stateway-target"]) is not null) return; // the document answers it otherwise

        var item = ServedDocument.In(ServedDocument.In(served.Root, "paths"), path);
        DeclareIds(standard.Draft, path, item, isKnown ? known.Item : null, standard.Verb);

        var described = _standard.Describe(standard, declaration);
        string id = own?["operationId"]?.Text ?? FreeId(standard.OperationId);
        described["operationId"] = id;
        if (own is null) item[method] = described;
        else Fill(ServedDocument.In(item, method), described);

        if (own is not null) _answered.Add(method + path);
        var lifecycle = reader.ReadLifecycle(own);
        Describe(lifecycle, path, method);
        _operations.Add(new()
        {
            Method = standard.Method,
            Path = path,
            OperationId = id,
            // Also where another target answers an action: the collection says whether there is such a resource, and checks the body.
            Target = new TargetSpec.Collection(standard.Draft.StoreName, standard.Verb, standard.Action?.Name),
            Parameters = own is null ? [] : reader.ReadParameters(path, known.Item, own, isComplete: false),
            RequestBody = null,
            Deprecated = own?["deprecated"]?.IsTrue == true || lifecycle?.DeprecatedAt is not null,
            Lifecycle = lifecycle,
        });
    }

    /// <summary>Every id in the path is declared once, at the path, under the name that the path gives it.</summary>
    private void DeclareIds(CollectionDraft draft, string path, JsonObject item, Spot? own, CollectionVerb verb)
    {
        var ids = new List<CollectionDraft>();
        for (var each = verb is CollectionVerb.List or CollectionVerb.Create ? draft.Parent : draft; each is not null; each = each.Parent) ids.Insert(0, each);
        if (ids.Count == 0) return;

        var names = PathTemplate.Names(path);
        if (item["parameters"] is not JsonArray parameters) item["parameters"] = parameters = [];
        for (int i = 0; i < ids.Count; i++)
        {
            if (own?["parameters"]?.Items.Any(each => document.Resolve(each)?["name"]?.Text == names[i]) == true) continue;
            if (parameters.Any(each => each?["name"] is JsonValue name && name.TryGetValue(out string? text) && text == names[i])) continue;
            parameters.Add(_standard.IdParameter(ids[i], names[i]));
        }
    }

    private static void Fill(JsonObject own, JsonObject described)
    {
        foreach (var (name, value) in described.ToArray())
        {
            if (own.ContainsKey(name)) continue;
            described.Remove(name);
            own[name] = value;
        }
    }

    private void ReadItem(string path, Spot item)
    {
        WarnOfServers(item);
        foreach (string method in Methods)
        {
            if (item[method] is not { Map: not null } operation || _answered.Contains(method + path)) continue;

            WarnOfServers(operation);
            string id = operation["operationId"]?.Text ?? FreeId(IdFor(method, path));
            if (operation["operationId"] is null && served.Root["paths"]?[path]?[method] is JsonObject described) described["operationId"] = id;
            if (reader.Read(path, method.ToUpperInvariant(), item, operation, id, item["x-stateway-target"]) is not { } spec) continue;

            Describe(spec.Lifecycle, path, method);
            _operations.Add(spec);
        }
    }

    /// <summary>What is deprecated shows as deprecated in OpenAPI's own word, too, which every tool knows.</summary>
    private void Describe(LifecycleSpec? lifecycle, string path, string method)
    {
        if (lifecycle?.DeprecatedAt is not null && served.Root["paths"]?[path]?[method] is JsonObject described) described["deprecated"] = true;
    }

    private void WarnOfServers(Spot spot)
    {
        if (spot["servers"] is { } servers) document.Warn(servers.Pointer, "Only the document's own servers say where its paths stand; these have no effect.", name: true);
    }

    private string FreeId(string wanted)
    {
        string id = wanted;
        for (int i = 2; !_ids.Add(id); i++) id = wanted + i;
        return id;
    }

    /// <summary><c>get /weather/{city}</c> → <c>getWeatherCity</c>.</summary>
    private static string IdFor(string method, string path) =>
        method + string.Concat(path.Split('/', '-', '_', '.', '{', '}', '+').Where(part => part.Length > 0).Select(Words.Capital));
}

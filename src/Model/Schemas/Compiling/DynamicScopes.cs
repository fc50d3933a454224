namespace Stateway.Model.Schemas.Compiling;

/// <summary>
/// What <c>$dynamicRef</c> finds: of each <c>$dynamicAnchor</c>, the first on the way from the root. A schema is
/// compiled once for each such map that leads to it, so that nothing is looked up while a value is validated.
/// </summary>
internal sealed class DynamicScopes
{
    private readonly List<SortedDictionary<string, SchemaPlace>> _scopes = [[]];
    private readonly Dictionary<string, int> _ids = new() { [""] = 0 };

    /// <summary>The empty scope.</summary>
    public const int None = 0;

    /// <returns>The scope after a resource has been entered.</returns>
    public int Enter(int scope, SchemaResource resource)
    {
        if (resource.DynamicAnchors.Keys.All(_scopes[scope].ContainsKey)) return scope;

        var inner = new SortedDictionary<string, SchemaPlace>(_scopes[scope], StringComparer.Ordinal);
        foreach (var (name, place) in resource.DynamicAnchors) inner.TryAdd(name, place);

        string identity = string.Join('\n', inner.Select(entry => $"{entry.Key} {entry.Value.Document.Uri}#{entry.Value.Pointer}"));
        if (_ids.TryGetValue(identity, out int id)) return id;

        _scopes.Add(inner);
        return _ids[identity] = _scopes.Count - 1;
    }

    public SchemaPlace Find(int scope, string anchor, SchemaPlace otherwise) => _scopes[scope].GetValueOrDefault(anchor, otherwise);
}

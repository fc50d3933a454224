using System.Collections.Immutable;
using Stateway.Model.Apis;
using Stateway.Store;

namespace Stateway.Collections;

/// <summary>All collections of all APIs, with the references between them resolved. Immutable once built.</summary>
public sealed class Catalog
{
    private readonly Dictionary<string, Collection> _byStoreName = new(StringComparer.Ordinal);
    private readonly Catalog? _others;
    private readonly IReadOnlyDictionary<string, Oversight>? _oversight;

    /// <param name="others">Asked for what none of these APIs declares.</param>
    /// <param name="oversight">By store names.</param>
    public Catalog(IEnumerable<ApiSpec> apis, Catalog? others = null, IReadOnlyDictionary<string, Oversight>? oversight = null)
    {
        (_others, _oversight) = (others, oversight);
        foreach (var api in apis)
        {
            foreach (var declaration in api.Collections) Add(declaration, parent: null);
        }

        foreach (var collection in _byStoreName.Values) Connect(collection);
    }

    public Collection this[string storeName] => Find(storeName) ?? throw new KeyNotFoundException(storeName);

    /// <returns>Null when there is none of this name.</returns>
    public Collection? Find(string storeName) => _byStoreName.GetValueOrDefault(storeName) ?? _others?.Find(storeName);

    /// <summary>Of its own APIs.</summary>
    public IEnumerable<Collection> Collections => _byStoreName.Values;

    public IReadOnlyList<CollectionSpec> ToSpecs() => [.. _byStoreName.Values.Select(c => c.ToSpec())];

    private Collection Add(CollectionDeclaration declaration, Collection? parent)
    {
        var collection = new Collection(declaration, _oversight?.GetValueOrDefault(declaration.StoreName)) { Parent = parent };
        _byStoreName.Add(declaration.StoreName, collection);
        var descendants = ImmutableArray.CreateBuilder<string>();
        foreach (var child in declaration.Children)
        {
            var added = Add(child, collection);
            descendants.Add(added.StoreName);
            descendants.AddRange(added.Descendants);
        }

        collection.Descendants = descendants.ToImmutable();
        return collection;
    }

    private void Connect(Collection collection)
    {
        foreach (var reference in collection.References)
        {
            if (!_byStoreName.TryGetValue(reference.Target, out var target)) continue; // the reader has refused such a document

            target.Referrers = target.Referrers.Add(new(collection.StoreName, reference.Field.Name));
            collection.ReferenceTargets = collection.ReferenceTargets.SetItem(reference.Field.Name, target);
        }
    }
}

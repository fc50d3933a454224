using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>The collections that documents may be answered by, by their names in the store.</summary>
internal sealed class CollectionIndex
{
    private readonly Dictionary<string, CollectionOutline> _outlines = new(StringComparer.Ordinal);

    public void Add(CollectionDraft draft)
    {
        foreach (var each in draft.All()) _outlines.TryAdd(each.StoreName, CollectionOutline.Of(each));
    }

    public void Add(ApiSpec api)
    {
        foreach (var outline in api.Collections.SelectMany(collection => CollectionOutline.Of(collection))) _outlines.TryAdd(outline.StoreName, outline);
    }

    /// <summary>A collection as a document names it: its own <c>orders/items</c> first, then <c>shop/orders/items</c>.</summary>
    public CollectionOutline? Find(ApiDocument document, string name) =>
        _outlines.GetValueOrDefault(document.Name + "/" + name) ?? _outlines.GetValueOrDefault(name);

    /// <summary>What a name that is not found may have meant.</summary>
    public string Hint(ApiDocument document, string name)
    {
        string own = document.Name + "/";
        return NameHint.For(name, [.. _outlines.Keys.Select(key => key.StartsWith(own, StringComparison.Ordinal) ? key[own.Length..] : key)]);
    }
}

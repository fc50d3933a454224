using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>The collections that documents may be answered by, by their names in the store.</summary>
/// <param name="others">APIs that are not read now, by name; null for one that there is not.</param>
internal sealed class CollectionIndex(Func<string, ApiSpec?> others)
{
    private readonly Dictionary<string, CollectionOutline> _outlines = new(StringComparer.Ordinal);

    public void Add(CollectionDraft draft)
    {
        foreach (var each in draft.All()) _outlines.TryAdd(each.StoreName, CollectionOutline.Of(each));
    }

    /// <summary>A collection as a document names it: its own <c>orders/items</c> first, then <c>shop/orders/items</c>.</summary>
    public CollectionOutline? Find(ApiDocument document, string name) =>
        _outlines.GetValueOrDefault(document.Name + "/" + name) ?? _outlines.GetValueOrDefault(name) ?? FindOther(name);

    /// <summary>What a name that is not found may have meant.</summary>
    public string Hint(ApiDocument document, string name)
    {
        string own = document.Name + "/";
        return NameHint.For(name, [.. _outlines.Keys.Select(key => key.StartsWith(own, StringComparison.Ordinal) ? key[own.Length..] : key)]);
    }

    private CollectionOutline? FindOther(string name) =>
        name.IndexOf('/') is > 0 and var slash && others(name[..slash]) is { } api
            ? api.Collections.SelectMany(collection => CollectionOutline.Of(collection)).FirstOrDefault(outline => outline.StoreName == name)
            : null;
}

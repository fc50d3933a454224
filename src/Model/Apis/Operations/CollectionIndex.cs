using Stateway.Model.Apis.Documents;
using Stateway.Model.Apis.Expansion;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Operations;

/// <summary>The collections of all documents that are read together, by their names in the store.</summary>
internal sealed class CollectionIndex
{
    private readonly Dictionary<string, CollectionDraft> _drafts = new(StringComparer.Ordinal);

    public void Add(CollectionDraft draft)
    {
        foreach (var each in draft.All()) _drafts.TryAdd(each.StoreName, each);
    }

    /// <summary>A collection as a document names it: its own <c>orders/items</c> first, then <c>shop/orders/items</c>.</summary>
    public CollectionDraft? Find(ApiDocument document, string name) =>
        _drafts.GetValueOrDefault(document.Name + "/" + name) ?? _drafts.GetValueOrDefault(name);

    /// <summary>What a name that is not found may have meant.</summary>
    public string Hint(ApiDocument document, string name)
    {
        string own = document.Name + "/";
        return NameHint.For(name, [.. _drafts.Keys.Select(key => key.StartsWith(own, StringComparison.Ordinal) ? key[own.Length..] : key)]);
    }
}

using System.Collections.Immutable;
using Stateway.Model.Apis.Expansion;

namespace Stateway.Model.Apis.Operations;

/// <summary>As much of a collection as another document's operation needs to be answered by it.</summary>
/// <param name="Depth">1 for a collection of its document, 2 for its children: how many ids name one resource.</param>
/// <param name="Path">Below the base path, for messages: <c>/orders/{order_id}/items</c>; so is the next.</param>
internal sealed record CollectionOutline(string StoreName, int Depth, string Path, string ItemPath, ImmutableArray<string> Actions)
{
    public static CollectionOutline Of(CollectionDraft draft) =>
        new(draft.StoreName, draft.Depth, draft.Path, draft.ItemPath, [.. draft.Actions.Select(action => action.Name)]);

    /// <summary>A collection that was read before, and those below it.</summary>
    public static IEnumerable<CollectionOutline> Of(CollectionDeclaration declaration, CollectionOutline? parent = null)
    {
        string path = $"{parent?.ItemPath}/{declaration.Name}";
        var outline = new CollectionOutline(declaration.StoreName, (parent?.Depth ?? 0) + 1, path, path + "/{id}", [.. declaration.Actions.Select(action => action.Name)]);
        return declaration.Children.SelectMany(child => Of(child, outline)).Prepend(outline);
    }
}

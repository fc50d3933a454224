using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Expansion;

/// <summary>A collection while its document is read: what its declaration says, and the names that follow from it.</summary>
internal sealed class CollectionDraft
{
    public CollectionDraft(ApiDocument document, Spot spot, CollectionDraft? parent)
    {
        (Spot, Parent, Name) = (spot, parent, spot.Name);
        Depth = parent is null ? 1 : parent.Depth + 1;
        StoreName = (parent is null ? document.Name : parent.StoreName) + "/" + Name;

        string singular = Words.Singular(Name);
        Word = (parent is null ? "" : parent.Word + " ") + Words.Spaced(singular);
        SingularName = parent?.SingularName + Words.Pascal(singular);
        PluralName = parent?.SingularName + Words.Pascal(Name);

        Kind = KindReader.Read(document, spot);

        IdName = Words.Snake(singular) + "_id";
        for (var ancestor = parent; ancestor is not null; ancestor = ancestor.Parent)
        {
            if (ancestor.IdName == IdName) IdName = Words.Snake(Words.Singular(parent!.Name)) + "_" + IdName;
        }

        Path = parent?.ItemPath + "/" + Name;
        ItemPath = $"{Path}/{{{IdName}}}";
    }

    public Spot Spot { get; }
    public CollectionDraft? Parent { get; }
    public string Name { get; }

    /// <summary>Null for a collection that is no platform kind.</summary>
    public KindDeclaration? Kind { get; }

    /// <summary>1 for a collection of the document, 2 for its children.</summary>
    public int Depth { get; }

    public string StoreName { get; }

    /// <summary>One resource, in words: <c>order item</c>.</summary>
    public string Word { get; }

    /// <summary>In operation ids: <c>OrderItem</c>.</summary>
    public string SingularName { get; }

    /// <summary>In operation ids: <c>OrderItems</c>.</summary>
    public string PluralName { get; }

    /// <summary>Of the path parameter: <c>item_id</c>.</summary>
    public string IdName { get; }

    /// <summary><c>/orders/{order_id}/items</c>.</summary>
    public string Path { get; }

    /// <summary><c>/orders/{order_id}/items/{item_id}</c>.</summary>
    public string ItemPath { get; }

    public List<CollectionDraft> Children { get; } = [];

    public IEnumerable<Spot> Actions => Spot["actions"]?.Members.Where(action => action.Map is not null && Words.IsName(action.Name)) ?? [];

    /// <summary>Name of the component that is the resource's schema; set when the schemas are laid out.</summary>
    public string? Component { get; set; }

    /// <summary>Name of the component that is a page of the collection.</summary>
    public string? ListComponent { get; set; }

    /// <summary>Name of the component that is a page of a resource's history.</summary>
    public string? HistoryComponent { get; set; }

    /// <summary>Name of the component that is what a watch tells of.</summary>
    public string? EventComponent { get; set; }

    /// <summary>What a child or an action calls its own is theirs.</summary>
    public bool HasHistory => !Children.Exists(child => child.Name == "history") && !Actions.Any(action => action.Name == "history");

    public bool RequiresCondition => Spot["require_condition"]?.IsTrue == true;

    /// <summary>This collection and all below it.</summary>
    public IEnumerable<CollectionDraft> All()
    {
        yield return this;
        foreach (var child in Children)
        {
            foreach (var each in child.All()) yield return each;
        }
    }
}

using Stateway.Model.Apis.Documents;

namespace Stateway.Model.Apis.Expansion;

/// <summary>Lays out the collections that a document declares, and checks their names and their nesting.</summary>
internal static class CollectionDrafts
{
    private const int DepthMax = 4; // a collection of the document, and three levels of children
    private const int CollectionsMax = 500;

    public static List<CollectionDraft> Read(ApiDocument document)
    {
        var drafts = new List<CollectionDraft>();
        int count = 0;
        foreach (var spot in document.Top["x-stateway-collections"]?.Members ?? [])
        {
            if (Read(document, spot, parent: null, ref count) is { } draft) drafts.Add(draft);
        }

        if (drafts.Count > 0 && !Words.IsName(document.Name))
        {
            document.Error("/x-stateway-collections",
                $"Collections are kept under the file's name, so it must be kebab-case: rename the file to {Words.Kebab(document.Name)}{Path.GetExtension(document.File)}.", name: true);
        }

        return drafts;
    }

    private static CollectionDraft? Read(ApiDocument document, Spot spot, CollectionDraft? parent, ref int count)
    {
        if (!Words.IsName(spot.Name))
        {
            document.ErrorAtName(spot, WrongName("collection", spot.Name));
            return null;
        }

        if (spot.Map is null) return null; // which the schema of the extensions tells

        if (parent?.Depth == DepthMax)
        {
            document.ErrorAtName(spot, $"Children stand at most {DepthMax - 1} levels deep; keep {spot.Name} beside them and refer to the parent by a field.");
            return null;
        }

        if (++count > CollectionsMax)
        {
            if (count == CollectionsMax + 1) document.ErrorAtName(spot, $"A document declares at most {CollectionsMax} collections; split it.");
            return null;
        }

        var draft = new CollectionDraft(document, spot, parent);
        foreach (var child in spot["children"]?.Members ?? [])
        {
            if (Read(document, child, draft, ref count) is { } childDraft) draft.Children.Add(childDraft);
        }

        CheckActionNames(document, spot);
        return draft;
    }

    private static void CheckActionNames(ApiDocument document, Spot spot)
    {
        foreach (var action in spot["actions"]?.Members ?? [])
        {
            if (!Words.IsName(action.Name)) document.ErrorAtName(action, WrongName("action", action.Name));
            else if (spot["children"]?[action.Name] is not null)
            {
                document.ErrorAtName(action, $"'{action.Name}' is a child and an action, and both would be /{spot.Name}/{{id}}/{action.Name}; rename one.");
            }
        }
    }

    private static string WrongName(string what, string name)
    {
        string right = Words.Kebab(name);
        string hint = Words.IsName(right) ? $" Write {right}." : "";
        return $"'{name}' can't be the name of {Words.WithArticle(what)}: it stands in URLs, so it is kebab-case, a-z, 0-9 and '-', at most {Words.NameLengthMax}.{hint}";
    }
}

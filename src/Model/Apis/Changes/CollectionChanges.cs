using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Changes;

/// <summary>
/// Compares what collections declare and their operations don't show. Fields to filter by are query parameters,
/// actions are operations, references stand in schemas, a condition that is required is the answer 428: those are
/// compared in the documents.
/// </summary>
internal static class CollectionChanges
{
    public static void Compare(ApiSpec old, ApiSpec @new, ChangeList list)
    {
        var before = Flat(old.Collections, "").ToDictionary(each => each.Path, each => each.Collection);
        foreach (var (path, collection) in Flat(@new.Collections, ""))
        {
            // One that is new or gone has all its operations new or gone.
            if (before.TryGetValue(path, out var same)) Compare(same, collection, PathOf(path, collection, @new), list);
        }
    }

    private static void Compare(CollectionDeclaration old, CollectionDeclaration @new, string path, ChangeList list)
    {
        string pointer = JsonPointer.Of(["paths", path]);
        foreach (string field in old.Order.Except(@new.Order))
            list.Add(ChangeRules.OrderFieldRemoved, pointer + "/get", $"GET {path}", $"{path} can't be ordered by '{field}' any more. Breaks clients that do (order_by).");
        foreach (string field in @new.Order.Except(old.Order))
            list.Add(ChangeRules.OrderFieldAdded, pointer + "/get", $"GET {path}", $"{path} can be ordered by '{field}'.");
        foreach (string field in @new.Unique.Except(old.Unique))
            list.Add(ChangeRules.UniqueAdded, pointer + "/post", $"POST {path}", $"'{field}' must be unique among {path}. Breaks clients that write the same value twice: they get 409.");
        foreach (string field in old.Unique.Except(@new.Unique))
            list.Add(ChangeRules.UniqueRemoved, pointer + "/post", $"POST {path}", $"'{field}' need not be unique among {path}. Clients that look for one by it may find more.");

        var actions = old.Actions.ToDictionary(action => action.Name);
        foreach (var action in @new.Actions)
        {
            if (!actions.TryGetValue(action.Name, out var same) || same.WhenText == action.WhenText || same.Method != action.Method) continue;

            list.Add(ChangeRules.ActionConditionChanged, pointer, null,
                $"The action '{action.Name}' of {path} was allowed {When(same)} and is allowed {When(action)}. Clients may get 409 where they did not.");
        }

        static string When(ActionDeclaration action) => action.WhenText is { } text ? $"when {text}" : "always";
    }

    /// <summary><c>orders</c>, <c>orders/items</c>: the store's names without the API's.</summary>
    private static IEnumerable<(string Path, CollectionDeclaration Collection)> Flat(IEnumerable<CollectionDeclaration> collections, string parent)
    {
        foreach (var collection in collections)
        {
            string path = parent + collection.Name;
            yield return (path, collection);
            foreach (var child in Flat(collection.Children, path + "/")) yield return child;
        }
    }

    /// <summary>Of the operations that list and create; the name itself when the document gave them to another target.</summary>
    private static string PathOf(string name, CollectionDeclaration collection, ApiSpec api) =>
        api.Operations.FirstOrDefault(operation =>
            operation.Target is TargetSpec.Collection { Verb: CollectionVerb.List or CollectionVerb.Create } target && target.StoreName == collection.StoreName)
            ?.Path ?? "/" + name;
}

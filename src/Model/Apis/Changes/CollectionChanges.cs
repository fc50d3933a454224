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
            if (before.TryGetValue(path, out var same)) Compare(same, collection, path, @new, list);
        }
    }

    private static void Compare(CollectionDeclaration old, CollectionDeclaration @new, string name, ApiSpec api, ChangeList list)
    {
        string path = Operation(api, @new, target => target.Verb is CollectionVerb.List or CollectionVerb.Create)?.Path ?? "/" + name;
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

            var operation = Operation(api, @new, target => target.Verb == CollectionVerb.Act && target.Action == action.Name);
            list.Add(ChangeRules.ActionConditionChanged,
                operation is null ? pointer : JsonPointer.Of(["paths", operation.Path, operation.Method.ToLowerInvariant()]),
                operation is null ? null : $"{operation.Method} {operation.Path}",
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

    /// <summary>Null when the document gave it to another target.</summary>
    private static OperationSpec? Operation(ApiSpec api, CollectionDeclaration collection, Func<TargetSpec.Collection, bool> isIt) =>
        api.Operations.FirstOrDefault(operation => operation.Target is TargetSpec.Collection target && target.StoreName == collection.StoreName && isIt(target));
}

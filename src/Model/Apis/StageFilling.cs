namespace Stateway.Model.Apis;

/// <summary>Gives an API the values of a stage's variables. Its texts stay as they are written; only what is made of them for serving has the values.</summary>
public static class StageFilling
{
    public static ApiSpec With(this ApiSpec api, StageValues values) => values.IsEmpty ? api : api with
    {
        Operations = [.. api.Operations.Select(operation => operation.Target is TargetSpec.Http http ? operation with { Target = http with { Values = values } } : operation)],
        Collections = [.. api.Collections.Select(collection => With(collection, values))],
    };

    /// <summary>Why the values can't be what they are, at most one reason for each use.</summary>
    public static IEnumerable<(string Variable, string Message)> Faults(ApiSpec api, StageValues values)
    {
        foreach (var target in Targets(api))
        {
            if (StageText.WhyNotUrl(target.Url, values) is { } wrong) yield return wrong;
            foreach (var (_, text) in target.RequestHeaders.Set.Concat(target.RequestHeaders.Add).Concat(target.ResponseHeaders.Set).Concat(target.ResponseHeaders.Add))
            {
                if (StageText.WhyNotField(text, values) is { } field) yield return field;
            }
        }
    }

    private static IEnumerable<TargetSpec.Http> Targets(ApiSpec api) =>
        api.Operations.Select(operation => operation.Target).Concat(api.Collections.SelectMany(ActionTargets)).OfType<TargetSpec.Http>();

    private static IEnumerable<TargetSpec?> ActionTargets(CollectionDeclaration collection) =>
        collection.Actions.Select(action => action.Target).Concat(collection.Children.SelectMany(ActionTargets));

    private static CollectionDeclaration With(CollectionDeclaration collection, StageValues values) => collection with
    {
        Actions = [.. collection.Actions.Select(action => action.Target is TargetSpec.Http http ? action with { Target = http with { Values = values } } : action)],
        Children = [.. collection.Children.Select(child => With(child, values))],
    };
}

using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis;

/// <summary>Two documents can't answer the same request.</summary>
public static class ApiClash
{
    /// <returns>One that both answer, such as <c>GET /v1/orders/{id}</c>, as the second has it; null when there is none.</returns>
    public static string? Find(ApiSpec first, ApiSpec second)
    {
        var answered = first.Operations.Select(operation => RequestOf(first, operation)).ToHashSet(StringComparer.Ordinal);
        return second.Operations.FirstOrDefault(operation => answered.Contains(RequestOf(second, operation))) is { } both
            ? $"{both.Method} {second.BasePath}{both.Path}"
            : null;
    }

    private static string RequestOf(ApiSpec api, OperationSpec operation) => operation.Method + " " + PathTemplate.Normal(api.BasePath + operation.Path);
}

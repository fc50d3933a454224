using System.Diagnostics.CodeAnalysis;
using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis;

/// <summary>Which stage answers which request: no two can answer the same.</summary>
public sealed class TakenRequests
{
    private readonly Dictionary<string, string> _stages = new(StringComparer.Ordinal);

    /// <param name="stage">As in a message: <c>shop/live</c>. What it has taken itself, with another of its deployments, it may take again.</param>
    /// <param name="clash">What another one answers already, in words; then nothing is taken.</param>
    public bool TryTake(string stage, ApiSpec api, [NotNullWhen(false)] out string? clash)
    {
        clash = null;
        foreach (var operation in api.Operations)
        {
            if (!_stages.TryGetValue(RequestOf(api, operation), out string? other) || other == stage) continue;

            clash = $"The stage {other} answers {operation.Method} {api.BasePath}{operation.Path} already; give one of the two another path.";
            return false;
        }

        foreach (var operation in api.Operations) _stages.TryAdd(RequestOf(api, operation), stage);
        return true;
    }

    private static string RequestOf(ApiSpec api, OperationSpec operation) => operation.Method + " " + PathTemplate.Normal(api.BasePath + operation.Path);
}

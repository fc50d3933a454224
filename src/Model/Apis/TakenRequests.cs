using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis;

/// <summary>Which stage answers which request: no two can answer the same.</summary>
public sealed class TakenRequests
{
    // Of each API once: with a thousand of them, and a change of one, it is these that a change would wait for.
    private static readonly ConditionalWeakTable<ApiSpec, string[]> _requests = [];

    private readonly Dictionary<string, string> _stages = new(StringComparer.Ordinal);

    /// <param name="stage">As in a message: <c>shop/live</c>. What it has taken itself, with another of its deployments, it may take again.</param>
    /// <param name="clash">What another one answers already, in words; then nothing is taken.</param>
    public bool TryTake(string stage, ApiSpec api, [NotNullWhen(false)] out string? clash)
    {
        clash = null;
        string[] requests = _requests.GetValue(api, static api => [.. api.Operations.Select(operation => RequestOf(api, operation))]);
        for (int i = 0; i < requests.Length; i++)
        {
            if (!_stages.TryGetValue(requests[i], out string? other) || other == stage) continue;

            var operation = api.Operations[i];
            clash = $"The stage {other} answers {operation.Method} {api.BasePath}{operation.Path} already; give one of the two another path.";
            return false;
        }

        foreach (string request in requests) _stages.TryAdd(request, stage);
        return true;
    }

    private static string RequestOf(ApiSpec api, OperationSpec operation) => operation.Method + " " + PathTemplate.Normal(api.BasePath + operation.Path);
}

using Microsoft.AspNetCore.Http;
using Stateway.Model.Problems;

namespace Stateway.Gateway.Targets;

/// <summary>Answers OPTIONS with 204; the first step has set <c>Allow</c>.</summary>
internal sealed class OptionsTarget : ITarget
{
    public ValueTask<Problem?> AnswerAsync(Exchange exchange)
    {
        var response = exchange.Response;
        response.StatusCode = StatusCodes.Status204NoContent;
        if (response.Headers.Allow.ToString().Contains("PATCH", StringComparison.Ordinal))
            response.Headers["Accept-Patch"] = "application/merge-patch+json, application/json-patch+json";
        return default;
    }
}

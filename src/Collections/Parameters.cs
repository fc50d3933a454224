using Microsoft.AspNetCore.Http;
using Stateway.Gateway;
using Stateway.Model.Problems;

namespace Stateway.Collections;

/// <summary>Query parameters of requests that take none, or only one.</summary>
internal static class Parameters
{
    /// <param name="only">The one that there is; null when there is none.</param>
    public static Problem? Check(HttpRequest request, string? only = null)
    {
        if (!request.QueryString.HasValue) return null;

        List<ProblemError>? wrong = null;
        foreach (var (name, values) in request.Query)
        {
            if (name != only)
                Wrong(name, "UNKNOWN_PARAMETER", $"{name} is no parameter here; there {(only is null ? "are none" : "is " + only)}.");
            else if (values.Count > 1)
                Wrong(name, "DUPLICATE", $"{name} is given {values.Count} times.");
        }

        return wrong is null ? null : new(ProblemTypes.InvalidParameter, Wording.Count(wrong.Count, "parameter")) { Errors = [.. wrong] };

        void Wrong(string name, string code, string detail) => (wrong ??= []).Add(new(code, detail) { Parameter = name });
    }
}

using Stateway.Collections.Patches;
using Stateway.Collections.Representations;
using Stateway.Model.Problems;

namespace Stateway.Collections.Writing;

/// <summary>Keeps stored writeOnly values out of what a problem says about a value that was put together of old and new.</summary>
internal static class Secrets
{
    /// <param name="served">The mask of what is served; null when everything is.</param>
    public static Problem? Redact(Problem? problem, Mask? served) => problem is null || served is null ? problem
        : problem with { Errors = [.. problem.Errors.Select(error => IsHidden(error.Pointer, served) ? error with { Detail = "This does not fit the schema." } : error)] };

    private static bool IsHidden(string? pointer, Mask served) =>
        pointer is not null && JsonPointer.TryParse(pointer, out var parsed) && served.At(parsed.Tokens) is null;
}

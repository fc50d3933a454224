using Stateway.Model.Apis.Operations;

namespace Stateway.Model.Apis.Documents;

/// <summary>Checks that no two documents answer the same request.</summary>
internal static class ClashCheck
{
    public static void Run(IReadOnlyList<(ApiDocument Document, ApiSpec Spec)> apis)
    {
        var answered = new Dictionary<string, ApiDocument>(StringComparer.Ordinal);
        var bases = new Dictionary<string, ApiDocument>(StringComparer.Ordinal);
        foreach (var (document, spec) in apis)
        {
            if (!bases.TryAdd(spec.BasePath, document))
            {
                document.Warn("/servers", $"{bases[spec.BasePath].File} stands under {(spec.BasePath.Length == 0 ? "/" : spec.BasePath)} as well, so /openapi.json there shows only that one. Give each its own path under servers.");
            }

            foreach (var operation in spec.Operations)
            {
                string request = operation.Method + " " + PathTemplate.Normal(spec.BasePath + operation.Path);
                if (answered.TryAdd(request, document)) continue;

                var other = answered[request];
                if (other == document) continue; // its own paths are compared when they are read
                document.Error(Text.JsonPointer.Append("/paths", operation.Path),
                    $"{other.File} answers {operation.Method} {spec.BasePath}{operation.Path} as well; give one of the two another path under servers.", name: true);
            }
        }
    }
}

using System.Text;
using System.Text.Json;
using Stateway.Model.Apis;

namespace Stateway.Management;

/// <summary>A deployment's document, as a resource holds it.</summary>
internal static class DeploymentSource
{
    /// <param name="api">The API's id.</param>
    /// <param name="deployment">JSON that fits the kind's schema.</param>
    public static ApiSource Read(string api, ReadOnlyMemory<byte> deployment)
    {
        using var document = JsonDocument.Parse(deployment, new JsonDocumentOptions { MaxDepth = 128 });
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in document.RootElement.GetProperty("files").EnumerateObject())
            files[file.Name] = Encoding.UTF8.GetBytes(file.Value.GetString()!);
        return new(api, document.RootElement.GetProperty("file").GetString()!, files);
    }

    /// <summary>Whether two are of the same files, byte for byte.</summary>
    public static bool AreSame(ApiSource a, ApiSource b) =>
        a.File == b.File && a.Files.Count == b.Files.Count
        && a.Files.All(file => b.Files.TryGetValue(file.Key, out byte[]? other) && file.Value.AsSpan().SequenceEqual(other));
}

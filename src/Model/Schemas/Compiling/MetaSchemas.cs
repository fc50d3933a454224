using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>The schemas of JSON Schema 2020-12 itself, as published, so that references to them need no network.</summary>
internal static class MetaSchemas
{
    private const string Prefix = "https://json-schema.org/draft/2020-12/";

    /// <returns>Null for any other URI.</returns>
    public static JsonElement? Find(string uri)
    {
        if (!uri.StartsWith(Prefix, StringComparison.Ordinal)) return null;

        string name = uri[Prefix.Length..].Replace("meta/", "");
        using var stream = typeof(MetaSchemas).Assembly.GetManifestResourceStream($"MetaSchemas/{name}.json");
        if (stream is null) return null;

        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}

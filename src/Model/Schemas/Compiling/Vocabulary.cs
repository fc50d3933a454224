using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>What a schema's own meta-schema switches on or off by <c>$vocabulary</c>.</summary>
internal readonly record struct Vocabulary(bool Validates, bool AssertsFormats)
{
    private const string Prefix = "https://json-schema.org/draft/2020-12/vocab/";

    public static Vocabulary Of(SchemaResource resource, SchemaIndex index)
    {
        var standard = new Vocabulary(Validates: true, AssertsFormats: false);
        string? uri = resource.Place.Text("$schema") ?? resource.Document.Resources[""].Place.Text("$schema");
        if (uri is null || uri == "https://json-schema.org/draft/2020-12/schema") return standard;
        if (!index.TryResolve(uri, out var meta, out _) || !meta.TryGet("$vocabulary", out var list)) return standard;
        if (list.ValueKind != JsonValueKind.Object) return standard;

        return new(list.TryGetProperty(Prefix + "validation", out _), list.TryGetProperty(Prefix + "format-assertion", out _));
    }
}

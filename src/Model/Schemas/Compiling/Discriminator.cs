using System.Text.Json;
using Stateway.Model.Schemas.Checks;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>
/// Reads OpenAPI's <c>discriminator</c>. It takes the place of the <c>oneOf</c> or <c>anyOf</c> beside it when all
/// alternatives are references; alternatives that are not for objects, such as null, stay beside it.
/// </summary>
internal static class Discriminator
{
    /// <returns>The keyword whose alternatives a discriminator chooses from.</returns>
    public static string KeywordOf(SchemaPlace place) => place.Has("oneOf") ? "oneOf" : "anyOf";

    public static bool TryRead(SchemaCompiler compiler, Site site, KeywordReader keywords, out Applicator? applicator)
    {
        applicator = null;
        if (site.Place.Child("discriminator") is not { Element.ValueKind: JsonValueKind.Object } discriminator) return false;
        if (discriminator.Text("propertyName") is not { } property)
        {
            compiler.Defects.Add(discriminator, null, "A discriminator needs a propertyName.");
            return false;
        }

        SchemaPlace[] alternatives = [.. site.Place.Items(KeywordOf(site.Place))];
        if (alternatives.Length == 0) return false;
        if (alternatives.Any(a => a.Text("$ref") is null && MayBeObject(a))) return false;

        var branches = new List<(string, Node)>();
        foreach (var (value, target) in discriminator.Members("mapping"))
        {
            if (Resolve(compiler, discriminator, target) is { } place) branches.Add((value, compiler.Require(site.ForPart(place))));
        }

        foreach (var alternative in alternatives)
        {
            if (alternative.Text("$ref") is not { } reference) continue;

            string name = reference[(reference.LastIndexOf('/') + 1)..];
            if (!branches.Exists(branch => branch.Item1 == name)) branches.Add((name, compiler.Require(site.ForPart(alternative))));
        }

        Node[] others = compiler.Parts(site, [.. alternatives.Where(a => a.Text("$ref") is null)]);
        applicator = new Discriminated(property, [.. branches], others);
        return true;
    }

    private static bool MayBeObject(SchemaPlace place)
    {
        if (!place.TryGet("type", out var type)) return true;
        return type.ValueKind == JsonValueKind.String
            ? type.GetString() == "object"
            : type.ValueKind != JsonValueKind.Array || type.EnumerateArray().Any(t => t.ValueEquals("object"));
    }

    /// <summary>A mapping names a component, or is a reference.</summary>
    private static SchemaPlace? Resolve(SchemaCompiler compiler, SchemaPlace discriminator, SchemaPlace target)
    {
        string why = "It must be a string.";
        if (target.Element.ValueKind == JsonValueKind.String)
        {
            string text = target.Element.GetString()!;
            string component = "#/components/schemas/" + text;
            if (compiler.Index.TryResolve(discriminator.Document.Resources[""], component, out var place, out why)) return place;
            if (compiler.Index.TryResolve(discriminator.Resource, text, out place, out why)) return place;
        }

        compiler.Defects.Add(target, null, $"The mapping does not resolve. {why}");
        return null;
    }
}

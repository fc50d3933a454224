using System.Collections.Frozen;
using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Which keywords there are, and where schemas stand in them.</summary>
internal static class SchemaKeywords
{
    private static readonly string[] s_one =
    [
        "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema",
    ];

    private static readonly string[] s_list = ["allOf", "anyOf", "oneOf", "prefixItems"];

    private static readonly string[] s_map =
        ["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"];

    /// <summary>Keywords that a value can fail, or that say something about how others are read.</summary>
    private static readonly FrozenSet<string> s_asserting = FrozenSet.ToFrozenSet(
    [
        "type", "enum", "const", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength",
        "maxLength", "pattern", "format", "items", "prefixItems", "contains", "minContains", "maxContains", "minItems",
        "maxItems", "uniqueItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
        "minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "dependencies", "allOf", "anyOf",
        "oneOf", "not", "if", "then", "else", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
    ]);

    /// <summary>Whether nothing but a <c>$ref</c> decides, so that the schema is the one that it names.</summary>
    public static bool IsOnlyReference(SchemaPlace place, SchemaDialect dialect)
    {
        if (place.Text("$ref") is null) return false;
        if (dialect == SchemaDialect.OpenApi30) return !place.IsTrue("nullable");

        foreach (var member in place.Element.EnumerateObject())
        {
            if (s_asserting.Contains(member.Name)) return false;
        }

        return true;
    }

    /// <summary>The schemas directly inside a schema, in keywords that hold schemas and in no other.</summary>
    public static IEnumerable<SchemaPlace> Subschemas(SchemaPlace place)
    {
        if (place.Element.ValueKind != JsonValueKind.Object) yield break;

        foreach (string keyword in s_one)
        {
            if (place.Child(keyword) is { } child) yield return child;
        }

        foreach (string keyword in s_list)
        {
            foreach (var child in place.Items(keyword)) yield return child;
        }

        foreach (string keyword in s_map)
        {
            foreach (var (_, child) in place.Members(keyword)) yield return child;
        }
    }
}

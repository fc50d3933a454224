namespace Stateway.Model.Apis.Changes;

/// <summary>The keywords of schemas, by what a comparison does with them.</summary>
internal static class SchemaWords
{
    /// <summary>For readers only: no value is accepted or refused because of it.</summary>
    public static bool IsRemark(string word) => word switch
    {
        "title" or "description" or "example" or "examples" or "externalDocs" or "$comment" or "$id" or "$anchor" or "$schema"
            or "$defs" or "definitions" or "$dynamicAnchor" or "$vocabulary" => true,
        "x-stateway-reference" => false,
        _ => word.StartsWith("x-", StringComparison.Ordinal),
    };

    /// <summary>What can't be compared but by being the same. Whatever is not known to JSON Schema does nothing.</summary>
    public static readonly string[] Undecided =
    [
        "not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames", "dependentRequired", "dependentSchemas",
        "patternProperties", "unevaluatedItems", "contentEncoding", "contentMediaType", "contentSchema", "$dynamicRef",
    ];
}

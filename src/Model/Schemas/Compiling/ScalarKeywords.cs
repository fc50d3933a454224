using System.Text.Json;
using Stateway.Model.Schemas.Checks;
using Stateway.Model.Schemas.Formats;
using Stateway.Model.Schemas.Patterns;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Reads <c>type</c>, <c>enum</c>, <c>const</c>, and the keywords for strings and numbers.</summary>
internal static class ScalarKeywords
{
    /// <param name="validates">Whether the schema's vocabulary has any keywords but <c>format</c>.</param>
    public static void Read(
        KeywordReader keywords, Node node, SchemaDialect dialect, PatternCache patterns, bool validates, bool assertFormats)
    {
        var (strings, numbers) = (new StringRules(), new NumberRules());
        if (validates)
        {
            node.Types = ReadTypes(keywords, dialect) ?? ShapeTypes.Any;
            if (keywords.Constants("enum", list: true) is { } values) node.Enum = new Constants("ENUM", values);
            bool hasConst = dialect == SchemaDialect.Draft202012;
            if (hasConst && keywords.Constants("const", list: false) is { } value) node.Const = new Constants("CONST", value);
            strings = ReadStrings(keywords, patterns);
            numbers = dialect == SchemaDialect.OpenApi30 ? ReadNumbers30(keywords) : ReadNumbers(keywords);
        }

        if (keywords.Text("format") is { } format && assertFormats)
        {
            strings.Format = StringFormat.Find(format);
            numbers.Format = NumberFormat.Find(format);
        }

        if (!strings.IsEmpty) node.Strings = strings;
        if (!numbers.IsEmpty) node.Numbers = numbers;
    }

    /// <returns>Null when nothing is said.</returns>
    public static ShapeTypes? ReadTypes(KeywordReader keywords, SchemaDialect dialect)
    {
        if (!keywords.Place.TryGet("type", out var type)) return null;

        if (type.ValueKind == JsonValueKind.String) return ReadType(keywords, type.GetString()!, dialect);

        if (type.ValueKind != JsonValueKind.Array || dialect == SchemaDialect.OpenApi30)
        {
            keywords.Defect("type", dialect == SchemaDialect.OpenApi30
                ? $"type must be a string in OpenAPI 3.0, not {DefectList.KindOf(type)}; null is allowed by nullable: true."
                : $"type must be a string or an array of strings, not {DefectList.KindOf(type)}.");
            return null;
        }

        var types = ShapeTypes.None;
        foreach (var item in type.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String) types |= ReadType(keywords, item.GetString()!, dialect);
            else keywords.Defect("type", $"type must list strings; {DefectList.KindOf(item)} is none.");
        }

        if (types == ShapeTypes.None) keywords.Defect("type", "type must name at least one type.");
        return types;
    }

    private static ShapeTypes ReadType(KeywordReader keywords, string name, SchemaDialect dialect)
    {
        var type = name switch
        {
            "null" when dialect == SchemaDialect.Draft202012 => ShapeTypes.Null,
            "boolean" => ShapeTypes.Boolean,
            "integer" => ShapeTypes.Integer,
            "number" => ShapeTypes.Number,
            "string" => ShapeTypes.String,
            "array" => ShapeTypes.Array,
            "object" => ShapeTypes.Object,
            _ => ShapeTypes.None,
        };
        if (type == ShapeTypes.None)
        {
            keywords.Defect("type", name == "null"
                ? "OpenAPI 3.0 has no type null; write nullable: true beside the type."
                : $"'{name}' is no type; the types are string, number, integer, boolean, object, array" +
                    (dialect == SchemaDialect.Draft202012 ? " and null." : "."));
        }

        return type;
    }

    private static StringRules ReadStrings(KeywordReader keywords, PatternCache patterns)
    {
        var rules = new StringRules
        {
            LengthMin = keywords.Count("minLength", 0),
            LengthMax = keywords.Count("maxLength", long.MaxValue),
        };
        if (keywords.Text("pattern") is { } source)
        {
            rules.Pattern = patterns.Get(source, out string? why);
            if (why is not null) keywords.Defect("pattern", why);
        }

        return rules;
    }

    private static NumberRules ReadNumbers(KeywordReader keywords) => new()
    {
        Minimum = keywords.Number("minimum"),
        Maximum = keywords.Number("maximum"),
        ExclusiveMinimum = keywords.Number("exclusiveMinimum"),
        ExclusiveMaximum = keywords.Number("exclusiveMaximum"),
        MultipleOf = ReadMultipleOf(keywords),
    };

    /// <summary>OpenAPI 3.0, as draft 4: the exclusive keywords are flags that say how the others are meant.</summary>
    private static NumberRules ReadNumbers30(KeywordReader keywords)
    {
        var (minimum, maximum) = (keywords.Number("minimum"), keywords.Number("maximum"));
        bool aboveMinimum = keywords.Flag("exclusiveMinimum"), belowMaximum = keywords.Flag("exclusiveMaximum");
        return new()
        {
            Minimum = aboveMinimum ? null : minimum,
            Maximum = belowMaximum ? null : maximum,
            ExclusiveMinimum = aboveMinimum ? minimum : null,
            ExclusiveMaximum = belowMaximum ? maximum : null,
            MultipleOf = ReadMultipleOf(keywords),
        };
    }

    private static NumberRules.Limit? ReadMultipleOf(KeywordReader keywords)
    {
        if (keywords.Number("multipleOf") is not { } divisor) return null;
        if (divisor.Number.Sign > 0) return divisor;

        keywords.Defect("multipleOf", $"multipleOf must be above 0, not {divisor}.");
        return null;
    }
}

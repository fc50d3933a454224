using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaDefectTests
{
    [Theory]
    [InlineData("""{"type": "strng"}""", "/type", "'strng' is no type; the types are string, number, integer, boolean, object, array and null.")]
    [InlineData("""{"type": 1}""", "/type", "type must be a string or an array of strings, not the number 1.")]
    [InlineData("""{"minLength": -1}""", "/minLength", "minLength must be a whole number from 0, not the number -1.")]
    [InlineData("""{"maxItems": "3"}""", "/maxItems", "maxItems must be a whole number from 0, not a string.")]
    [InlineData("""{"minimum": "0"}""", "/minimum", "minimum must be a number, not a string.")]
    [InlineData("""{"multipleOf": 0}""", "/multipleOf", "multipleOf must be above 0, not 0.")]
    [InlineData("""{"required": "name"}""", "/required", "required must be an array of names, not a string.")]
    [InlineData("""{"properties": {"a": {"items": 3}}}""", "/properties/a/items", "A schema must be an object, true or false, not the number 3.")]
    [InlineData("""{"properties": []}""", "/properties", "properties must be an object of schemas, not an array.")]
    [InlineData("""{"allOf": []}""", "/allOf", "allOf must not be empty.")]
    [InlineData("""{"enum": "a"}""", "/enum", "enum must be an array of values, not a string.")]
    [InlineData("""{"uniqueItems": 1}""", "/uniqueItems", "uniqueItems must be true or false, not the number 1.")]
    [InlineData("""{"$ref": "#/$defs/Prodct", "$defs": {"Product": true}}""", "/$ref", "The reference #/$defs/Prodct does not resolve. There is no 'Prodct' at /$defs. Did you mean 'Product'?")]
    [InlineData("""{"items": {"$ref": "#nowhere"}}""", "/items/$ref", "The reference #nowhere does not resolve. There is no $anchor 'nowhere' in http://localhost/document.json.")]
    [InlineData("""{"$ref": "other.json"}""", "/$ref", "The reference other.json does not resolve. No document with the URI http://localhost/other.json is known.")]
    [InlineData("""{"$ref": "#"}""", "/$ref", "The reference leads back to itself.")]
    [InlineData("""{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}""", "/$defs/a/$ref", "The reference leads back to itself.")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"allOf": [{"$ref": "#"}]}]}""", "", "The schema applies itself to the same value, without end.")]
    [InlineData("""{"pattern": "(a"}""", "/pattern", "The pattern is no regular expression (ECMA-262). At character 1: '(' has no ')'.")]
    [InlineData("""{"pattern": "^(?=.*\\d).+$"}""", "/pattern", "The pattern needs a look-ahead, (?=…) or (?!…), which can't be matched in linear time; please write it without.")]
    [InlineData("""{"patternProperties": {"(a)\\1": true}}""", "/patternProperties/(a)\\1", "The pattern needs a back-reference, \\1, which can't be matched in linear time; please write it without.")]
    public void A_defect_says_where_and_what_would_be_right(string schema, string pointer, string detail) =>
        Assert.Equal([new SchemaDefect("http://localhost/document.json", pointer, detail)], SchemaCase.Defects(schema));

    [Fact]
    public void All_defects_are_found_at_once_each_one_time()
    {
        var defects = SchemaCase.Defects("""
            { "properties": { "a": { "$ref": "#/$defs/bad" }, "b": { "$ref": "#/$defs/bad" }, "c": { "$ref": "#/no" } },
              "$defs": { "bad": { "type": "wrong", "minLength": 1.5 } } }
            """);

        Assert.Equal(["/properties/c/$ref", "/$defs/bad/type", "/$defs/bad/minLength"], defects.Select(d => d.Pointer));
    }

    [Fact]
    public void A_defect_in_another_document_names_that_document()
    {
        var set = new SchemaSet(SchemaDialect.Draft202012);
        set.Add("http://localhost/a.json", JsonDocument.Parse("""{"$ref": "b.json#/$defs/x"}""").RootElement);
        set.Add("http://localhost/b.json", JsonDocument.Parse("""{"$defs": {"x": {"type": 1}}}""").RootElement);

        var defect = Assert.Single(set.Compile("http://localhost/a.json", SchemaUse.Plain).Defects);
        Assert.Equal(("http://localhost/b.json", "/$defs/x/type"), (defect.DocumentUri, defect.Pointer));
    }

    [Fact]
    public void A_document_with_half_a_surrogate_pair_is_refused_instead_of_throwing()
    {
        var set = new SchemaSet(SchemaDialect.Draft202012);
        set.Add("http://localhost/a.json", JsonDocument.Parse("""{"pattern": "\ud83d"}""").RootElement);

        var defect = Assert.Single(set.Compile("http://localhost/a.json", SchemaUse.Plain).Defects);
        Assert.Contains("a surrogate in an escape must be one of a pair", defect.Detail);
        Assert.Same(Shape.Any, set.ShapeOf("http://localhost/a.json"));
    }

    [Fact]
    public void A_wrong_schema_of_any_kind_never_throws()
    {
        string[] keywords =
        [
            "type", "enum", "const", "multipleOf", "minimum", "minLength", "pattern", "format", "items", "prefixItems", "contains",
            "minContains", "uniqueItems", "properties", "patternProperties", "additionalProperties", "propertyNames", "required",
            "dependentRequired", "dependentSchemas", "dependencies", "allOf", "anyOf", "oneOf", "not", "if", "then", "$ref",
            "$dynamicRef", "$dynamicAnchor", "$anchor", "$id", "$schema", "$defs", "unevaluatedProperties", "discriminator", "nullable",
            "readOnly", "default", "xml",
        ];
        string[] values = ["null", "true", "-1", "1e999", "\"x\"", "\"#\"", "\"(\"", "[]", "[1]", "[\"a\"]", "[{}]", "{}", "{\"a\":1}", "{\"a\":[1]}", "{\"a\":{}}"];
        foreach (var dialect in Enum.GetValues<SchemaDialect>())
        {
            foreach (var (keyword, value) in keywords.SelectMany(keyword => values.Select(value => (keyword, value))))
            {
                string schema = $"{{\"{keyword}\":{value},\"oneOf\":[{{\"$ref\":\"#/$defs/x\"}}],\"$defs\":{{\"x\":{{\"type\":\"object\"}}}}}}";
                var set = new SchemaSet(dialect);
                set.Add("http://localhost/a.json", JsonDocument.Parse(schema).RootElement);
                var compiled = set.Compile("http://localhost/a.json", SchemaUse.RequestBody);
                Assert.Equal(compiled.Schema is null, compiled.Defects.Count > 0);
                compiled.Schema?.Validate("""{"a":[1,"x"]}"""u8, new SchemaErrors());
                Defaults.Of(set.ShapeOf("http://localhost/a.json"));
            }
        }
    }

    [Fact]
    public void Long_chains_of_references_need_no_deep_stack()
    {
        var document = new StringBuilder("""{"$ref": "#/$defs/s0", "$defs": {""");
        for (int i = 0; i < 5000; i++) document.Append($$"""{{(i == 0 ? "" : ",")}}"s{{i}}": {"allOf": [{"$ref": "#/$defs/s{{i + 1}}"}], "maxLength": 3}""");
        document.Append(""", "s5000": {"type": "string"}}}""");

        var errors = new SchemaErrors();
        Assert.False(SchemaCase.Compile(document.ToString()).Validate("1"u8, errors));
        Assert.True(errors.Count > 0);
    }
}

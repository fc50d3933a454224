using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class OpenApiSchemaTests
{
    private const string Pets = """
        {
          "Pet": { "oneOf": [ { "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" } ],
                   "discriminator": { "propertyName": "kind", "mapping": { "cat": "Cat", "hound": "#/components/schemas/Dog" } } },
          "PetOrNull": { "anyOf": [ { "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" }, { "type": "null" } ],
                   "discriminator": { "propertyName": "kind" } },
          "Cat": { "required": ["kind"], "properties": { "kind": { "type": "string" }, "lives": { "type": "integer" } } },
          "Dog": { "required": ["kind"], "properties": { "kind": { "type": "string" }, "tricks": { "type": "integer" } } }
        }
        """;

    [Theory]
    [InlineData("""{"type": "string", "nullable": true}""", "null", true)]
    [InlineData("""{"type": "string"}""", "null", false)]
    [InlineData("""{"type": "string", "nullable": true, "enum": ["a"]}""", "null", true)]
    [InlineData("""{"type": "string", "nullable": true, "enum": ["a"]}""", "\"b\"", false)]
    [InlineData("""{"properties": {"a": {"$ref": "#/x", "nullable": true}}, "x": {"type": "string"}}""", """{"a":null}""", true)]
    [InlineData("""{"properties": {"a": {"$ref": "#/x", "nullable": true}}, "x": {"type": "string"}}""", """{"a":1}""", false)]
    [InlineData("""{"properties": {"a": {"$ref": "#/x", "maxLength": 1}}, "x": {"type": "string"}}""", """{"a":"long"}""", true)]
    [InlineData("""{"nullable": true, "allOf": [{"$ref": "#/x"}], "x": {"type": "string"}}""", "null", true)]
    [InlineData("""{"minimum": 1, "exclusiveMinimum": true}""", "1", false)]
    [InlineData("""{"minimum": 1, "exclusiveMinimum": false}""", "1", true)]
    [InlineData("""{"maximum": 1, "exclusiveMaximum": true}""", "1", false)]
    [InlineData("""{"maximum": 1, "exclusiveMaximum": true}""", "0.9", true)]
    [InlineData("""{"example": {"a": 1}, "type": "object"}""", "{}", true)]
    [InlineData("""{"$id": "http://localhost/other", "properties": {"a": {"$ref": "#/x"}}, "x": {"type": "string"}}""", """{"a":1}""", false)]
    public void OpenAPI_3_0_is_read_as_it_is_meant(string schema, string json, bool valid) =>
        Assert.Equal(valid, SchemaCase.Compile(schema, dialect: SchemaDialect.OpenApi30).Accepts(json));

    [Theory]
    [InlineData("""{"type": ["string", "null"]}""", "/type", "nullable")]
    [InlineData("""{"type": "null"}""", "/type", "nullable")]
    [InlineData("""{"exclusiveMinimum": 3}""", "/exclusiveMinimum", "true or false")]
    public void What_only_3_1_has_is_a_defect_in_3_0(string schema, string pointer, string word)
    {
        var defect = Assert.Single(SchemaCase.Defects(schema, SchemaDialect.OpenApi30));

        Assert.Equal(pointer, defect.Pointer);
        Assert.Contains(word, defect.Detail);
    }

    [Theory]
    [InlineData(SchemaDialect.Draft202012)]
    [InlineData(SchemaDialect.OpenApi30)]
    public void A_discriminator_chooses_the_alternative_whose_errors_count(SchemaDialect dialect)
    {
        string pets = dialect == SchemaDialect.OpenApi30 ? Pets.Replace("""{ "type": "null" }""", """{ "type": "string" }""") : Pets;
        var schema = SchemaCase.CompileComponent("Pet", pets, SchemaUse.RequestBody, dialect);

        Assert.True(schema.Accepts("""{"kind":"cat","lives":9}"""));
        Assert.True(schema.Accepts("""{"kind":"Dog","tricks":3}"""));
        Assert.Equal(["TYPE /tricks: \"x\" is a string; an integer is expected."], schema.ErrorsOf("""{"kind":"hound","tricks":"x"}"""));
        Assert.Equal(["UNKNOWN_FIELD /tricks: tricks is not known."], schema.ErrorsOf("""{"kind":"cat","tricks":1}"""));
        Assert.Equal(["DISCRIMINATOR /kind: \"bird\" is not one of \"cat\", \"hound\", \"Cat\", \"Dog\"."], schema.ErrorsOf("""{"kind":"bird"}"""));
        Assert.Equal(["REQUIRED /kind: kind is missing; it is one of \"cat\", \"hound\", \"Cat\", \"Dog\"."], schema.ErrorsOf("{}"));
        Assert.Equal(["TYPE : 1 is a number; an object is expected."], schema.ErrorsOf("1"));
    }

    [Fact]
    public void A_discriminator_leaves_alternatives_that_are_no_objects_alone()
    {
        var schema = SchemaCase.CompileComponent("PetOrNull", Pets, SchemaUse.RequestBody);

        Assert.True(schema.Accepts("null"));
        Assert.True(schema.Accepts("""{"kind":"Cat"}"""));
        Assert.False(schema.Accepts("3"));
    }
}

using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaUseTests
{
    private const string Components = """
        {
          "Product": { "type": "object", "required": ["id", "name"], "properties": {
            "id": { "type": "string", "readOnly": true }, "name": { "type": "string" }, "secret": { "type": "string", "writeOnly": true } } },
          "Discounted": { "allOf": [ { "$ref": "#/components/schemas/Product" }, { "required": ["secret", "percent"], "properties": { "percent": { "type": "number" } } } ] },
          "Order": { "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Product" } },
                                     "extra": { "type": "object" }, "map": { "additionalProperties": { "$ref": "#/components/schemas/Product" } } } },
          "Pet": { "oneOf": [ { "$ref": "#/components/schemas/Cat" }, { "$ref": "#/components/schemas/Dog" } ] },
          "Cat": { "required": ["meow"], "properties": { "meow": { "type": "string" } } },
          "Dog": { "required": ["bark"], "properties": { "bark": { "type": "string" } } },
          "Loose": { "properties": { "a": true }, "additionalProperties": { "type": "string" } },
          "LooseAndMore": { "allOf": [ { "$ref": "#/components/schemas/Loose" } ], "properties": { "b": true } },
          "Either": { "properties": { "a": true, "b": true }, "anyOf": [ { "required": ["a"] }, { "required": ["b"] } ] },
          "Extended": { "allOf": [ { "$ref": "#/components/schemas/Based" } ],
                        "properties": { "at": { "properties": { "floor": true, "door": { "properties": { "key": true } } } } } },
          "Based": { "properties": { "at": { "properties": { "street": true } }, "of": { "$ref": "#/components/schemas/Cat" } } },
          "Free": { "type": "object" },
          "Nicknamed": { "properties": { "name": true }, "patternProperties": { "^x-": true } }
        }
        """;

    private static Schema Request(string name) => SchemaCase.CompileComponent(name, Components, SchemaUse.RequestBody);

    [Fact]
    public void A_closed_object_refuses_unknown_fields_at_every_depth()
    {
        Assert.Equal(["UNKNOWN_FIELD /nme: nme is not known; did you mean name?", "REQUIRED /name: name is missing."], Request("Product").ErrorsOf("""{"nme":"x"}"""));
        Assert.Equal(["UNKNOWN_FIELD /items/0/color: color is not known."], Request("Order").ErrorsOf("""{"items":[{"name":"x","color":1}]}"""));
        Assert.Equal(["UNKNOWN_FIELD /map/a/color: color is not known."], Request("Order").ErrorsOf("""{"map":{"a":{"name":"x","color":1}}}"""));
    }

    [Fact]
    public void An_object_schema_that_names_nothing_stays_open()
    {
        Assert.True(Request("Free").Accepts("""{"anything":1}"""));
        Assert.True(Request("Order").Accepts("""{"extra":{"anything":{"at":["all"]}}}"""));
    }

    [Fact]
    public void What_a_schema_says_itself_about_other_fields_holds()
    {
        Assert.True(Request("Loose").Accepts("""{"a":1,"other":"x"}"""));
        Assert.False(Request("Loose").Accepts("""{"other":1}"""));
        Assert.True(Request("LooseAndMore").Accepts("""{"b":"1","other":"x"}"""));
        Assert.True(Request("Nicknamed").Accepts("""{"x-a":1}"""));
        Assert.False(Request("Nicknamed").Accepts("""{"y-a":1}"""));
    }

    [Fact]
    public void Parts_are_closed_together()
    {
        Assert.True(Request("Discounted").Accepts("""{"name":"x","secret":"y","percent":5}"""));
        Assert.Equal(
            ["UNKNOWN_FIELD /percnt: percnt is not known; did you mean percent?"],
            Request("Discounted").ErrorsOf("""{"name":"x","secret":"y","percent":5,"percnt":5}"""));
        Assert.True(Request("Pet").Accepts("""{"meow":"x"}"""));
        Assert.False(Request("Pet").Accepts("""{"meow":"x","wings":2}"""));
        Assert.True(Request("Either").Accepts("""{"a":1}"""));
        Assert.Equal(["UNKNOWN_FIELD /c: c is not known; did you mean a?"], Request("Either").ErrorsOf("""{"a":1,"c":1}"""));
    }

    [Fact]
    public void A_field_that_two_parts_describe_has_the_fields_of_both()
    {
        Assert.True(Request("Extended").Accepts("""{"at":{"street":1,"floor":2}}"""));
        Assert.Equal(["UNKNOWN_FIELD /at/door/colour: colour is not known."], Request("Extended").ErrorsOf("""{"at":{"door":{"colour":1}}}"""));
        Assert.Equal(["UNKNOWN_FIELD /of/bark: bark is not known."], Request("Extended").ErrorsOf("""{"of":{"meow":"x","bark":1}}"""));
    }

    [Fact]
    public void The_same_schema_is_open_when_it_is_not_to_be_closed()
    {
        Assert.True(SchemaCase.CompileComponent("Product", Components, SchemaUse.Plain).Accepts("""{"id":"1","name":"x","color":1}"""));
    }

    [Fact]
    public void A_condition_is_not_closed()
    {
        var schema = SchemaCase.Compile("""
            { "properties": { "kind": { "type": "string" }, "size": { "type": "object", "properties": { "w": true, "h": true } } },
              "if": { "properties": { "size": { "properties": { "w": { "const": 1 } }, "required": ["w"] } }, "required": ["size"] },
              "then": { "required": ["kind"] } }
            """, SchemaUse.RequestBody);

        Assert.Equal(["REQUIRED /kind: kind is missing."], schema.ErrorsOf("""{"size":{"w":1,"h":2}}"""));
        Assert.True(schema.Accepts("""{"size":{"w":2,"h":2}}"""));
    }

    [Fact]
    public void In_a_request_readOnly_fields_are_neither_looked_at_nor_required_even_when_a_part_asks_for_them()
    {
        Assert.True(Request("Product").Accepts("""{"name":"x"}"""));
        Assert.True(Request("Product").Accepts("""{"name":"x","id":17}"""));
        Assert.True(Request("Discounted").Accepts("""{"name":"x","secret":"y","percent":5,"id":{}}"""));

        var part = SchemaCase.Compile(
            """{"required": ["id"], "allOf": [{"$defs": {"Id": {"readOnly": true}}, "properties": {"id": {"$ref": "#/allOf/0/$defs/Id"}}}]}""",
            SchemaUse.RequestBody);
        Assert.True(part.Accepts("{}"));
    }

    [Fact]
    public void In_a_response_writeOnly_fields_are_not_required()
    {
        var response = new SchemaUse(SchemaDirection.Response, Closed: false);

        Assert.True(SchemaCase.CompileComponent("Discounted", Components, response).Accepts("""{"id":"1","name":"x","percent":1}"""));
        Assert.False(SchemaCase.CompileComponent("Discounted", Components, response).Accepts("""{"name":"x","percent":1}"""));
    }
}

using System.Text;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class ShapeTests
{
    [Fact]
    public void A_shape_has_the_names_types_and_annotations_in_the_order_of_the_document()
    {
        var shape = SchemaCase.ShapeOfComponent("Product", """
            { "Product": { "type": "object", "required": ["name"], "xml": { "name": "product", "namespace": "urn:x" }, "properties": {
                "name": { "type": "string", "xml": { "attribute": true } },
                "price": { "type": "number", "default": 1.50 },
                "made": { "type": ["string", "null"], "format": "date-time" },
                "maker": { "type": "string", "x-stateway-reference": "makers" },
                "tags": { "type": "array", "items": { "type": "string" }, "xml": { "wrapped": true } },
                "labels": { "type": "object", "additionalProperties": { "type": "integer" } } } } }
            """);

        Assert.Equal(["name", "price", "made", "maker", "tags", "labels"], shape.Properties.Select(p => p.Key));
        Assert.Equal(("Product", ShapeTypes.Object), (shape.ComponentName, shape.Types));
        Assert.Equal(["name"], shape.Required);
        Assert.Equal(new XmlShape("product", "urn:x", null, false, false), shape.Xml);
        Assert.True(shape.Property("name")!.Xml!.Attribute);
        Assert.Equal("1.50", Encoding.UTF8.GetString(shape.Property("price")!.Default!.Value.Span));
        Assert.Equal((ShapeTypes.String | ShapeTypes.Null, "date-time"), (shape.Property("made")!.Types, shape.Property("made")!.Format));
        Assert.Equal("makers", shape.Property("maker")!.Reference);
        Assert.True(shape.Property("tags")!.Xml!.Wrapped);
        Assert.Equal(ShapeTypes.String, shape.Property("tags")!.Items!.Types);
        Assert.Equal(ShapeTypes.Integer, shape.Property("labels")!.AdditionalProperties!.Types);
        Assert.Null(shape.AdditionalProperties);
        Assert.Null(shape.Property("nothing"));
    }

    [Fact]
    public void References_and_allOf_are_followed_and_siblings_of_a_reference_count()
    {
        const string components = """
            { "Base": { "type": "object", "properties": { "id": { "type": "string", "readOnly": true }, "status": { "type": "string" } }, "required": ["id"] },
              "Order": { "allOf": [ { "$ref": "#/components/schemas/Base" }, { "required": ["total"] } ],
                         "properties": { "total": { "type": "number" }, "status": { "enum": ["open", "paid"], "default": "open" },
                                         "parent": { "$ref": "#/components/schemas/Base", "readOnly": true }, "other": { "$ref": "#/components/schemas/Base" } } } }
            """;
        var shape = SchemaCase.ShapeOfComponent("Order", components);

        Assert.Equal(["id", "status", "total", "parent", "other"], shape.Properties.Select(p => p.Key));
        Assert.Equal(["id", "total"], shape.Required);
        Assert.True(shape.Property("id")!.ReadOnly);
        Assert.Equal(ShapeTypes.String, shape.Property("status")!.Types);
        Assert.Equal("\"open\"", Encoding.UTF8.GetString(shape.Property("status")!.Default!.Value.Span));
        Assert.Equal(("Base", true), (shape.Property("parent")!.ComponentName, shape.Property("parent")!.ReadOnly));
        Assert.Equal(("Base", false), (shape.Property("other")!.ComponentName, shape.Property("other")!.ReadOnly));

        var old = SchemaCase.ShapeOfComponent("Order", components, SchemaDialect.OpenApi30);
        Assert.False(old.Property("parent")!.ReadOnly);
    }

    [Fact]
    public void Alternatives_are_united()
    {
        var shape = SchemaCase.ShapeOf("""
            { "oneOf": [ { "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "integer" } } },
                         { "type": "object", "properties": { "a": { "type": "boolean" }, "c": { "type": "null" } } },
                         { "type": "array", "items": { "type": "number" } } ],
              "properties": { "b": { "format": "int32" } } }
            """);

        Assert.Equal(ShapeTypes.Object | ShapeTypes.Array, shape.Types);
        Assert.Equal(["b", "a", "c"], shape.Properties.Select(p => p.Key));
        Assert.Equal(ShapeTypes.String | ShapeTypes.Boolean, shape.Property("a")!.Types);
        Assert.Equal(ShapeTypes.Number, shape.Items!.Types);
    }

    [Fact]
    public void Something_or_null_has_the_shape_of_something()
    {
        var shape = SchemaCase.ShapeOf("""{"anyOf": [{"type": "null"}, {"type": "string", "format": "date", "x-stateway-reference": "days"}]}""");

        Assert.Equal((ShapeTypes.String | ShapeTypes.Null, "date", "days"), (shape.Types, shape.Format, shape.Reference));
    }

    [Fact]
    public void Nullable_of_3_0_adds_null()
    {
        Assert.Equal(ShapeTypes.Integer | ShapeTypes.Null, SchemaCase.ShapeOf("""{"type": "integer", "nullable": true}""", SchemaDialect.OpenApi30).Types);
    }

    [Fact]
    public void Types_follow_from_constants()
    {
        Assert.Equal(ShapeTypes.String, SchemaCase.ShapeOf("""{"enum": ["a", "b"]}""").Types);
        Assert.Equal(ShapeTypes.Integer, SchemaCase.ShapeOf("""{"const": 5}""").Types);
    }

    [Fact]
    public void A_recursive_schema_has_a_cyclic_shape()
    {
        var shape = SchemaCase.ShapeOfComponent("Node", """
            { "Node": { "type": "object", "properties": { "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
                                                          "left": { "anyOf": [ { "type": "null" }, { "$ref": "#/components/schemas/Node" } ] } } } }
            """);

        Assert.Same(shape, shape.Property("children")!.Items);
        Assert.Equal("Node", shape.Property("left")!.ComponentName);
        Assert.Same(shape.Property("left"), shape.Property("left")!.Property("left"));
    }

    [Fact]
    public void What_does_not_resolve_is_anything()
    {
        Assert.Equal(ShapeTypes.Any, SchemaCase.ShapeOf("""{"properties": {"a": {"$ref": "#/nowhere"}}}""").Property("a")!.Types);
        Assert.Same(Shape.Any, SchemaCase.ShapeOf("true"));
    }
}

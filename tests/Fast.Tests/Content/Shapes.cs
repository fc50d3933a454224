using Stateway.Model.Schemas;

namespace Stateway.Fast.Tests.Content;

/// <summary>Shapes by hand.</summary>
internal static class Shapes
{
    public static Shape String => new() { Types = ShapeTypes.String };
    public static Shape Number => new() { Types = ShapeTypes.Number };
    public static Shape Integer => new() { Types = ShapeTypes.Integer };
    public static Shape Boolean => new() { Types = ShapeTypes.Boolean };

    public static Shape Array(Shape? items, XmlShape? xml = null) => new() { Types = ShapeTypes.Array, Items = items, Xml = xml };

    public static Shape Object(params (string Name, Shape Shape)[] properties) =>
        new() { Types = ShapeTypes.Object, Properties = [.. properties.Select(p => KeyValuePair.Create(p.Name, p.Shape))] };

    public static Shape With(this Shape shape, XmlShape xml)
    {
        shape.Xml = xml;
        return shape;
    }

    public static XmlShape Xml(string? name = null, string? ns = null, string? prefix = null, bool attribute = false, bool wrapped = true) =>
        new(name, ns, prefix, attribute, wrapped);
}

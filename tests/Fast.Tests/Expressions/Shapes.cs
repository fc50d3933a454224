using System.Collections.Immutable;
using Stateway.Model.Schemas;

namespace Stateway.Fast.Tests.Expressions;

/// <summary>Shapes by hand: only the reader of schemas may set their parts, so that these are set by reflection.</summary>
internal static class Shapes
{
    public static Shape Text { get; } = Of(ShapeTypes.String);
    public static Shape Number { get; } = Of(ShapeTypes.Number);
    public static Shape Bool { get; } = Of(ShapeTypes.Boolean);
    public static Shape Time { get; } = With(Of(ShapeTypes.String), nameof(Shape.Format), "date-time");

    /// <summary>A product, such as a shop has.</summary>
    public static Shape Product { get; } = Object(
        ("id", Text),
        ("price", Number),
        ("name", Text),
        ("note", Of(ShapeTypes.String | ShapeTypes.Null)),
        ("active", Bool),
        ("created", Time),
        ("sold", With(Of(ShapeTypes.String | ShapeTypes.Null), nameof(Shape.Format), "date-time")),
        ("tags", List(Text)),
        ("visits", List(Time)),
        ("address", Object(("city", Text), ("zip-code", Text), ("geo", Object(("lat", Number))))),
        ("parts", List(Object(("name", Text), ("since", Time)))),
        ("secret", With(Of(ShapeTypes.String), nameof(Shape.WriteOnly), true)),
        ("labels", With(Of(ShapeTypes.Object), nameof(Shape.AdditionalProperties), Number)),
        ("free", Of(ShapeTypes.Object)),
        ("anything", Shape.Any));

    public static Shape Of(ShapeTypes types) => With(new Shape(), nameof(Shape.Types), types);

    public static Shape List(Shape items) => With(Of(ShapeTypes.Array), nameof(Shape.Items), items);

    public static Shape Object(params (string Name, Shape Shape)[] properties) =>
        With(Of(ShapeTypes.Object), nameof(Shape.Properties), properties.Select(p => KeyValuePair.Create(p.Name, p.Shape)).ToImmutableArray());

    private static Shape With(Shape shape, string property, object value)
    {
        typeof(Shape).GetProperty(property)!.SetValue(shape, value);
        return shape;
    }
}

using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Reads shapes. Equal sources give the same shape, so that recursive schemas give cyclic shapes.</summary>
internal sealed class ShapeReader(SchemaIndex index, SchemaDialect dialect)
{
    private readonly Dictionary<string, Shape> _shapes = [];
    private readonly Queue<(ShapeSources Sources, Shape Shape)> _pending = [];

    public Shape Read(SchemaPlace place)
    {
        var sources = new ShapeSources(any: false);
        sources.Add(place);
        var shape = Require(sources);
        while (_pending.TryDequeue(out var next)) Fill(next.Shape, next.Sources);
        return shape;
    }

    private Shape Require(ShapeSources sources)
    {
        var followed = sources;
        if (sources.Places.Count == 1 && Follow(sources.Places[0]) is var target && target != sources.Places[0])
        {
            followed = new ShapeSources(any: false);
            followed.Add(target);
        }

        if (followed.Places.Count == 1 && followed.Places[0].Element.ValueKind != JsonValueKind.Object) return Shape.Any;
        if (_shapes.TryGetValue(followed.Identity, out var shape)) return shape;

        shape = new Shape();
        _shapes[followed.Identity] = shape;
        _pending.Enqueue((followed, shape));
        return shape;
    }

    /// <summary>
    /// The schema that a reference without siblings names; a reference that leads nowhere, or in a circle, stays as
    /// it is.
    /// </summary>
    private SchemaPlace Follow(SchemaPlace place)
    {
        var passed = new HashSet<SchemaPlace>();
        while (passed.Add(place) && IsBareReference(place)
            && index.TryResolve(place.Resource, place.Text("$ref")!, out var target, out _))
        {
            place = target;
        }

        return place;
    }

    private bool IsBareReference(SchemaPlace place) => place.Text("$ref") is not null
        && (place.Element.EnumerateObject().Count() == 1 || dialect == SchemaDialect.OpenApi30 && !place.IsTrue("nullable"));

    private void Fill(Shape shape, ShapeSources sources)
    {
        var facts = ShapeFacts.Of(sources, index, dialect);
        shape.Types = facts.Types;
        shape.Format = facts.Format;
        shape.ComponentName = facts.ComponentName;
        shape.ReadOnly = facts.ReadOnly;
        shape.WriteOnly = facts.WriteOnly;
        shape.Default = facts.Default;
        shape.Reference = facts.Reference;
        shape.Xml = facts.Xml;
        shape.Required = [.. facts.Required];

        var properties = ImmutableArray.CreateBuilder<KeyValuePair<string, Shape>>();
        foreach (var (name, property) in facts.Properties) properties.Add(new(name, Require(property)));
        shape.PropertiesCertain = properties.Count;
        foreach (var (name, property) in facts.MaybeProperties) properties.Add(new(name, Require(property)));
        shape.Properties = properties.ToImmutable();

        shape.ContentsCertain = facts is { MaybeItems: null, MaybeAdditionalProperties: null };
        shape.Items = (facts.Items ?? facts.MaybeItems) is { } items ? Require(items) : null;
        var additional = facts.AdditionalProperties ?? facts.MaybeAdditionalProperties;
        shape.AdditionalProperties = additional is null ? null : Require(additional);
    }
}

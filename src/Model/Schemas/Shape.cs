using System.Collections.Immutable;

namespace Stateway.Model.Schemas;

/// <summary>
/// What a schema says about the form of its values, with <c>$ref</c> and <c>allOf</c> already followed:
/// names, types and the annotations that defaults, XML, indexed fields and references are made of. It
/// validates nothing. Shapes of recursive schemas are cyclic.
/// </summary>
public sealed class Shape
{
    /// <summary>Anything: no keyword limits it.</summary>
    public static Shape Any { get; } = new();

    public ShapeTypes Types { get; internal set; } = ShapeTypes.Any;
    public string? Format { get; internal set; }

    /// <summary>
    /// The name of the component that the schema is, such as <c>Product</c>; the default name of an XML root.
    /// </summary>
    public string? ComponentName { get; internal set; }

    public bool ReadOnly { get; internal set; }
    public bool WriteOnly { get; internal set; }

    /// <summary>JSON text of the default, in UTF-8; null without one.</summary>
    public ReadOnlyMemory<byte>? Default { get; internal set; }

    /// <summary>The collection that <c>x-stateway-reference</c> names.</summary>
    public string? Reference { get; internal set; }

    public XmlShape? Xml { get; internal set; }

    /// <summary>
    /// Named properties in the order of the document (OpenAPI <c>properties</c>, of all <c>allOf</c> branches, and
    /// of oneOf/anyOf branches where the name is not known yet).
    /// </summary>
    public ImmutableArray<KeyValuePair<string, Shape>> Properties { get; internal set; } = [];

    /// <summary>Names that the schema requires.</summary>
    public ImmutableArray<string> Required { get; internal set; } = [];

    /// <summary>Of an array's items; null when nothing is said.</summary>
    public Shape? Items { get; internal set; }

    /// <summary>Of properties that are not named, when a schema says so (a map); null otherwise.</summary>
    public Shape? AdditionalProperties { get; internal set; }

    /// <summary>
    /// How many of <see cref="Properties"/>, from the first, do not depend on which alternative a value fits.
    /// </summary>
    internal int PropertiesCertain { get; set; }

    /// <summary>
    /// <see cref="Items"/> and <see cref="AdditionalProperties"/> do not depend on an alternative either.
    /// </summary>
    internal bool ContentsCertain { get; set; } = true;

    public Shape? Property(string name)
    {
        foreach (var (key, shape) in Properties)
        {
            if (key == name) return shape;
        }

        return null;
    }
}

[Flags]
public enum ShapeTypes : byte
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8 | Integer,
    String = 16,
    Array = 32,
    Object = 64,
    Any = Null | Boolean | Number | String | Array | Object,
}

/// <summary>OpenAPI's XML object.</summary>
public sealed record XmlShape(string? Name, string? Namespace, string? Prefix, bool Attribute, bool Wrapped);

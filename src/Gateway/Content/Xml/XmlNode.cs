using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>How values of one shape are written and read. Nodes of recursive shapes are cyclic; immutable once compiled.</summary>
internal sealed class XmlNode
{
    public static XmlNode Any { get; } = new();

    public ShapeTypes Types { get; set; } = ShapeTypes.Any;
    public XmlProperty[] Properties { get; set; } = [];
    public Dictionary<string, XmlProperty> ByName { get; set; } = [];

    /// <summary>By local name; properties with the same local name in other namespaces follow by <see cref="XmlProperty.Next"/>.</summary>
    public Dictionary<string, XmlProperty> ByElement { get; set; } = [];

    public Dictionary<string, XmlProperty> ByAttribute { get; set; } = [];

    /// <summary>Of an array's items; null is <see cref="Any"/>.</summary>
    public XmlNode? Items { get; set; }

    /// <summary>What items are called where the array has no name of its own to derive it from.</summary>
    public XmlName ItemName { get; set; } = XmlName.Item;

    /// <summary>Of properties that are not named; null is <see cref="Any"/>.</summary>
    public XmlNode? Additional { get; set; }

    public bool Has(ShapeTypes types) => (Types & types) != 0;

    /// <summary>The property whose name the reader stands on.</summary>
    /// <param name="hint">Where to look first: most JSON follows the order of its schema.</param>
    public XmlProperty? Find(ref Utf8JsonReader json, ref int hint)
    {
        for (int i = 0; i < Properties.Length; i++)
        {
            var property = Properties[hint];
            hint = hint + 1 == Properties.Length ? 0 : hint + 1;
            if (json.ValueTextEquals(property.NameUtf8)) return property;
        }

        return null;
    }

    /// <summary>Whether an element of this name would be taken for a named property.</summary>
    public bool Claims(ReadOnlySpan<byte> local)
    {
        foreach (var property in Properties)
        {
            if (property.Element is { } element && local.SequenceEqual(element.LocalUtf8)) return true;
            if (property.Alias is { } alias && local.SequenceEqual(alias)) return true;
        }

        return false;
    }
}

/// <summary>A named property of an object.</summary>
internal sealed class XmlProperty(int index, string name, XmlNode node)
{
    /// <summary>In the order of the shape.</summary>
    public int Index { get; } = index;

    public string Name { get; } = name;
    public byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(name);
    public XmlNode Node { get; } = node;

    /// <summary>Null: not an attribute.</summary>
    public XmlName? Attribute { get; set; }

    /// <summary>Of the element, or of each item when <see cref="Unwrapped"/>. Null: another property has the name; this one is labelled.</summary>
    public XmlName? Element { get; set; }

    /// <summary>Another name that is understood.</summary>
    public byte[]? Alias { get; set; }

    /// <summary>Of the items of a wrapped array.</summary>
    public XmlName? Item { get; set; }

    /// <summary>The items stand in the object itself, without an element around them.</summary>
    public bool Unwrapped { get; set; }

    public XmlProperty? Next { get; set; }
}

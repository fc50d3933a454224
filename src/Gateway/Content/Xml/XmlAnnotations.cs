using System.Xml;

namespace Stateway.Gateway.Content.Xml;

internal enum XmlKind : byte
{
    /// <summary>Nothing is said; it follows from the content and the shape.</summary>
    Open,
    String,
    Number,
    Boolean,
    Array,
    Object,
}

/// <summary>What the attributes of an element say about its value.</summary>
internal struct XmlAnnotations
{
    public XmlKind Kind;
    public bool IsNil;
    public bool IsEscaped;

    /// <summary>There are attributes that are members of an object.</summary>
    public bool HasMembers;

    /// <summary>Reads them from the element that the reader stands on.</summary>
    /// <param name="isProperty">The element may be labelled with a property's name.</param>
    /// <returns>What is wrong with them; null when nothing is.</returns>
    public static string? Read(XmlReader reader, XmlNode node, bool isProperty, out XmlAnnotations said)
    {
        said = default;
        if (!reader.MoveToFirstAttribute()) return null;

        do
        {
            string name = reader.LocalName;
            switch (reader.NamespaceURI)
            {
                case XmlVocabulary.JsonNamespace:
                    if (said.ReadJson(name, reader.Value, isProperty) is { } error) return error;
                    break;
                case XmlVocabulary.XsiNamespace:
                    // The others (type, schemaLocation) are about XML Schema.
                    if (name == "nil") said.IsNil = XmlScalar.IsTrue(reader.Value);
                    break;
                case XmlVocabulary.XmlnsNamespace:
                    break;
                case XmlVocabulary.XmlNamespace:
                    said.HasMembers |= node.ByAttribute.ContainsKey(name); // xml:space and the like say nothing here
                    break;
                default:
                    said.HasMembers = true;
                    break;
            }
        }
        while (reader.MoveToNextAttribute());

        reader.MoveToElement();
        if (!said.IsEscaped) return null;
        if (said.Kind is not (XmlKind.Open or XmlKind.String)) return "Only a string can be json:escaped.";
        said.Kind = XmlKind.String;
        return null;
    }

    private string? ReadJson(string name, string value, bool isProperty)
    {
        switch (name)
        {
            case "type":
                Kind = value switch
                {
                    "string" => XmlKind.String,
                    "number" => XmlKind.Number,
                    "boolean" => XmlKind.Boolean,
                    "array" => XmlKind.Array,
                    "object" => XmlKind.Object,
                    _ => XmlKind.Open,
                };
                return Kind == XmlKind.Open ? "json:type must be string, number, boolean, array or object." : null;
            case "escaped":
                IsEscaped = XmlScalar.IsTrue(value);
                return null;
            case "name" or "escaped-name":
                return isProperty ? null : $"json:{name} names a property; this element is none.";
            default:
                return $"json:{name} is unknown; there are json:type, json:escaped, json:name and json:escaped-name.";
        }
    }
}

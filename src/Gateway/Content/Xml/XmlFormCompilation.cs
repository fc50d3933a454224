using System.Security;
using System.Text;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>Turns shapes into nodes: decides every name once, so that no two properties of an object can be confused.</summary>
internal sealed class XmlFormCompilation
{
    private readonly Dictionary<Shape, XmlNode> _nodes = new(ReferenceEqualityComparer.Instance) { [Shape.Any] = XmlNode.Any };
    private readonly Dictionary<string, string> _prefixes = []; // namespace → prefix

    public static XmlForm Of(Shape shape, string rootName)
    {
        var compilation = new XmlFormCompilation();
        var name = compilation.ElementName(shape.Xml, XmlVocabulary.RootName(rootName), useName: true);
        var item = compilation.ItemName(shape.Items, name.Local);
        return compilation.Form(compilation.NodeOf(shape), name, item);
    }

    public static XmlForm OfList(Shape resource, string rootName, string resourceName)
    {
        var compilation = new XmlFormCompilation();
        var item = compilation.ElementName(resource.Xml, XmlVocabulary.RootName(resourceName), useName: true);
        var results = new XmlNode { Types = ShapeTypes.Array, Items = compilation.NodeOf(resource) };
        var page = ObjectNode([
            new XmlProperty(0, "results", results) { Item = item },
            new XmlProperty(1, "next_page_token", Scalar(ShapeTypes.String)),
            new XmlProperty(2, "revision", Scalar(ShapeTypes.String)),
            new XmlProperty(3, "total_size", Scalar(ShapeTypes.Integer)),
        ]);
        return compilation.Form(page, new XmlName(XmlVocabulary.RootName(rootName), null, null), XmlName.Item);
    }

    public static XmlForm Problem()
    {
        var text = Scalar(ShapeTypes.String);
        var error = ObjectNode([
            new XmlProperty(0, "pointer", text), new XmlProperty(1, "parameter", text), new XmlProperty(2, "header", text),
            new XmlProperty(3, "code", text), new XmlProperty(4, "detail", text),
        ]);
        var errors = new XmlNode { Types = ShapeTypes.Array, Items = error };
        var problem = ObjectNode([
            new XmlProperty(0, "type", text), new XmlProperty(1, "title", text), new XmlProperty(2, "status", Scalar(ShapeTypes.Integer)),
            new XmlProperty(3, "code", text), new XmlProperty(4, "detail", text), new XmlProperty(5, "instance", text),
            new XmlProperty(6, "errors", errors) { Item = new XmlName("i", null, null) }, // "i" makes an array (appendix B)
        ]);
        return new XmlFormCompilation().Form(problem, new XmlName("problem", XmlVocabulary.ProblemNamespace, null), XmlName.Item);
    }

    private XmlForm Form(XmlNode root, XmlName name, XmlName item)
    {
        var declarations = new StringBuilder();
        foreach (var (ns, prefix) in _prefixes) declarations.Append($" xmlns:{prefix}=\"{SecurityElement.Escape(ns)}\"");
        return new XmlForm(root, name, item, Encoding.UTF8.GetBytes(declarations.ToString()));
    }

    private static XmlNode Scalar(ShapeTypes types) => new() { Types = types };

    private static XmlNode ObjectNode(XmlProperty[] properties)
    {
        var node = new XmlNode { Types = ShapeTypes.Object, Properties = properties };
        foreach (var property in properties)
        {
            node.ByName.Add(property.Name, property);
            ClaimElement(node, property, new XmlName(property.Name, null, null));
        }

        return node;
    }

    private XmlNode NodeOf(Shape shape)
    {
        if (_nodes.TryGetValue(shape, out var node)) return node;

        node = new XmlNode { Types = shape.Types };
        _nodes.Add(shape, node); // before its parts: a shape may contain itself
        if (shape.Items is { } items)
        {
            node.Items = NodeOf(items);
            node.ItemName = ElementName(items.Xml, XmlName.Item.Local, useName: true);
        }

        if (shape.AdditionalProperties is { } additional) node.Additional = NodeOf(additional);
        AddProperties(node, shape);
        return node;
    }

    private void AddProperties(XmlNode node, Shape shape)
    {
        node.Properties = new XmlProperty[shape.Properties.Length];
        for (int i = 0; i < node.Properties.Length; i++)
        {
            var (name, of) = shape.Properties[i];
            node.Properties[i] = new XmlProperty(i, name, NodeOf(of));
            node.ByName[name] = node.Properties[i];
        }

        // Elements first: an attribute needs an element's name only for the values that an attribute can't hold.
        for (int i = 0; i < node.Properties.Length; i++) AddElement(node, node.Properties[i], shape.Properties[i].Value);
        for (int i = 0; i < node.Properties.Length; i++) AddAttribute(node, node.Properties[i], shape.Properties[i].Value);
        for (int i = 0; i < node.Properties.Length; i++) AddAlias(node, node.Properties[i], shape.Properties[i].Value);
    }

    private void AddElement(XmlNode node, XmlProperty property, Shape shape)
    {
        var xml = shape.Xml;
        if (IsAttribute(shape)) return;

        property.Unwrapped = xml is { Wrapped: false } && (shape.Types & ~ShapeTypes.Null) == ShapeTypes.Array;
        var name = property.Unwrapped
            ? ElementName(shape.Items?.Xml, property.Name, useName: true)
            : ElementName(xml, property.Name, useName: shape.ComponentName is null);
        bool isNamed = ClaimElement(node, property, name);
        property.Unwrapped &= isNamed;
        property.Item = ItemName(shape.Items, property.Unwrapped || !isNamed ? property.Name : name.Local);
    }

    private void AddAttribute(XmlNode node, XmlProperty property, Shape shape)
    {
        if (!IsAttribute(shape)) return;

        var name = AttributeName(shape.Xml!, property.Name, useName: shape.ComponentName is null);
        if (name is not null && node.ByAttribute.TryAdd(name.Local, property)) property.Attribute = name;
        ClaimElement(node, property, ElementName(shape.Xml, property.Name, useName: shape.ComponentName is null));
        property.Item = ItemName(shape.Items, property.Name);
    }

    /// <summary>
    /// A component's <c>xml.name</c> is its name as a root and as an item. As a property it keeps the property's name,
    /// or two properties of one component would be the same element; but readers of the schema may expect it.
    /// </summary>
    private static void AddAlias(XmlNode node, XmlProperty property, Shape shape)
    {
        if (property.Unwrapped || shape is not { ComponentName: not null, Xml.Name: { } alias }) return;
        if (!node.ByName.ContainsKey(alias) && node.ByElement.TryAdd(alias, property)) property.Alias = Encoding.UTF8.GetBytes(alias);
    }

    private static bool IsAttribute(Shape shape) =>
        shape.Xml is { Attribute: true } && (shape.Types & (ShapeTypes.String | ShapeTypes.Number | ShapeTypes.Boolean)) != 0;

    private static bool ClaimElement(XmlNode node, XmlProperty property, XmlName name)
    {
        if (!XmlVocabulary.IsName(name.Local)) return false;

        if (node.ByElement.TryGetValue(name.Local, out var other))
        {
            // Without a namespace of its own an element inherits one, perhaps the other's.
            while (name.Namespace is not null && other.Element!.Namespace is not null && other.Element.Namespace != name.Namespace)
            {
                if (other.Next is null)
                {
                    other.Next = property;
                    property.Element = name;
                    return true;
                }

                other = other.Next;
            }

            return false;
        }

        node.ByElement.Add(name.Local, property);
        property.Element = name;
        return true;
    }

    private XmlName ItemName(Shape? items, string listName) =>
        ElementName(items?.Xml, XmlVocabulary.Singular(listName) is var one && XmlVocabulary.IsName(one) ? one : XmlName.Item.Local, useName: true);

    private XmlName ElementName(XmlShape? xml, string otherwise, bool useName)
    {
        string local = useName && XmlVocabulary.IsName(xml?.Name) ? xml!.Name! : otherwise;
        if (xml?.Namespace is not { Length: > 0 } ns || ns == XmlVocabulary.XmlNamespace || IsReserved(ns)) return new XmlName(local, null, null);
        return new XmlName(local, ns, xml.Prefix is { Length: > 0 } ? PrefixOf(ns, xml.Prefix) : null);
    }

    /// <returns>Null when no attribute can have the name.</returns>
    private XmlName? AttributeName(XmlShape xml, string otherwise, bool useName)
    {
        string local = useName && XmlVocabulary.IsName(xml.Name) ? xml.Name! : otherwise;
        if (!XmlVocabulary.IsName(local) || local == "xmlns") return null;
        if (xml.Namespace is not { Length: > 0 } ns || IsReserved(ns)) return new XmlName(local, null, null);
        if (ns != XmlVocabulary.XmlNamespace) return new XmlName(local, ns, PrefixOf(ns, xml.Prefix ?? ""));

        // xml:lang is any text; parsers give the others of that namespace a meaning and refuse values without one.
        return local == "lang" ? new XmlName(local, ns, "xml") : new XmlName(local, null, null);
    }

    private static bool IsReserved(string ns) =>
        ns is XmlVocabulary.JsonNamespace or XmlVocabulary.XsiNamespace or XmlVocabulary.XmlnsNamespace
        || !XmlText.CanHold(Encoding.UTF8.GetBytes(ns));

    private string PrefixOf(string ns, string wish)
    {
        if (_prefixes.TryGetValue(ns, out string? prefix)) return prefix;

        prefix = wish;
        bool isFree = XmlVocabulary.IsName(wish) && wish is not ("json" or "xsi")
            && !wish.StartsWith("xml", StringComparison.OrdinalIgnoreCase) && !_prefixes.ContainsValue(wish);
        for (int i = 1; !isFree; i++)
        {
            prefix = "ns" + i;
            isFree = !_prefixes.ContainsValue(prefix);
        }

        _prefixes.Add(ns, prefix);
        return prefix;
    }
}

using System.Text;

namespace Stateway.Gateway.Content.Xml;

/// <summary>The name of an element or an attribute, ready to be written.</summary>
internal sealed class XmlName
{
    /// <summary>Stands for a name that XML can't spell; the real one is in the attribute <c>json:name</c>.</summary>
    public static XmlName Labelled { get; } = new("_", null, null);

    public static XmlName Item { get; } = new("item", null, null);

    /// <param name="prefix">Declared on the root. A namespace without a prefix becomes the default one, from this element on.</param>
    public XmlName(string local, string? ns, string? prefix)
    {
        Local = local;
        LocalUtf8 = Encoding.UTF8.GetBytes(local);
        Namespace = ns;
        Qualified = prefix is null ? LocalUtf8 : Encoding.UTF8.GetBytes(prefix + ":" + local);
        Default = prefix is null ? ns : null;
    }

    public string Local { get; }
    public byte[] LocalUtf8 { get; }
    public string? Namespace { get; }
    public byte[] Qualified { get; }

    /// <summary>The default namespace that the element declares.</summary>
    public string? Default { get; }
}

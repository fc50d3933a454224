using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>
/// JSON as XML, and back, by the <c>xml</c> objects of a schema, without loss: what <see cref="Write"/> has written,
/// <see cref="TryRead"/> turns into the same JSON, number text included. Compiled once; used by any number
/// of threads at once. The rules are in <c>docs/reference/xml.md</c>.
/// </summary>
public sealed class XmlForm
{
    /// <summary>Objects and arrays inside each other, the outermost included.</summary>
    public const int DepthMax = 64;

    /// <summary>What is served may be deeper than what is read: a page of resources, each with three references expanded.</summary>
    public const int WrittenDepthMax = 4 * DepthMax + 2;

    private readonly XmlNode _root;
    private readonly XmlName _name;
    private readonly XmlName _item;
    private readonly byte[] _declarations;

    internal XmlForm(XmlNode root, XmlName name, XmlName item, byte[] declarations)
    {
        _root = root;
        _name = name;
        _item = item;
        _declarations = declarations;
    }

    /// <summary>The form of RFC 9457, appendix B.</summary>
    public static XmlForm Problem { get; } = XmlFormCompilation.Problem();

    /// <param name="rootName">Of the root element, where the shape's <c>xml.name</c> says nothing.</param>
    public static XmlForm Of(Shape shape, string rootName) => XmlFormCompilation.Of(shape, rootName);

    /// <summary>The form of a page of a collection: <c>results</c>, <c>next_page_token</c>, <c>revision</c>, <c>total_size</c>.</summary>
    /// <param name="rootName">The root element: the collection's name.</param>
    /// <param name="resourceName">Of each resource, where its <c>xml.name</c> says nothing.</param>
    public static XmlForm OfList(Shape resource, string rootName, string resourceName) =>
        XmlFormCompilation.OfList(resource, rootName, resourceName);

    /// <summary>Writes a document in UTF-8.</summary>
    /// <param name="json">Valid JSON without duplicate names, at most <see cref="WrittenDepthMax"/> deep.</param>
    /// <exception cref="JsonException">It was not JSON.</exception>
    public void Write(ReadOnlySpan<byte> json, IBufferWriter<byte> xml)
    {
        using var buffer = new ByteBuffer(json.Length + json.Length / 2 + 256);
        var output = new XmlOutput(buffer);
        output.Document(json, _root, _name, _item, _declarations, xml);
    }

    /// <summary>
    /// Reads a document in UTF-8; its size is the caller's limit. Never throws for what is sent: DTDs, undefined entities,
    /// more than <see cref="DepthMax"/> levels and everything that is not well-formed is an error.
    /// </summary>
    /// <param name="json">Gets the whole JSON, or nothing when there is an error.</param>
    public bool TryRead(ReadOnlyMemory<byte> xml, IBufferWriter<byte> json, [NotNullWhen(false)] out XmlError? error)
    {
        if (XmlInput.HasForeignSignature(xml.Span))
        {
            error = new XmlError(1, 1, XmlError.Malformed, "The document must be UTF-8.");
            return false;
        }

        using var input = new XmlInput(xml);
        error = input.Document(_root, _name.Local, json);
        return error is null;
    }
}

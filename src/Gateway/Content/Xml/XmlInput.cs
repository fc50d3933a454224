using System.Buffers;
using System.Runtime.InteropServices;
using System.Xml;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>
/// Reads one document: element by element, straight into JSON. What an element is follows from its <c>json:type</c>,
/// else from what it contains and what the shape allows there. What does not fit becomes JSON that does not fit,
/// so that the schema reports it with a pointer.
/// </summary>
internal sealed class XmlInput : IDisposable
{
    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, // no entities, so nothing can be fetched or blown up
        XmlResolver = null,
        CheckCharacters = true,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = false,
    };

    private enum Child : byte { None, Element, Error }

    private readonly XmlReader _reader;
    private readonly IXmlLineInfo _position;
    private ByteBuffer _json;
    private char[] _text = ArrayPool<char>.Shared.Rent(1024);
    private int _textLength;
    private XmlError? _error;

    /// <summary>
    /// A byte order mark of UTF-16 or UTF-32, their zeros around the first '&lt;', or '&lt;?xm' in EBCDIC: the reader would
    /// follow the ones and throw for the others as soon as it is made.
    /// </summary>
    public static bool HasForeignSignature(ReadOnlySpan<byte> xml) =>
        xml[..Math.Min(4, xml.Length)].IndexOfAny<byte>(0, 0xFE, 0xFF) >= 0 || xml.StartsWith((ReadOnlySpan<byte>)[0x4C, 0x6F, 0xA7, 0x94]);

    /// <param name="xml">Without a <see cref="HasForeignSignature">foreign signature</see>.</param>
    public XmlInput(ReadOnlyMemory<byte> xml)
    {
        if (!MemoryMarshal.TryGetArray(xml, out var bytes)) bytes = xml.ToArray();
        _reader = XmlReader.Create(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), Settings);
        _position = (IXmlLineInfo)_reader;
        _json = new ByteBuffer(xml.Length + 64);
    }

    /// <returns>Null when all of it was read.</returns>
    public XmlError? Document(XmlNode root, string rootName, IBufferWriter<byte> json)
    {
        try
        {
            if (Read(root, rootName)) json.Write(_json.Written);
        }
        catch (XmlException e)
        {
            _error = new XmlError(Math.Max(1, e.LineNumber), Math.Max(1, e.LinePosition), XmlError.Malformed, Reason(e));
        }

        return _error;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _json.Dispose();
        ArrayPool<char>.Shared.Return(_text);
    }

    private bool Read(XmlNode root, string rootName)
    {
        while (_reader.Read() && _reader.NodeType != XmlNodeType.Element)
        {
            if (_reader.NodeType != XmlNodeType.XmlDeclaration || _reader.GetAttribute("encoding") is not { } encoding) continue;
            if (!encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !encoding.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
            {
                return Fail($"The document must be UTF-8, not {encoding}.");
            }
        }

        if (_reader.LocalName != rootName) return Fail($"The root element must be {rootName}, not {_reader.LocalName}.");
        if (!Value(root, depth: 0, isProperty: false)) return false;

        while (_reader.Read())
        {
            // Nothing but comments and white space can follow; anything else is the reader's exception.
        }

        return true;
    }

    /// <summary>Reads the element that the reader stands on; leaves the reader on its end tag, or on the empty element.</summary>
    private bool Value(XmlNode node, int depth, bool isProperty)
    {
        if (XmlAnnotations.Read(_reader, node, isProperty, out var said) is { } wrong) return Fail(wrong);

        bool isEmpty = _reader.IsEmptyElement;
        if (said.IsNil) return Nil(isEmpty);

        if (said.HasMembers)
        {
            if (said.Kind != XmlKind.Object && (said.Kind != XmlKind.Open || !node.Has(ShapeTypes.Object)))
            {
                return Fail($"The element {_reader.LocalName} can't have attributes: its value is not an object.");
            }

            said.Kind = XmlKind.Object;
        }

        if (said.Kind == XmlKind.Object) return Object(node, depth, isEmpty, onChild: false);
        if (said.Kind == XmlKind.Array) return Array(node, depth, isEmpty, onChild: false);

        _textLength = 0;
        string name = _reader.LocalName;
        while (!isEmpty && _reader.Read() && _reader.NodeType != XmlNodeType.EndElement)
        {
            if (_reader.NodeType != XmlNodeType.Element)
            {
                AppendText();
                continue;
            }

            if (said.Kind != XmlKind.Open) return Fail($"The element {name} is said to be a {Name(said.Kind)} and can't have elements in it.");
            if (!XmlScalar.IsBlank(Text)) return Mixed();

            bool isArray = node.Has(ShapeTypes.Array) && !node.Has(ShapeTypes.Object);
            return isArray ? Array(node, depth, isEmpty: false, onChild: true) : Object(node, depth, isEmpty: false, onChild: true);
        }

        return Scalar(node, said);
    }

    private Span<char> Text => _text.AsSpan(0, _textLength);

    private bool Nil(bool isEmpty)
    {
        while (!isEmpty && _reader.Read() && _reader.NodeType != XmlNodeType.EndElement)
        {
            if (_reader.NodeType is not (XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace))
            {
                return Fail("An element with xsi:nil must be empty.");
            }
        }

        _json.Append("null"u8);
        return true;
    }

    private bool Scalar(XmlNode node, XmlAnnotations said)
    {
        if (said.IsEscaped)
        {
            if (!JsonText.TryUnescape(Text, out int length)) return Fail("An escape is none of JSON's.");
            _textLength = length;
        }

        switch (said.Kind)
        {
            case XmlKind.Number: return XmlScalar.TryWriteNumber(_json, Text) || Fail("This is not a JSON number.");
            case XmlKind.Boolean: return XmlScalar.TryWriteBoolean(_json, Text) || Fail("A boolean is true or false.");
            case XmlKind.String: JsonText.WriteString(_json, Text); return true;
            default: XmlScalar.WriteInferred(_json, node, Text, isAttribute: false); return true;
        }
    }

    private bool Array(XmlNode node, int depth, bool isEmpty, bool onChild)
    {
        if (depth == XmlForm.DepthMax) return Deep();

        var items = node.Items ?? XmlNode.Any;
        _json.Append((byte)'[');
        bool isFirst = true;
        var child = isEmpty ? Child.None : onChild ? Child.Element : NextChild();
        for (; child == Child.Element; child = NextChild())
        {
            if (!isFirst) _json.Append((byte)',');
            isFirst = false;
            if (!Value(items, depth + 1, isProperty: false)) return false;
        }

        _json.Append((byte)']');
        return child == Child.None;
    }

    /// <summary>The next element inside the current one, past white space.</summary>
    private Child NextChild()
    {
        while (_reader.Read())
        {
            switch (_reader.NodeType)
            {
                case XmlNodeType.Element: return Child.Element;
                case XmlNodeType.EndElement: return Child.None;
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    _textLength = 0;
                    AppendText();
                    if (XmlScalar.IsBlank(Text)) break;
                    Mixed();
                    return Child.Error;
            }
        }

        return Child.None; // unreachable: the reader refuses a document that ends here
    }

    private bool Object(XmlNode node, int depth, bool isEmpty, bool onChild)
    {
        if (depth == XmlForm.DepthMax) return Deep();

        using var members = new XmlMembers(node, _json);
        _json.Append((byte)'{');
        if (!onChild && !AttributeMembers(node, members)) return false;

        var child = isEmpty ? Child.None : onChild ? Child.Element : NextChild();
        for (; child == Child.Element; child = NextChild())
        {
            if (!Member(node, depth, members)) return false;
        }

        if (child == Child.Error) return false;
        AppendAttributes(members, before: int.MaxValue);
        members.End();
        _json.Append((byte)'}');
        return true;
    }

    private bool AttributeMembers(XmlNode node, XmlMembers members)
    {
        if (!_reader.MoveToFirstAttribute()) return true;

        do
        {
            string ns = _reader.NamespaceURI;
            string name = _reader.LocalName;
            if (ns is XmlVocabulary.JsonNamespace or XmlVocabulary.XsiNamespace or XmlVocabulary.XmlnsNamespace) continue;
            if (!node.ByAttribute.TryGetValue(name, out var property))
            {
                if (ns == XmlVocabulary.XmlNamespace) continue; // xml:space and the like
                node.ByName.TryGetValue(name, out property);
            }

            if (!members.TryAdd(property, property?.Name ?? name)) return Duplicate(property?.Name ?? name);
            if (property is not null)
            {
                members.Attributes.Add((property, _reader.Value));
                continue;
            }

            members.Begin(null);
            AppendName(name);
            XmlScalar.WriteInferred(_json, node.Additional ?? XmlNode.Any, _reader.Value, isAttribute: true);
        }
        while (_reader.MoveToNextAttribute());

        _reader.MoveToElement();
        members.Attributes.Sort(static (a, b) => a.Property.Index.CompareTo(b.Property.Index));
        AppendAttributes(members, before: members.LeadingAttributes);
        return true;
    }

    /// <summary>
    /// Attributes have lost their place among the elements. They get the place that the shape gives them:
    /// most JSON follows the order of its schema.
    /// </summary>
    private void AppendAttributes(XmlMembers members, int before)
    {
        while (members.AttributesDone < members.Attributes.Count && members.Attributes[members.AttributesDone] is var (property, value) && property.Index < before)
        {
            members.AttributesDone++;
            members.Begin(property);
            AppendName(property.Name);
            XmlScalar.WriteInferred(_json, property.Node, value, isAttribute: true);
        }
    }

    private bool Member(XmlNode node, int depth, XmlMembers members)
    {
        if (!NameOf(node, out var property, out string name, out bool isItem)) return false;

        if (isItem && property is not null) return ItemMember(property, depth, members);
        if (!members.TryAdd(property, name)) return Duplicate(name);

        if (property is not null) AppendAttributes(members, property.Index);
        members.Begin(property);
        AppendName(name);
        return Value(property?.Node ?? node.Additional ?? XmlNode.Any, depth + 1, isProperty: true);
    }

    /// <summary>One item of an unwrapped array, in its first run or strayed behind another element.</summary>
    private bool ItemMember(XmlProperty property, int depth, XmlMembers members)
    {
        if (depth + 1 == XmlForm.DepthMax) return Deep();

        var items = property.Node.Items ?? XmlNode.Any;
        if (members.IsRunning(property))
        {
            _json.Append((byte)',');
            return Value(items, depth + 2, isProperty: false);
        }

        if (members.TryAdd(property, property.Name))
        {
            AppendAttributes(members, property.Index);
            members.Begin(property);
            AppendName(property.Name);
            members.Run(property);
            return Value(items, depth + 2, isProperty: false);
        }

        if (!members.HasRun(property)) return Duplicate(property.Name);

        var json = _json;
        _json = members.Stray(property);
        bool isRead = Value(items, depth + 2, isProperty: false);
        members.EndStray(_json);
        _json = json;
        return isRead;
    }

    /// <summary>The property that an element stands for.</summary>
    /// <param name="isItem">One item of an unwrapped array rather than the whole value.</param>
    private bool NameOf(XmlNode node, out XmlProperty? property, out string name, out bool isItem)
    {
        isItem = false;
        if (_reader.HasAttributes)
        {
            string? label = _reader.GetAttribute("name", XmlVocabulary.JsonNamespace);
            string? escaped = _reader.GetAttribute("escaped-name", XmlVocabulary.JsonNamespace);
            if (escaped is not null)
            {
                char[] text = escaped.ToCharArray();
                bool isFine = label is null & JsonText.TryUnescape(text, out int length);
                label = new string(text, 0, length);
                if (!isFine)
                {
                    property = null;
                    name = label;
                    return Fail("json:escaped-name has an escape that is none of JSON's, or stands beside json:name.");
                }
            }

            if (label is not null)
            {
                name = label;
                node.ByName.TryGetValue(name, out property);
                return true;
            }
        }

        name = _reader.LocalName;
        if (node.ByElement.TryGetValue(name, out property))
        {
            if (property.Next is not null) property = InNamespace(property, _reader.NamespaceURI);
            isItem = property.Unwrapped;
        }
        else
        {
            node.ByName.TryGetValue(name, out property);
        }

        name = property?.Name ?? name;
        return true;
    }

    private static XmlProperty InNamespace(XmlProperty first, string ns)
    {
        for (var property = first; property is not null; property = property.Next)
        {
            if (property.Element!.Namespace == ns) return property;
        }

        return first;
    }

    private void AppendName(string name)
    {
        JsonText.WriteString(_json, name);
        _json.Append((byte)':');
    }

    private void AppendText()
    {
        while (true)
        {
            int read = _reader.ReadValueChunk(_text, _textLength, _text.Length - _textLength);
            if (read == 0) return;

            _textLength += read;
            if (_textLength < _text.Length) continue;

            char[] next = ArrayPool<char>.Shared.Rent(2 * _text.Length);
            Text.CopyTo(next);
            ArrayPool<char>.Shared.Return(_text);
            _text = next;
        }
    }

    private static string Name(XmlKind kind) => kind.ToString().ToLowerInvariant();

    private bool Mixed() => Fail("Text and elements are mixed; an element has either text or elements in it.");

    private bool Deep() => Fail($"The document is nested deeper than {XmlForm.DepthMax} levels.", XmlError.TooDeep);

    private bool Duplicate(string name) => Fail($"{name} is given twice.", XmlError.DuplicateName);

    private bool Fail(string detail, string code = XmlError.Malformed)
    {
        _error ??= new XmlError(Math.Max(1, _position.LineNumber), Math.Max(1, _position.LinePosition), code, detail);
        return false;
    }

    private static string Reason(XmlException e)
    {
        if (e.Message.Contains("DTD", StringComparison.Ordinal)) return "A document type declaration (DTD) is refused.";

        // The reader's message ends in the position, which the error has on its own.
        int end = e.Message.LastIndexOf(" Line ", StringComparison.Ordinal);
        return end > 0 ? e.Message[..end] : e.Message;
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas;

namespace Stateway.Gateway.Content.Xml;

/// <summary>
/// Writes one document. A value is written bare when <see cref="XmlInput"/> would read it back from the shape alone;
/// otherwise an attribute says what it is.
/// </summary>
internal ref struct XmlOutput(ByteBuffer xml)
{
    private string? _defaultNamespace;
    private bool _usesJson;
    private bool _usesXsi;

    public void Document(ReadOnlySpan<byte> json, XmlNode root, XmlName name, XmlName item, byte[] declarations, IBufferWriter<byte> destination)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = XmlForm.WrittenDepthMax });
        reader.Read();
        Value(ref reader, root, new Tag(name, item));
        if (reader.Read()) throw new JsonException("More than one value.");

        // What the root must declare is known only now; it goes behind its name.
        int start = 1 + name.Qualified.Length;
        destination.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"u8);
        destination.Write(xml.Written[..start]);
        destination.Write(declarations);
        if (_usesJson) destination.Write(" xmlns:json=\"urn:stateway:json\""u8);
        if (_usesXsi) destination.Write(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""u8);
        destination.Write(xml.Written[start..]);
    }

    /// <summary>An element's name, the label when it could not be its own, and what items inside are called.</summary>
    private readonly ref struct Tag
    {
        public readonly ReadOnlySpan<byte> Qualified;
        public readonly string? Default;
        public readonly XmlName? Item;

        /// <summary>The inside of a JSON string.</summary>
        public readonly ReadOnlySpan<byte> Label;

        public readonly bool IsLabelled;
        public readonly bool IsLabelEscaped;

        public Tag(XmlName name, XmlName? item)
        {
            Qualified = name.Qualified;
            Default = name.Default;
            Item = item;
        }

        public Tag(ReadOnlySpan<byte> name) => Qualified = name;

        public Tag(ReadOnlySpan<byte> label, bool isEscaped, XmlName? item) : this(XmlName.Labelled, item)
        {
            Label = label;
            IsLabelled = true;
            IsLabelEscaped = isEscaped;
        }
    }

    /// <summary>Writes the value that the reader stands on; leaves the reader on its last token.</summary>
    private void Value(ref Utf8JsonReader json, XmlNode node, scoped Tag tag)
    {
        string? outerNamespace = _defaultNamespace;
        xml.Append((byte)'<');
        xml.Append(tag.Qualified);
        if (tag.Default is not null && tag.Default != _defaultNamespace)
        {
            Attribute("xmlns"u8, Encoding.UTF8.GetBytes(tag.Default));
            _defaultNamespace = tag.Default;
        }

        if (tag.IsLabelled) Label(tag.Label, tag.IsLabelEscaped);

        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                _usesXsi = true;
                xml.Append(" xsi:nil=\"true\"/>"u8);
                break;
            case JsonTokenType.Number:
                if (!IsBareNumber(node)) Type("number"u8);
                Content(json.ValueSpan, tag);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                if (!IsBareBoolean(node)) Type("boolean"u8);
                Content(json.ValueSpan, tag);
                break;
            case JsonTokenType.String:
                Text(ref json, node, tag);
                break;
            case JsonTokenType.StartArray:
                List(ref json, node, tag);
                break;
            default:
                Members(ref json, node, tag);
                break;
        }

        _defaultNamespace = outerNamespace;
    }

    private static bool IsBareNumber(XmlNode node) => node.Has(ShapeTypes.Number) && !node.Has(ShapeTypes.String);

    private static bool IsBareBoolean(XmlNode node) => node.Has(ShapeTypes.Boolean) && !node.Has(ShapeTypes.String);

    private void Text(ref Utf8JsonReader json, XmlNode node, scoped Tag tag)
    {
        using var text = new Unescaped(json.ValueSpan, json.ValueIsEscaped);
        if (text.FitsXml)
        {
            if (!node.Has(ShapeTypes.String)) Type("string"u8);
            Content(text.Utf8, tag);
            return;
        }

        _usesJson = true;
        xml.Append(" json:escaped=\"true\">"u8);
        XmlText.WriteEscaped(xml, json.ValueSpan, attribute: false);
        Close(tag);
    }

    private void List(ref Utf8JsonReader json, XmlNode node, scoped Tag tag)
    {
        json.Read();
        bool isEmpty = json.TokenType == JsonTokenType.EndArray;
        bool isBare = node.Has(ShapeTypes.Array) && !node.Has(ShapeTypes.Object) && !(isEmpty && node.Has(ShapeTypes.String));
        if (!isBare) Type("array"u8);
        if (isEmpty)
        {
            xml.Append("/>"u8);
            return;
        }

        xml.Append((byte)'>');
        Items(ref json, node, tag.Item ?? node.ItemName);
        Close(tag);
    }

    /// <summary>From the first item to the end of the array.</summary>
    private void Items(ref Utf8JsonReader json, XmlNode node, XmlName name)
    {
        var items = node.Items ?? XmlNode.Any;
        while (json.TokenType != JsonTokenType.EndArray)
        {
            Value(ref json, items, new Tag(name, null));
            json.Read();
        }
    }

    private void Members(ref Utf8JsonReader json, XmlNode node, scoped Tag tag)
    {
        var look = json;
        look.Read();
        bool isEmpty = look.TokenType == JsonTokenType.EndObject;
        bool isBare = node.Has(ShapeTypes.Object) && !(isEmpty && node.Has(ShapeTypes.String));
        if (!isBare) Type("object"u8);
        if (isEmpty)
        {
            json.Read();
            xml.Append("/>"u8);
            return;
        }

        if (node.ByAttribute.Count > 0) Attributes(json, node);
        xml.Append((byte)'>');
        int hint = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject) Member(ref json, node, ref hint);
        Close(tag);
    }

    private void Member(ref Utf8JsonReader json, XmlNode node, ref int hint)
    {
        var property = node.Find(ref json, ref hint);
        var name = json.ValueSpan;
        bool isEscaped = json.ValueIsEscaped;
        json.Read();
        if (property is null)
        {
            // Without escapes: an escape is rare, and no XML name needs one.
            bool isLabelled = isEscaped || !XmlVocabulary.IsName(name) || node.Claims(name);
            Value(ref json, node.Additional ?? XmlNode.Any, isLabelled ? new Tag(name, isEscaped, null) : new Tag(name));
        }
        else if (property.Attribute is not null && IsAttribute(ref json, property))
        {
            // Written already, in the start tag.
        }
        else if (property.Unwrapped && IsFilledArray(json))
        {
            json.Read();
            Items(ref json, property.Node, property.Element!);
        }
        else if (property.Element is null || property.Unwrapped)
        {
            Value(ref json, property.Node, new Tag(name, isEscaped, property.Item));
        }
        else
        {
            Value(ref json, property.Node, new Tag(property.Element, property.Item));
        }
    }

    private static bool IsFilledArray(Utf8JsonReader json) =>
        json.TokenType == JsonTokenType.StartArray && json.Read() && json.TokenType != JsonTokenType.EndArray;

    /// <summary>A look ahead over the object, because attributes stand before everything else.</summary>
    private void Attributes(Utf8JsonReader json, XmlNode node)
    {
        int hint = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndObject)
        {
            var property = node.Find(ref json, ref hint);
            json.Read();
            if (property?.Attribute is { } name && IsAttribute(ref json, property))
            {
                using var text = new Unescaped(json.ValueSpan, json.TokenType == JsonTokenType.String && json.ValueIsEscaped);
                Attribute(name.Qualified, text.Utf8);
            }
            else
            {
                json.Skip();
            }
        }
    }

    /// <summary>Only what needs no further attribute to be read back.</summary>
    private static bool IsAttribute(ref Utf8JsonReader json, XmlProperty property)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Number: return IsBareNumber(property.Node);
            case JsonTokenType.True or JsonTokenType.False: return IsBareBoolean(property.Node);
            case JsonTokenType.String when property.Node.Has(ShapeTypes.String):
                using (var text = new Unescaped(json.ValueSpan, json.ValueIsEscaped)) return text.FitsXml;
            default: return false;
        }
    }

    private void Label(scoped ReadOnlySpan<byte> name, bool isEscaped)
    {
        _usesJson = true;
        using var text = new Unescaped(name, isEscaped);
        if (text.FitsXml)
        {
            Attribute("json:name"u8, text.Utf8);
            return;
        }

        xml.Append(" json:escaped-name=\""u8);
        XmlText.WriteEscaped(xml, name, attribute: true);
        xml.Append((byte)'"');
    }

    private void Type(scoped ReadOnlySpan<byte> type)
    {
        _usesJson = true;
        Attribute("json:type"u8, type);
    }

    private readonly void Attribute(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        xml.Append((byte)' ');
        xml.Append(name);
        xml.Append("=\""u8);
        XmlText.WriteAttribute(xml, value);
        xml.Append((byte)'"');
    }

    private readonly void Content(scoped ReadOnlySpan<byte> text, scoped Tag tag)
    {
        if (text.IsEmpty)
        {
            xml.Append("/>"u8);
            return;
        }

        xml.Append((byte)'>');
        XmlText.WriteContent(xml, text);
        Close(tag);
    }

    private readonly void Close(scoped Tag tag)
    {
        xml.Append("</"u8);
        xml.Append(tag.Qualified);
        xml.Append((byte)'>');
    }

    /// <summary>A JSON string's characters; nearly always the very bytes of the JSON.</summary>
    private readonly ref struct Unescaped
    {
        private readonly byte[]? _rented;

        public readonly ReadOnlySpan<byte> Utf8;
        public readonly bool FitsXml;

        public Unescaped(ReadOnlySpan<byte> raw, bool isEscaped)
        {
            Utf8 = raw;
            bool wellFormed = true;
            if (isEscaped)
            {
                _rented = ArrayPool<byte>.Shared.Rent(raw.Length);
                Utf8 = _rented.AsSpan(0, JsonText.Unescape(raw, _rented, out wellFormed));
            }

            FitsXml = wellFormed && XmlText.CanHold(Utf8);
        }

        public void Dispose()
        {
            if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}

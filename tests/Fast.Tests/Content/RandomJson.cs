using System.Text;
using Stateway.Gateway.Content;
using Stateway.Model.Schemas;

namespace Stateway.Fast.Tests.Content;

/// <summary>Shapes, and JSON that mostly fits them, from one seed: odd names, odd characters, odd numbers, empty things.</summary>
internal sealed class RandomJson(int seed)
{
    private static readonly string[] Names =
        ["a", "b", "c", "name", "tags", "item", "id", "_", "a b", "", "xml", "xmlns", "type", "é", "名前", "1x", "a:b", "x/y~z", "\u0001", "\uFFFE", "😀", "\"\\", "-a", "a.b-c", "nil"];

    private static readonly string[] Namespaces = ["urn:one", "urn:two", "http://example.com/?a=1&b='2'", "urn:stateway:json", "http://www.w3.org/XML/1998/namespace"];
    private static readonly string[] Prefixes = ["p", "q", "json", "xsi", "xml", "xmlns", "", "a b"];
    private static readonly string[] Numbers =
        ["0", "-0", "1.50", "1E+2", "1e5", "1.0", "-12.5e-3", "123456789012345678901234567890", "0.0", "7"];

    private static readonly string[] Texts =
        ["", " ", "\r\n", "\t x ", "a", "true", "5", "null", "]]>", "<a&b>\"'", "\u0000", "\u001f", "\uFFFF", "a\uFFFDb", "😀", "é\u0085\u2028", "\\u0041", "\\", "0x1", "﻿"];

    private readonly Random _random = new(seed);

    public Shape Shape(bool attributes, int depth = 0)
    {
        var shape = new Shape { Types = Types(depth), Xml = Xml(attributes) };
        if (shape.Types == ShapeTypes.Any && _random.Next(2) == 0) return Stateway.Model.Schemas.Shape.Any;
        if (_random.Next(6) == 0) shape.ComponentName = "Thing";
        if ((shape.Types & ShapeTypes.Array) != 0 && _random.Next(4) > 0) shape.Items = Shape(attributes, depth + 1);
        if ((shape.Types & ShapeTypes.Object) != 0)
        {
            int count = _random.Next(6);
            shape.Properties = [.. Names.OrderBy(_ => _random.Next()).Take(count).Select(n => KeyValuePair.Create(n, Shape(attributes, depth + 1)))];
            if (_random.Next(4) == 0) shape.AdditionalProperties = Shape(attributes, depth + 1);
        }

        return shape;
    }

    /// <summary>JSON without white space and without escapes that need not be.</summary>
    public string Json(Shape shape, int depth = 0)
    {
        var json = new StringBuilder();
        Value(json, shape, depth);
        return json.ToString();
    }

    private ShapeTypes Types(int depth)
    {
        ShapeTypes[] scalars = [ShapeTypes.String, ShapeTypes.Number, ShapeTypes.Integer, ShapeTypes.Boolean];
        var types = _random.Next(depth < 4 ? 9 : 5) switch
        {
            < 4 and var i => scalars[i],
            4 => (ShapeTypes)_random.Next(128),
            5 or 6 => ShapeTypes.Object,
            7 => ShapeTypes.Array,
            _ => ShapeTypes.Any,
        };
        return _random.Next(5) == 0 ? types | ShapeTypes.Null : types;
    }

    private XmlShape? Xml(bool attributes) => _random.Next(2) == 0
        ? null
        : new XmlShape(
            _random.Next(2) == 0 ? Pick(Names) : null,
            _random.Next(3) == 0 ? Pick(Namespaces) : null,
            _random.Next(2) == 0 ? Pick(Prefixes) : null,
            attributes && _random.Next(2) == 0,
            _random.Next(2) == 0);

    private void Value(StringBuilder json, Shape shape, int depth)
    {
        ShapeTypes[] all = [ShapeTypes.Null, ShapeTypes.Boolean, ShapeTypes.Number, ShapeTypes.String, ShapeTypes.Array, ShapeTypes.Object];
        var fitting = all.Where(t => (shape.Types & t) != 0).ToArray();
        var type = fitting.Length == 0 || _random.Next(5) == 0 ? Pick(all) : Pick(fitting);
        if (depth > 6 && type is ShapeTypes.Array or ShapeTypes.Object) type = ShapeTypes.String;
        switch (type)
        {
            case ShapeTypes.Null: json.Append("null"); break;
            case ShapeTypes.Boolean: json.Append(_random.Next(2) == 0 ? "true" : "false"); break;
            case ShapeTypes.Number: json.Append(Pick(Numbers)); break;
            case ShapeTypes.String: Text(json, Text()); break;
            case ShapeTypes.Array: List(json, shape, depth); break;
            default: Members(json, shape, depth); break;
        }
    }

    private void List(StringBuilder json, Shape shape, int depth)
    {
        int count = _random.Next(4);
        json.Append('[');
        for (int i = 0; i < count; i++)
        {
            if (i > 0) json.Append(',');
            Value(json, shape.Items ?? Stateway.Model.Schemas.Shape.Any, depth + 1);
        }

        json.Append(']');
    }

    private void Members(StringBuilder json, Shape shape, int depth)
    {
        var names = shape.Properties.Where(_ => _random.Next(4) > 0).Select(p => p.Key).ToList();
        if (_random.Next(4) == 0) names = [.. names.OrderBy(_ => _random.Next())];
        int others = _random.Next(3);
        for (int i = 0; i < others; i++) names.Insert(_random.Next(names.Count + 1), Pick(Names));
        bool isFirst = true;
        json.Append('{');
        foreach (string name in names.Distinct())
        {
            if (!isFirst) json.Append(',');
            isFirst = false;
            Text(json, name);
            json.Append(':');
            Value(json, shape.Property(name) ?? shape.AdditionalProperties ?? Stateway.Model.Schemas.Shape.Any, depth + 1);
        }

        json.Append('}');
    }

    private string Text()
    {
        if (_random.Next(3) > 0) return Pick(Texts);

        var text = new StringBuilder();
        for (int i = _random.Next(12); i > 0; i--) text.Append(Pick(Texts));
        return text.ToString();
    }

    private static void Text(StringBuilder json, string text)
    {
        using var bytes = new ByteBuffer();
        JsonText.WriteString(bytes, text);
        json.Append(Encoding.UTF8.GetString(bytes.Written));
    }

    private T Pick<T>(T[] values) => values[_random.Next(values.Length)];
}

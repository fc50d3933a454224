using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>
/// Takes the indexed fields out of a resource in one pass over its UTF-8, without a tree. Fields of one
/// object share a node:
/// <code>
/// name, address.city, address.zip
/// root ── name (slot 0)
///      └─ address ── city (slot 1)
///                 └─ zip  (slot 2)
/// </code>
/// </summary>
internal sealed class FieldReader
{
    private static readonly JsonReaderOptions _options = new() { MaxDepth = CollectionSpec.DepthMax };

    private readonly Node _root;
    private readonly int _count;

    /// <param name="fields">The field at index i fills slot i.</param>
    public FieldReader(ImmutableArray<IndexedField> fields)
    {
        _count = fields.Length;
        _root = Node.Of(fields);
    }

    /// <returns>One value for each field, in their order. Texts without escapes are slices of <paramref name="json"/>.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public ColumnValue[] Read(ReadOnlyMemory<byte> json)
    {
        if (_count == 0) return [];

        var values = new ColumnValue[_count];
        var reader = new Utf8JsonReader(json.Span, _options);
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartObject) ReadObject(ref reader, _root, values, json);
        return values;
    }

    private static void ReadObject(ref Utf8JsonReader reader, Node node, ColumnValue[] values, ReadOnlyMemory<byte> json)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var child = node.Find(ref reader);
            reader.Read();
            if (child is null)
            {
                reader.Skip();
                continue;
            }

            // Of a name that stands twice the last one counts, whole, as it does for JsonDocument.
            child.Forget(values);
            if (child.Slot >= 0) values[child.Slot] = ReadValue(ref reader, child.IsTimestamp, json);

            if (reader.TokenType == JsonTokenType.StartObject && child.Children.Length > 0)
                ReadObject(ref reader, child, values, json);
            else
                reader.Skip();
        }
    }

    private static ColumnValue ReadValue(ref Utf8JsonReader reader, bool isTimestamp, ReadOnlyMemory<byte> json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return ColumnValue.Null;
            case JsonTokenType.True: return ColumnValue.True;
            case JsonTokenType.False: return ColumnValue.False;
            case JsonTokenType.Number when !isTimestamp:
                return reader.TryGetInt64(out long integer) ? ColumnValue.Of(integer) : ColumnValue.Of(reader.GetDouble());
            case JsonTokenType.String:
                var utf8 = reader.ValueIsEscaped
                    ? Unescape(ref reader, json)
                    : json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
                return isTimestamp && TimestampText.TryParse(utf8.Span, out long ticks)
                    ? ColumnValue.Of(ticks)
                    : ColumnValue.Of(utf8);
            default: return ColumnValue.Other;
        }
    }

    private static byte[] Unescape(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        // The way of the expressions, so that half a character ("\ud800") becomes the same text here and there.
        using var token = JsonDocument.Parse(json.Slice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2));
        return Encoding.UTF8.GetBytes(Value.FromJson(token.RootElement).AsString);
    }

    private sealed class Node
    {
        private byte[] _name = [];

        public Node[] Children { get; private set; } = [];

        /// <summary>-1 for an object that only contains fields.</summary>
        public int Slot { get; private set; } = -1;

        public bool IsTimestamp { get; private set; }

        public static Node Of(ImmutableArray<IndexedField> fields)
        {
            var root = new Node();
            for (int i = 0; i < fields.Length; i++)
            {
                var node = root;
                foreach (string name in fields[i].Path) node = node.Child(Encoding.UTF8.GetBytes(name));
                node.Slot = i;
                node.IsTimestamp = fields[i].IsTimestamp;
            }

            return root;
        }

        public Node? Find(ref Utf8JsonReader reader)
        {
            foreach (var child in Children)
            {
                if (reader.ValueTextEquals(child._name)) return child;
            }

            return null;
        }

        public void Forget(ColumnValue[] values)
        {
            if (Slot >= 0) values[Slot] = ColumnValue.Missing;
            foreach (var child in Children) child.Forget(values);
        }

        private Node Child(byte[] name)
        {
            foreach (var child in Children)
            {
                if (child._name.AsSpan().SequenceEqual(name)) return child;
            }

            var added = new Node { _name = name };
            Children = [.. Children, added];
            return added;
        }
    }
}

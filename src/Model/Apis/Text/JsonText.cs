using System.Text;
using System.Text.Json;

namespace Stateway.Model.Apis.Text;

/// <summary>Reads JSON (RFC 8259) into nodes with places.</summary>
internal ref struct JsonText
{
    private readonly string _file;
    private readonly ReadOnlySpan<byte> _utf8;
    private readonly List<DocumentError> _errors = [];
    private readonly List<string> _way = [];
    private Utf8JsonReader _reader;

    // The last place asked for: places are asked for in the order of the text, so each byte is looked at once.
    private int _offset;
    private int _line = 1;
    private int _column = 1;
    private int _nodes;

    private JsonText(string file, ReadOnlySpan<byte> utf8)
    {
        _file = file;
        _utf8 = utf8;
        _reader = new(utf8, new JsonReaderOptions { MaxDepth = TextLimits.DepthMax });
    }

    public static TextReading Read(string file, ReadOnlySpan<byte> utf8)
    {
        var text = new JsonText(file, utf8);
        try
        {
            text._reader.Read();
            var root = text.ReadNode();
            text._reader.Read(); // nothing but white space may follow; it throws otherwise
            return text._errors.Count > 0 ? new(null, text._errors) : new(root, []);
        }
        catch (JsonException e)
        {
            return Malformed(file, utf8, e);
        }
        catch (LimitException e)
        {
            return TextReading.Refused(text.Here(), "", e.Message);
        }
    }

    private Node ReadNode()
    {
        if (++_nodes > TextLimits.NodesMax) throw new LimitException($"The text has more than {TextLimits.NodesMax:N0} values.");

        var place = Here();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject: return ReadMap(place);
            case JsonTokenType.StartArray: return ReadList(place);
            case JsonTokenType.String: return new ScalarNode(place, ScalarKind.String, ReadString(place));
            case JsonTokenType.True: return new ScalarNode(place, ScalarKind.True, "true");
            case JsonTokenType.False: return new ScalarNode(place, ScalarKind.False, "false");
            case JsonTokenType.Null: return new ScalarNode(place, ScalarKind.Null, "null");
            default:
                if (_reader.ValueSpan.Length > TextLimits.NumberLengthMax) throw new LimitException($"The number has more than {TextLimits.NumberLengthMax} characters.");
                return new ScalarNode(place, ScalarKind.Number, Encoding.ASCII.GetString(_reader.ValueSpan));
        }
    }

    private MapNode ReadMap(Place place)
    {
        var map = new MapNode(place);
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            var namePlace = Here();
            string name = ReadString(namePlace);
            _way.Add(name);
            _reader.Read();
            var value = ReadNode();
            if (!map.TryAdd(name, namePlace, value)) AddError(namePlace, $"'{name}' stands here twice; a name may stand in an object once.");
            _way.RemoveAt(_way.Count - 1);
        }

        return map;
    }

    private ListNode ReadList(Place place)
    {
        var items = new List<Node>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            _way.Add(items.Count.ToString());
            items.Add(ReadNode());
            _way.RemoveAt(_way.Count - 1);
        }

        return new(place, items);
    }

    private readonly string ReadString(Place place)
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException) // the only way the reader tells of half a surrogate pair
        {
            AddError(place, "The text has a \\u escape that is half a surrogate pair.");
            return "";
        }
    }

    private readonly void AddError(Place place, string message) =>
        _errors.Add(new(place.File, place.Line, place.Column, JsonPointer.Of(_way), message));

    private Place Here()
    {
        int start = (int)_reader.TokenStartIndex;
        var between = _utf8[_offset..start];
        int newLines = between.Count((byte)'\n');
        if (newLines > 0)
        {
            _line += newLines;
            _column = 1;
            between = between[(between.LastIndexOf((byte)'\n') + 1)..];
        }

        _column += TextReading.CharactersIn(between);
        _offset = start;
        return new(_file, _line, _column);
    }

    private static TextReading Malformed(string file, ReadOnlySpan<byte> utf8, JsonException e)
    {
        int line = (int)(e.LineNumber ?? 0);
        int offset = 0;
        for (int i = 0; i < line; i++) offset += utf8[offset..].IndexOf((byte)'\n') + 1;

        // The reader appends its own idea of the place; ours, from 1, stands before the message already.
        string message = e.Message.Split(" LineNumber:")[0];
        int column = Math.Min(utf8.Length - offset, (int)(e.BytePositionInLine ?? 0));
        return TextReading.Refused(
            new(file, line + 1, TextReading.CharactersIn(utf8.Slice(offset, column)) + 1), "", "This is not JSON: " + message);
    }

    private sealed class LimitException(string message) : Exception(message);
}

using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Stateway.Model.Apis.Text;

/// <summary>
/// Reads YAML 1.2 into nodes with places: scalars by the core schema, anchors and aliases, merge keys.
/// What JSON cannot say is refused: tags of one's own, names that are not scalars, infinities, a second document.
/// </summary>
internal sealed class YamlText
{
    private readonly string _file;
    private readonly Scanner _scanner;
    private readonly Parser _parser;
    private readonly List<DocumentError> _errors = [];
    private readonly List<string> _way = [];
    private readonly Dictionary<string, Anchored> _anchors = new(StringComparer.Ordinal);
    private int _nodes;

    /// <param name="Nodes">How many nodes it stands for, shared ones counted each time.</param>
    /// <param name="Height">Levels of lists and mappings, itself included.</param>
    private readonly record struct Anchored(Node Node, int Nodes, int Height);

    private YamlText(string file, string text)
    {
        _file = file;
        _scanner = new(new StringReader(text), skipComments: true);
        _parser = new(_scanner);
    }

    public static TextReading Read(string file, string text)
    {
        var yaml = new YamlText(file, text);
        try
        {
            var root = yaml.ReadDocument();
            return yaml._errors.Count > 0 ? new(null, yaml._errors) : new(root, []);
        }
        catch (RefusedException e)
        {
            return TextReading.Refused(e.Place, JsonPointer.Of(yaml._way), e.Message);
        }
        catch (YamlException e) when (e.Message.Contains(" tab ", StringComparison.Ordinal))
        {
            return TextReading.Refused(TabFrom(file, text, yaml.At(e.Start)), JsonPointer.Of(yaml._way),
                "This is not YAML: lines are indented by blanks, and here stands a tab.");
        }
        catch (YamlException e)
        {
            return TextReading.Refused(yaml.At(e.Start), JsonPointer.Of(yaml._way), "This is not YAML: " + Sentence(e.Message) + ClosingHint(e.Message));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException
            or IndexOutOfRangeException or NullReferenceException or KeyNotFoundException)
        {
            // The parser means to throw YamlException for every malformed text, and for some it fails to.
            return TextReading.Refused(yaml.At(yaml._scanner.CurrentPosition), JsonPointer.Of(yaml._way),
                "This is not YAML: a {, a [ or a quote that was opened here or above is not closed.");
        }
    }

    /// <summary>The parser names the mapping around a wrong tab; what helps is the tab itself.</summary>
    private static Place TabFrom(string file, string text, Place from)
    {
        string[] lines = text.Split('\n');
        for (int i = from.Line - 1; i < lines.Length; i++)
        {
            var line = lines[i].AsSpan();
            int tab = line[..(line.Length - line.TrimStart(" \t").Length)].IndexOf('\t');
            if (tab >= 0) return new(file, i + 1, tab + 1);
        }

        return from;
    }

    private Node? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out _)) return null;

        _parser.Consume<DocumentStart>();
        var root = ReadNode(depth: 0, out _);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
        {
            throw Refuse(second.Start, "A second document begins here; write it in a file of its own.");
        }

        _parser.Consume<StreamEnd>();
        return root;
    }

    private Node ReadNode(int depth, out int height)
    {
        if (_parser.Accept<AnchorAlias>(out _)) return ReadAlias(depth, out height);

        int before = _nodes;
        CountNodes(1);

        // For some malformed texts the parser ends what it should have begun.
        if (_parser.Current is not NodeEvent start) throw Refuse(_parser.Current?.Start ?? Mark.Empty, "This is not YAML: a value should stand here.");

        Node node;
        switch (start)
        {
            case MappingStart: node = ReadMap(depth + 1, out height); break;
            case SequenceStart: node = ReadList(depth + 1, out height); break;
            default: (node, height) = (ReadScalar(), 0); break;
        }

        if (!start.Anchor.IsEmpty) _anchors[start.Anchor.Value] = new(node, _nodes - before, height);
        return node;
    }

    private Node ReadAlias(int depth, out int height)
    {
        var alias = _parser.Consume<AnchorAlias>();
        if (!_anchors.TryGetValue(alias.Value.Value, out var anchored))
        {
            throw Refuse(alias.Start, $"*{alias.Value.Value} names no anchor that is complete before it."
                + NameHint.For(alias.Value.Value, _anchors.Keys));
        }

        CountNodes(anchored.Nodes, alias.Start);
        height = anchored.Height;
        if (depth + height > TextLimits.DepthMax) throw TooDeep(alias.Start);
        return anchored.Node;
    }

    private MapNode ReadMap(int depth, out int height)
    {
        var start = _parser.Consume<MappingStart>();
        if (depth > TextLimits.DepthMax) throw TooDeep(start.Start);
        CheckTag(start, "tag:yaml.org,2002:map");

        var map = new MapNode(At(start.Start));
        List<(Node Value, Place Place)>? merges = null;
        height = 0;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var (name, place, isMerge) = ReadName();
            _way.Add(name);
            var value = ReadNode(depth, out int below);
            height = Math.Max(height, below);

            if (isMerge) (merges ??= []).Add((value, place));
            else if (!map.TryAdd(name, place, value)) AddError(place, $"'{name}' stands here twice; a name may stand in a mapping once.");
            _way.RemoveAt(_way.Count - 1);
        }

        foreach (var (value, place) in merges ?? []) Merge(map, value, place);
        height++;
        return map;
    }

    /// <summary>A name is a scalar, taken as text: <c>200:</c> is the name <c>200</c>. An alias of one is allowed.</summary>
    private (string Name, Place Place, bool IsMerge) ReadName()
    {
        if (_parser.Accept<AnchorAlias>(out var alias))
        {
            if (ReadAlias(0, out _) is not ScalarNode named) throw Refuse(alias.Start, "A name must be a text, not a list or a mapping.");
            return (named.Text, At(alias.Start), false);
        }

        if (!_parser.Accept<Scalar>(out var scalar))
        {
            throw Refuse(_parser.Current!.Start, "A name must be a text, not a list or a mapping.");
        }

        _parser.MoveNext();
        CountNodes(1);
        CheckText(scalar);
        if (!scalar.Anchor.IsEmpty)
        {
            _anchors[scalar.Anchor.Value] = new(new ScalarNode(At(scalar.Start), ScalarKind.String, scalar.Value), 1, 0);
        }

        return (scalar.Value, At(scalar.Start), scalar is { Value: "<<", Style: ScalarStyle.Plain, Tag.IsEmpty: true });
    }

    /// <summary><c>&lt;&lt;: *base</c>: members that the mapping has not itself; of several bases the first wins.</summary>
    private void Merge(MapNode map, Node value, Place place)
    {
        if (value is ListNode { Items.Count: > 0 } list && list.Items.TrueForAll(item => item is MapNode))
        {
            foreach (var item in list.Items) Merge(map, item, place);
            return;
        }

        if (value is not MapNode merged)
        {
            AddError(place, "<< merges a mapping, or a list of mappings; this is " + value.Kind + ".");
            return;
        }

        CountNodes(merged.Members.Count);
        foreach (var member in merged.Members) map.TryAdd(member.Name, member.Place, member.Value);
    }

    private ListNode ReadList(int depth, out int height)
    {
        var start = _parser.Consume<SequenceStart>();
        if (depth > TextLimits.DepthMax) throw TooDeep(start.Start);
        CheckTag(start, "tag:yaml.org,2002:seq");

        var items = new List<Node>();
        height = 0;
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            _way.Add(items.Count.ToString());
            items.Add(ReadNode(depth, out int below));
            height = Math.Max(height, below);
            _way.RemoveAt(_way.Count - 1);
        }

        height++;
        return new(At(start.Start), items);
    }

    private ScalarNode ReadScalar()
    {
        var scalar = _parser.Consume<Scalar>();
        var place = At(scalar.Start);
        CheckText(scalar);

        bool isPlain = scalar.Style == ScalarStyle.Plain;
        string tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        var (type, text) = tag switch
        {
            "" when isPlain => YamlScalar.Read(scalar.Value),
            "" or "!" or "tag:yaml.org,2002:str" => (ScalarKind.String, scalar.Value),
            "tag:yaml.org,2002:int" or "tag:yaml.org,2002:float" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null" =>
                YamlScalar.Read(scalar.Value),
            _ => throw Refuse(scalar.Start, $"The tag {tag} has no meaning here; leave it out."),
        };

        if (type == YamlScalar.NotJson) throw Refuse(scalar.Start, $"{scalar.Value} is not a number in JSON; write it in quotes if it is a text.");
        if (type == ScalarKind.Number && text.Length > TextLimits.NumberLengthMax)
        {
            throw Refuse(scalar.Start, $"The number has more than {TextLimits.NumberLengthMax} characters; write it in quotes if it is a text.");
        }

        return new(place, type, text);
    }

    private void CheckTag(NodeEvent start, string expected)
    {
        if (start.Tag.IsEmpty || start.Tag.Value == expected || start.Tag.Value == "!") return;
        throw Refuse(start.Start, $"The tag {start.Tag.Value} has no meaning here; leave it out.");
    }

    private void CheckText(Scalar scalar)
    {
        // Escapes such as "\uD800" can make what no UTF-8 text can hold.
        if (!scalar.Value.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return;

        for (int i = 0; i < scalar.Value.Length; i++)
        {
            if (!char.IsSurrogate(scalar.Value[i])) continue;
            if (i + 1 < scalar.Value.Length && char.IsSurrogatePair(scalar.Value[i], scalar.Value[i + 1])) i++;
            else throw Refuse(scalar.Start, "The text has a \\u escape that is half a surrogate pair.");
        }
    }

    private void CountNodes(int count, Mark? at = null)
    {
        _nodes += count;
        if (_nodes > TextLimits.NodesMax)
        {
            throw Refuse(at ?? _parser.Current?.Start ?? Mark.Empty,
                $"With its aliases expanded the text has more than {TextLimits.NodesMax:N0} values.");
        }
    }

    private RefusedException TooDeep(Mark at) => Refuse(at, $"Lists and mappings stand here more than {TextLimits.DepthMax} deep inside each other.");

    private RefusedException Refuse(Mark at, string message) => new(At(at), message);

    private void AddError(Place place, string message) =>
        _errors.Add(new(place.File, place.Line, place.Column, JsonPointer.Of(_way), message));

    private Place At(Mark mark) => new(_file, (int)mark.Line, (int)mark.Column);

    private static string ClosingHint(string message) =>
        message.Contains(" flow ", StringComparison.Ordinal) || message.Contains("quoted scalar", StringComparison.Ordinal)
            ? " Is a {, a [ or a quote not closed that was opened here or above?" : "";

    private static string Sentence(string message) => message.EndsWith('.') ? message : message + ".";

    private sealed class RefusedException(Place place, string message) : Exception(message)
    {
        public Place Place { get; } = place;
    }
}

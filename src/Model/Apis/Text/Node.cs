namespace Stateway.Model.Apis.Text;

/// <summary>
/// What a YAML or JSON text says, in JSON's terms, with the place of everything. The nodes of one text may
/// be shared: an alias is the node of its anchor. Readers bound the whole, shared parts counted each time.
/// </summary>
public abstract class Node(Place place)
{
    public Place Place { get; } = place;

    /// <summary>As a message names it: <c>a text</c>, <c>an object</c>.</summary>
    public abstract string Kind { get; }
}

public enum ScalarKind : byte { Null, True, False, Number, String }

/// <param name="text">Of a number: JSON's grammar, every digit as written; of a string: its value.</param>
public sealed class ScalarNode(Place place, ScalarKind type, string text) : Node(place)
{
    public ScalarKind Type { get; } = type;
    public string Text { get; } = text;

    public override string Kind => Type switch
    {
        ScalarKind.Null => "null",
        ScalarKind.True or ScalarKind.False => "a boolean",
        ScalarKind.Number => "a number",
        _ => "a text",
    };
}

public sealed class ListNode(Place place, List<Node> items) : Node(place)
{
    public List<Node> Items { get; } = items;

    public override string Kind => "a list";
}

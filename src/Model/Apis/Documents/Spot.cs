using System.Text;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>A node together with the way to it, so that whoever reads it can say where it stands.</summary>
internal sealed class Spot(Spot? parent, string name, Node node)
{
    public string Name { get; } = name;
    public Node Node { get; } = node;

    public MapNode? Map => Node as MapNode;

    /// <summary>The value of a text; null for everything else.</summary>
    public string? Text => Node is ScalarNode { Type: ScalarKind.String } scalar ? scalar.Text : null;

    public bool IsTrue => Node is ScalarNode { Type: ScalarKind.True };

    public string Pointer
    {
        get
        {
            var pointer = new StringBuilder();
            Append(this, pointer);
            return pointer.ToString();

            static void Append(Spot spot, StringBuilder pointer)
            {
                if (spot.Parent is null) return;
                Append(spot.Parent, pointer);
                pointer.Append('/').Append(JsonPointer.Escape(spot.Name));
            }
        }
    }

    public Spot? Parent { get; } = parent;

    public Spot? this[string name] => Map?[name] is { } child ? new(this, name, child) : null;

    /// <summary>Members of a mapping; nothing for everything else.</summary>
    public IEnumerable<Spot> Members
    {
        get
        {
            foreach (var member in Map?.Members ?? []) yield return new(this, member.Name, member.Value);
        }
    }

    /// <summary>Items of a list; nothing for everything else.</summary>
    public IEnumerable<Spot> Items
    {
        get
        {
            if (Node is not ListNode list) yield break;
            for (int i = 0; i < list.Items.Count; i++) yield return new(this, i.ToString(), list.Items[i]);
        }
    }
}

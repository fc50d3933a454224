using System.Text;

namespace Stateway.Model.Apis.Text;

/// <summary>JSON pointers (RFC 6901) in and over nodes.</summary>
public static class JsonPointer
{
    public static string Escape(string name) =>
        name.AsSpan().IndexOfAny('~', '/') < 0 ? name : name.Replace("~", "~0").Replace("/", "~1");

    public static string Of(IEnumerable<string> names)
    {
        var pointer = new StringBuilder();
        foreach (string name in names) pointer.Append('/').Append(Escape(name));
        return pointer.ToString();
    }

    public static string Append(string pointer, string name) => pointer + "/" + Escape(name);

    /// <summary>The names of a pointer; empty for the whole. Null when the text is not a pointer.</summary>
    public static string[]? Split(string pointer)
    {
        if (pointer.Length == 0) return [];
        if (pointer[0] != '/') return null;

        string[] names = pointer[1..].Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i].Contains('~')) names[i] = names[i].Replace("~1", "/").Replace("~0", "~");
        }

        return names;
    }

    /// <summary>The node that the pointer names; null when there is none.</summary>
    public static Node? Find(Node root, string pointer)
    {
        if (Split(pointer) is not { } names) return null;

        var node = root;
        foreach (string name in names)
        {
            if (Child(node, name) is not { } child) return null;
            node = child;
        }

        return node;
    }

    /// <summary>
    /// Where the pointer's part stands, or the nearest part around it that exists. A member is found at its name, unless
    /// its value is a scalar: that is found itself, because it is what an error is about.
    /// </summary>
    public static Place Locate(Node root, string pointer, bool name = false)
    {
        var (node, place) = (root, root.Place);
        foreach (string step in Split(pointer) ?? [])
        {
            if (Child(node, step) is not { } child) break;

            place = node is MapNode map && (name || child is not ScalarNode) ? map.Find(step)!.Value.Place : child.Place;
            node = child;
        }

        return place;
    }

    private static Node? Child(Node node, string name) => node switch
    {
        MapNode map => map[name],
        ListNode list when int.TryParse(name, System.Globalization.NumberStyles.None, null, out int i) && i < list.Items.Count => list.Items[i],
        _ => null,
    };
}

using Stateway.Model.Schemas.Checks;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Finds schemas that apply themselves to the same value, which would never end.</summary>
internal static class CycleCheck
{
    public static void Run(Dictionary<Node, SchemaPlace> places, DefectList defects)
    {
        var finished = new HashSet<Node>();
        foreach (var (root, _) in places)
        {
            if (finished.Contains(root)) continue;

            // Depth first, without recursion: a chain of references may be as long as a document allows.
            var path = new Stack<(Node Node, IEnumerator<Node> Parts)>();
            var onPath = new HashSet<Node> { root };
            path.Push((root, PartsOf(root).GetEnumerator()));
            while (path.TryPeek(out var top))
            {
                if (!top.Parts.MoveNext())
                {
                    path.Pop();
                    onPath.Remove(top.Node);
                    finished.Add(top.Node);
                }
                else if (onPath.Contains(top.Parts.Current))
                {
                    defects.Add(places[top.Node], null, "The schema applies itself to the same value, without end.");
                }
                else if (places.ContainsKey(top.Parts.Current) && !finished.Contains(top.Parts.Current)) // others were looked at before
                {
                    onPath.Add(top.Parts.Current);
                    path.Push((top.Parts.Current, PartsOf(top.Parts.Current).GetEnumerator()));
                }
            }
        }
    }

    private static IEnumerable<Node> PartsOf(Node node)
    {
        foreach (var applicator in node.Applicators)
        {
            foreach (var part in applicator.Nodes) yield return part;
        }

        foreach (var dependency in node.Objects?.Dependencies ?? [])
        {
            if (dependency.Schema is { } part) yield return part;
        }
    }
}

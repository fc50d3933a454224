namespace Stateway.Model.Schemas.Compiling;

/// <summary>The schemas that a part of a shape comes from: all of them hold, or any one of them.</summary>
internal sealed class ShapeSources(bool any)
{
    public bool Any { get; private set; } = any;
    public List<SchemaPlace> Places { get; } = [];

    public void Add(SchemaPlace place)
    {
        if (!Places.Contains(place)) Places.Add(place);
    }

    /// <summary>
    /// Takes in the sources of another alternative. Which of them belonged together is lost: a shape is no
    /// validator.
    /// </summary>
    public void AddAlternative(ShapeSources other)
    {
        Any = true;
        foreach (var place in other.Places) Add(place);
    }

    public string Identity => (Any ? "any " : "all ") + string.Join('\n', Places.Select(p => $"{p.Document.Uri}#{p.Pointer}"));
}

using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Documents;

/// <summary>One OpenAPI document while it is read.</summary>
internal sealed class ApiDocument(string name, string file, MapNode root, DocumentErrors errors)
{
    private const int ReferencesMax = 32; // one after the other; more is a circle

    private readonly List<(string Pointer, string File, string Origin)> _moved = [];

    /// <summary>As the user would name it.</summary>
    public string File { get; } = file;

    /// <summary>The API's: of a folder, the file's name without its ending.</summary>
    public string Name { get; } = name;

    /// <summary>Stands before the base path.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The files that it is made of: itself, those it refers to, and its seeds.</summary>
    public SortedSet<string> Files { get; } = new([file], StringComparer.Ordinal);

    public MapNode Root { get; } = root;
    public Spot Top { get; } = new(null, "", root);

    public bool Is30 { get; } = root["openapi"] is ScalarNode version && version.Text.StartsWith("3.0", StringComparison.Ordinal);

    /// <summary>Base of every schema's URI; the document's own, in no scheme that anybody could fetch from.</summary>
    public string Uri => "stateway://api/" + System.Uri.EscapeDataString(Name);

    /// <summary>
    /// Notes that the part at <paramref name="pointer"/> was written elsewhere, in another file (then its nodes stand in
    /// <see cref="Root"/>) or in this one (then only the served document has it here): errors in it are reported there.
    /// </summary>
    public void Moved(string pointer, string file, string origin) => _moved.Add((pointer, file, origin));

    public void Error(Spot spot, string message) => Error(spot.Pointer, message);

    public void ErrorAtName(Spot spot, string message) => Error(spot.Pointer, message, name: true);

    public void Error(string pointer, string message, bool name = false) => errors.Add(PlaceOf(ref pointer, name), pointer, message);

    /// <summary>For checks that know less: what says more about the same place was reported before.</summary>
    public void ErrorUnlessKnown(string pointer, string message, bool name = false)
    {
        var place = PlaceOf(ref pointer, name);
        if (!errors.Has(place.File, pointer)) errors.Add(place, pointer, message);
    }

    public void Warn(string pointer, string message, bool name = false) => errors.Warn(PlaceOf(ref pointer, name), pointer, message);

    /// <summary>Follows <c>$ref</c>s inside the document.</summary>
    /// <returns>Null when one leads nowhere or in a circle; that was reported when the document was bundled.</returns>
    public Spot? Resolve(Spot? spot)
    {
        for (int i = 0; spot?["$ref"]?.Text is { } reference; i++)
        {
            if (i == ReferencesMax || !reference.StartsWith('#')) return null;
            spot = At(System.Uri.UnescapeDataString(reference[1..]));
        }

        return spot;
    }

    public Spot? At(string pointer)
    {
        if (JsonPointer.Split(pointer) is not { } names) return null;

        Spot? spot = Top;
        foreach (string name in names)
        {
            spot = spot.Node is ListNode ? spot.Items.FirstOrDefault(item => item.Name == name) : spot[name];
            if (spot is null) return null;
        }

        return spot;
    }

    private Place PlaceOf(ref string pointer, bool name)
    {
        foreach (var (moved, file, origin) in _moved)
        {
            if (!pointer.StartsWith(moved, StringComparison.Ordinal) || (pointer.Length > moved.Length && pointer[moved.Length] != '/')) continue;

            string within = pointer[moved.Length..];
            var place = file == File
                ? JsonPointer.Locate(Root, origin + within, name)
                : JsonPointer.Find(Root, moved) is { } part ? JsonPointer.Locate(part, within, name) : Root.Place;
            pointer = origin + within;
            return place;
        }

        return JsonPointer.Locate(Root, pointer, name);
    }
}

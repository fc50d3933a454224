using System.Text.Json;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Changes;

/// <summary>One of the two documents.</summary>
internal sealed class Side
{
    private const int ReferencesMax = 32; // that lead to one another; a circle ends there

    private readonly Dictionary<string, Piece?> _targets = [];
    private readonly Dictionary<string, Dictionary<string, Piece>> _components = []; // by section: there can be thousands

    public Side(JsonElement root)
    {
        Root = new(root, "");
        IsVersion30 = Root.TextOf("openapi")?.StartsWith("3.0", StringComparison.Ordinal) == true;
    }

    public Piece Root { get; }

    public bool IsVersion30 { get; }

    /// <summary>What a reference stands for; null when it leads nowhere.</summary>
    public Piece? Target(string reference)
    {
        if (_targets.TryGetValue(reference, out var known)) return known;

        return _targets[reference] = reference.StartsWith('#') && JsonPointer.Split(Uri.UnescapeDataString(reference[1..])) is { } way ? Find(way) : null;
    }

    /// <summary>Follows references of what is no schema: their other members don't count. What leads nowhere stays as it is.</summary>
    public Piece Resolve(Piece piece)
    {
        for (int i = 0; i < ReferencesMax && piece.TextOf("$ref") is { } reference && Target(reference) is { } target; i++) piece = target;
        return piece;
    }

    /// <summary>Follows a schema that is nothing but a reference, so that a shared schema has one place.</summary>
    public Piece ResolveSchema(Piece piece)
    {
        for (int i = 0; i < ReferencesMax && IsSoleReference(piece) && Target(piece.TextOf("$ref")!) is { } target; i++) piece = target;
        return piece;
    }

    private bool IsSoleReference(Piece piece)
    {
        if (piece.TextOf("$ref") is null) return false;

        // In 3.0 what stands beside a reference is ignored, but for nullable, which the program obeys.
        return IsVersion30 ? !piece.IsTrueAt("nullable") : piece.Members.All(member => member.Name == "$ref" || SchemaWords.IsRemark(member.Name));
    }

    private Piece? Find(string[] way)
    {
        if (way is ["components", var section, var name])
        {
            if (!_components.TryGetValue(section, out var components))
            {
                components = [];
                foreach (var (each, component) in Root["components"]?[section]?.Members ?? []) components[each] = component;
                _components[section] = components;
            }

            return components.TryGetValue(name, out var known) ? known : null;
        }

        Piece? found = Root;
        foreach (string step in way)
        {
            if (found is not { } at) return null;
            found = at.Json.ValueKind == JsonValueKind.Array && int.TryParse(step, out int index)
                ? at.Items.Select(item => (Piece?)item).ElementAtOrDefault(index)
                : at[step];
        }

        return found;
    }
}

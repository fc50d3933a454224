using System.Collections.Immutable;
using System.Text.Json;

namespace Stateway.Client.Kinds;

/// <summary>A schema of the server's document, with its references and <c>allOf</c> followed.</summary>
internal sealed class SchemaTree(JsonElement document, JsonElement schema)
{
    private const int StepsMax = 32; // of references in references

    /// <summary>Of an object, in the order of the document; of two with one name the first.</summary>
    public ImmutableArray<Field> Fields()
    {
        var fields = ImmutableArray.CreateBuilder<Field>();
        foreach (var part in Parts(schema, StepsMax))
        {
            if (!part.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object) continue;

            foreach (var property in properties.EnumerateObject())
            {
                if (!fields.Any(field => field.Name == property.Name)) fields.Add(Read(property.Name, property.Value));
            }
        }

        return fields.ToImmutable();
    }

    public SchemaTree? Property(string name) => Find("properties", name) ?? (Find("additionalProperties") is { } others ? others : null);

    public SchemaTree? Items => Find("items");

    /// <summary>Collections that the texts of the schema are ids of.</summary>
    public IEnumerable<string> References() => References(schema, StepsMax);

    /// <summary>
    /// Whether a value gives something that the server keeps and never shows, so that it can't be compared with what is there.
    /// </summary>
    public bool HoldsHidden(JsonElement value)
    {
        if (IsSet("writeOnly")) return true;

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (Property(member.Name)?.HoldsHidden(member.Value) == true) return true;
                }

                return false;

            case JsonValueKind.Array:
                if (Items is not { } items) return false;
                foreach (var item in value.EnumerateArray())
                {
                    if (items.HoldsHidden(item)) return true;
                }

                return false;

            default: return false;
        }
    }

    private Field Read(string name, JsonElement property)
    {
        var parts = Parts(property, StepsMax).ToArray();
        return new(name, Text("type"), Text("format"), Is("readOnly"), Is("writeOnly"),
            parts.Select(part => part.TryGetProperty("default", out var value) ? value : default).FirstOrDefault(value => value.ValueKind != JsonValueKind.Undefined));

        bool Is(string word) => parts.Any(part => part.TryGetProperty(word, out var value) && value.ValueKind == JsonValueKind.True);

        string Text(string word) => parts.Select(part => part.TryGetProperty(word, out var value) ? OneOf(value) : "").FirstOrDefault(text => text.Length > 0) ?? "";
    }

    /// <summary><c>[string, 'null']</c> is a string that may be missing.</summary>
    private static string OneOf(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => type.GetString()!,
        JsonValueKind.Array when type.EnumerateArray().Where(item => !item.ValueEquals("null")).ToArray() is [{ ValueKind: JsonValueKind.String } only] => only.GetString()!,
        _ => "",
    };

    private bool IsSet(string word) => Parts(schema, StepsMax).Any(part => part.TryGetProperty(word, out var value) && value.ValueKind == JsonValueKind.True);

    private SchemaTree? Find(params ReadOnlySpan<string> way)
    {
        foreach (var part in Parts(schema, StepsMax))
        {
            var at = part;
            bool found = true;
            foreach (string step in way) found = found && at.ValueKind == JsonValueKind.Object && at.TryGetProperty(step, out at);
            if (found && at.ValueKind == JsonValueKind.Object) return new(document, at);
        }

        return null;
    }

    private IEnumerable<string> References(JsonElement from, int steps)
    {
        foreach (var part in Parts(from, steps))
        {
            if (part.TryGetProperty("x-stateway-reference", out var target) && target.ValueKind == JsonValueKind.String) yield return target.GetString()!;
            if (steps <= 0 || !part.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object) continue;

            foreach (var property in properties.EnumerateObject())
            {
                foreach (string reference in References(property.Value, Math.Min(steps - 1, 2))) yield return reference;
            }
        }
    }

    /// <summary>The schema itself, what it refers to, and all that must hold with it.</summary>
    private IEnumerable<JsonElement> Parts(JsonElement from, int steps)
    {
        if (from.ValueKind != JsonValueKind.Object || steps == 0) yield break;

        yield return from;
        if (from.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String && Resolve(document, reference.GetString()!) is { } target)
        {
            foreach (var part in Parts(target, steps - 1)) yield return part;
        }

        if (!from.TryGetProperty("allOf", out var all) || all.ValueKind != JsonValueKind.Array) yield break;

        foreach (var each in all.EnumerateArray())
        {
            foreach (var part in Parts(each, steps - 1)) yield return part;
        }
    }

    public static JsonElement? Resolve(JsonElement document, string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;

        var at = document;
        foreach (string step in reference[2..].Split('/'))
        {
            string name = Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at)) return null;
        }

        return at;
    }
}

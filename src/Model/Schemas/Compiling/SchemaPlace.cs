using System.Globalization;
using System.Text;
using System.Text.Json;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Compiling;

/// <summary>Where a schema stands. Two places are the same when document and pointer are.</summary>
/// <param name="Resource">The nearest resource around it, or the one that it is.</param>
/// <param name="Pointer">JSON pointer in the document.</param>
internal readonly record struct SchemaPlace(SchemaResource Resource, JsonElement Element, string Pointer)
{
    public SchemaDocument Document => Resource.Document;

    public bool Equals(SchemaPlace other) => ReferenceEquals(Document, other.Document) && Pointer == other.Pointer;

    public override int GetHashCode() => HashCode.Combine(Document.Uri, Pointer);

    public bool TryGet(string keyword, out JsonElement value)
    {
        value = default;
        return Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(keyword, out value);
    }

    public bool Has(string keyword) => TryGet(keyword, out _);

    public bool IsTrue(string keyword) => TryGet(keyword, out var value) && value.ValueKind == JsonValueKind.True;

    public string? Text(string keyword) =>
        TryGet(keyword, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public SchemaPlace? Child(string keyword) =>
        TryGet(keyword, out var value) ? Enter(value, keyword) : null;

    /// <summary>The items of a keyword whose value is an array, as places; none when it is not.</summary>
    public IEnumerable<SchemaPlace> Items(string keyword)
    {
        if (Child(keyword) is not { Element.ValueKind: JsonValueKind.Array } list) yield break;

        int ordinal = 0;
        foreach (var item in list.Element.EnumerateArray())
        {
            yield return list.Enter(item, (ordinal++).ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The members of a keyword whose value is an object, as places; none when it is not.</summary>
    public IEnumerable<KeyValuePair<string, SchemaPlace>> Members(string keyword)
    {
        if (Child(keyword) is not { Element.ValueKind: JsonValueKind.Object } map) yield break;

        foreach (var member in map.Element.EnumerateObject())
        {
            yield return new(member.Name, map.Enter(member.Value, member.Name));
        }
    }

    public SchemaPlace Enter(JsonElement value, string segment)
    {
        string pointer = PointerWith(segment);
        return new(Document.Resources.GetValueOrDefault(pointer, Resource), value, pointer);
    }

    public string PointerWith(string segment)
    {
        var pointer = new StringBuilder(Pointer);
        JsonText.AppendSegment(pointer, segment);
        return pointer.ToString();
    }
}

using System.Text.Json;
using Stateway.Model.Apis.Text;

namespace Stateway.Model.Apis.Changes;

/// <summary>A part of one of the documents, and where it stands in it.</summary>
internal readonly record struct Piece(JsonElement Json, string Pointer)
{
    public bool IsMap => Json.ValueKind == JsonValueKind.Object;

    public Piece? this[string name] =>
        IsMap && Json.TryGetProperty(name, out var value) ? new(value, JsonPointer.Append(Pointer, name)) : null;

    public string? Text => Json.ValueKind == JsonValueKind.String ? Json.GetString() : null;

    public bool IsTrue => Json.ValueKind == JsonValueKind.True;

    /// <summary>Empty for what is no mapping.</summary>
    public IEnumerable<(string Name, Piece Value)> Members
    {
        get
        {
            if (!IsMap) yield break;
            foreach (var member in Json.EnumerateObject()) yield return (member.Name, new(member.Value, JsonPointer.Append(Pointer, member.Name)));
        }
    }

    /// <summary>Empty for what is no list.</summary>
    public IEnumerable<Piece> Items
    {
        get
        {
            if (Json.ValueKind != JsonValueKind.Array) yield break;
            int i = 0;
            foreach (var item in Json.EnumerateArray()) yield return new(item, $"{Pointer}/{i++}");
        }
    }

    public string? TextOf(string name) => this[name]?.Text;

    public bool IsTrueAt(string name) => this[name] is { IsTrue: true };
}

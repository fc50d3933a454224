using System.Text.Json;

namespace Stateway.Client.Kinds;

/// <summary>A field of a kind, as its schema says.</summary>
/// <param name="Type">Such as <c>string</c>; empty when the schema says none, or several.</param>
/// <param name="Default">Undefined when there is none.</param>
internal sealed record Field(string Name, string Type, string Format, bool ReadOnly, bool WriteOnly, JsonElement Default)
{
    public bool IsScalar => Type is "string" or "integer" or "number" or "boolean";
}

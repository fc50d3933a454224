using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Stateway.Model.Expressions;

/// <summary>A value, or a JSON element that need not become one yet.</summary>
internal readonly struct Operand
{
    public readonly JsonElement Element;
    public readonly Value Value;
    public readonly bool IsElement;

    public Operand(JsonElement element) => (Element, IsElement) = (element, true);

    public Operand(Value value) => Value = value;

    public bool IsMissing => IsElement ? Element.ValueKind == JsonValueKind.Undefined : Value.IsMissing;

    public bool IsError => !IsElement && Value.IsError;

    public bool TryGetArray(out JsonElement array) => TryGet(JsonValueKind.Array, out array);

    public bool TryGetObject(out JsonElement map) => TryGet(JsonValueKind.Object, out map);

    /// <summary>The items of a list that did not come from JSON.</summary>
    public bool TryGetValues([NotNullWhen(true)] out IReadOnlyList<Value>? values)
    {
        values = !IsElement && Value.Kind == ValueKind.List ? Value.AsObject as IReadOnlyList<Value> : null;
        return values is not null;
    }

    private bool TryGet(JsonValueKind kind, out JsonElement element)
    {
        element = IsElement ? Element
            : Value.Kind is ValueKind.List or ValueKind.Map && Value.AsObject is JsonElement json ? json
            : default;
        return element.ValueKind == kind;
    }
}

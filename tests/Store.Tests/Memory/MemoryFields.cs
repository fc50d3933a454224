using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Tests;

/// <summary>Indexed fields of an entry, as orders and uniqueness see them.</summary>
internal static class MemoryFields
{
    private const int OtherRank = 6;

    public static Value Read(Entry entry, IndexedField field)
    {
        using var document = JsonDocument.Parse(entry.Value);
        var element = document.RootElement;
        foreach (string name in field.Path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return Value.Missing;
        }

        // A number where a time belongs is "anything else", and so are lists and objects.
        var value = Value.FromJson(element, field.IsTimestamp);
        return (value.IsNumber && field.IsTimestamp) || ValueComparison.SortRank(value) == OtherRank
            ? Value.OfList([])
            : Clamped(value);
    }

    public static bool Has(Entry entry, IndexedField field, Value value)
    {
        if (field.IsTimestamp && value.Kind == ValueKind.String && TimestampText.TryParse(value.AsString, out long ticks))
            value = Value.Of(new DateTimeOffset(ticks, TimeSpan.Zero));
        if (field.IsTimestamp && value.IsNumber) return false;

        // Equal in the order, so that a unique field can't hold null twice; lists and objects are never compared.
        return ValueComparison.SortRank(value) != OtherRank && ValueComparison.Sort(Read(entry, field), Clamped(value)) == 0;
    }

    /// <summary>The stores take JSON's -1e999 for the lowest double.</summary>
    private static Value Clamped(Value value) =>
        value.Kind == ValueKind.Double && double.IsNegativeInfinity(value.AsDouble) ? Value.Of(double.MinValue) : value;
}

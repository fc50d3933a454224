using System.Text.Json;
using Stateway.Model.Expressions;

namespace Stateway.Store.Columns;

/// <summary>What all engines ask of a stored value.</summary>
internal static class StoredJson
{
    private static readonly JsonReaderOptions _options = new() { MaxDepth = CollectionSpec.DepthMax };

    public static bool IsJson(ReadOnlySpan<byte> value)
    {
        try
        {
            var reader = new Utf8JsonReader(value, _options);
            while (reader.Read()) { }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether a condition holds for what a query may see of the value.</summary>
    public static bool Holds(Expression condition, ReadOnlySpan<byte> value, Visible? visible)
    {
        if (visible is not null) value = visible(value).Span;
        var reader = new Utf8JsonReader(value, _options);
        using var document = JsonDocument.ParseValue(ref reader);
        return Evaluation.IsTrue(condition, new Scope(document.RootElement));
    }
}

using System.Text;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Apis.Changes;

/// <summary>A limit to a number, a length or a count.</summary>
/// <param name="IsExclusive">The value itself is not allowed.</param>
internal sealed record Bound(JsonNumber Value, bool IsExclusive, string Written, Piece At)
{
    private const int IntegerDigitsMax = 18; // so that one more or less still fits a long

    public static Bound? Read(Piece at, bool isExclusive) =>
        at.Json.ValueKind == System.Text.Json.JsonValueKind.Number ? Of(at.Json.GetRawText(), isExclusive, at) : null;

    /// <summary>Positive: this allows less. For a lower bound; an upper one is the other way round, but for exclusive.</summary>
    public int TighterThan(Bound other, bool isUpper)
    {
        int order = Value.CompareTo(other.Value);
        if (order != 0) return isUpper ? -order : order;
        return IsExclusive.CompareTo(other.IsExclusive);
    }

    /// <summary>Of an integer, above 0 is from 1.</summary>
    public Bound OfInteger(bool isUpper)
    {
        if (!IsExclusive || Written.Length > IntegerDigitsMax || !long.TryParse(Written, out long limit)) return this;
        return Of((isUpper ? limit - 1 : limit + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), false, At);
    }

    public override string ToString() => IsExclusive ? $"{Written} (exclusive)" : Written;

    private static Bound Of(string written, bool isExclusive, Piece at) => new(JsonNumber.Parse(Encoding.ASCII.GetBytes(written)), isExclusive, written, at);
}

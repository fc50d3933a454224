using System.Text;
using Stateway.Model.Schemas.Json;

namespace Stateway.Model.Schemas.Formats;

/// <summary>OpenAPI's formats for numbers.</summary>
/// <param name="Description">What a number should have been: <c>a 32-bit integer</c>.</param>
internal sealed record NumberFormat(string Description, bool WholeOnly, JsonNumber Minimum, JsonNumber Maximum)
{
    private static readonly NumberFormat s_int32 = Of("a 32-bit integer", true, "-2147483648", "2147483647");
    private static readonly NumberFormat s_int64 = Of("a 64-bit integer", true, "-9223372036854775808", "9223372036854775807");
    private static readonly NumberFormat s_float = Of(
        "a number that fits in 32 bits", false, "-3.4028234663852886e38", "3.4028234663852886e38");

    private static readonly NumberFormat s_double = Of(
        "a number that fits in 64 bits", false, "-1.7976931348623157e308", "1.7976931348623157e308");

    /// <returns>Null for a format that is not one of numbers.</returns>
    public static NumberFormat? Find(string name) => name switch
    {
        "int32" => s_int32,
        "int64" => s_int64,
        "float" => s_float,
        "double" => s_double,
        _ => null,
    };

    public bool Accepts(JsonNumber number) =>
        number.CompareTo(Minimum) >= 0 && number.CompareTo(Maximum) <= 0 && (!WholeOnly || number.IsInteger);

    public override string ToString() => Description;

    private static NumberFormat Of(string description, bool wholeOnly, string minimum, string maximum) =>
        new(description, wholeOnly, Parse(minimum), Parse(maximum));

    private static JsonNumber Parse(string text) => JsonNumber.Parse(Encoding.ASCII.GetBytes(text));
}

using System.Text;
using System.Text.Json;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class ValueTests
{
    [Theory]
    [InlineData("1", ValueKind.Int, "1")]
    [InlineData("-0", ValueKind.Int, "0")]
    [InlineData("9223372036854775807", ValueKind.Int, "9223372036854775807")]
    [InlineData("9223372036854775808", ValueKind.Double, "9.223372036854776E+18")]
    [InlineData("1.0", ValueKind.Double, "1")]
    [InlineData("1e2", ValueKind.Double, "100")]
    [InlineData("1e999", ValueKind.Double, "1e999")]
    [InlineData("-1e999", ValueKind.Double, "-1e999")]
    [InlineData("\"a\\u00e9\\n\"", ValueKind.String, "\"aé\\n\"")]
    [InlineData("\"\\ud83d\\ude00\"", ValueKind.String, "\"\\uD83D\\uDE00\"")]
    [InlineData("null", ValueKind.Null, "null")]
    [InlineData("true", ValueKind.Bool, "true")]
    [InlineData("false", ValueKind.Bool, "false")]
    [InlineData("[1, {\"a\": []}]", ValueKind.List, "[1, {\"a\": []}]")]
    [InlineData("{\"a\": 1.50}", ValueKind.Map, "{\"a\": 1.50}")]
    public void Json_becomes_a_value_and_json_again(string json, ValueKind kind, string text)
    {
        using var document = JsonDocument.Parse(json);
        var value = Value.FromJson(document.RootElement);

        Assert.Equal((kind, text), (value.Kind, value.ToString()));
    }

    [Fact]
    public void Half_a_character_in_json_becomes_the_replacement_character()
    {
        using var document = JsonDocument.Parse("\"a\\ud800b\\n\\udc00\\/\\ud83d\\ude00é\"");

        Assert.Equal("a\ufffdb\n\ufffd/😀é", Value.FromJson(document.RootElement).AsString);
    }

    [Fact]
    public void An_undefined_element_is_missing() => Assert.True(Value.FromJson(default).IsMissing);

    [Theory]
    [InlineData("\"2024-05-01T12:00:00+02:00\"", ValueKind.Timestamp, "\"2024-05-01T10:00:00Z\"")]
    [InlineData("\"2024-05-01\\u005412:00:00Z\"", ValueKind.Timestamp, "\"2024-05-01T12:00:00Z\"")]
    [InlineData("\"yesterday\"", ValueKind.String, "\"yesterday\"")]
    [InlineData("null", ValueKind.Null, "null")]
    [InlineData("5", ValueKind.Int, "5")]
    public void A_timestamp_field_holds_an_instant_or_what_it_holds(string json, ValueKind kind, string text)
    {
        using var document = JsonDocument.Parse(json);
        var value = Value.FromJson(document.RootElement, isTimestamp: true);

        Assert.Equal((kind, text), (value.Kind, value.ToString()));
    }

    [Fact]
    public void Values_are_written_as_json_has_them()
    {
        var value = Value.OfList(
        [
            Value.Of(ulong.MaxValue), Value.Of(0.1), Value.Of("a\"b"), Value.Of([1, 2, 3]), Value.Null, Value.Of(true),
            Value.Of(new DateTimeOffset(2024, 5, 1, 12, 0, 0, TimeSpan.FromHours(2)).AddTicks(2_500_000)), Value.Of(TimeSpan.FromMilliseconds(-1500)),
        ]);

        Assert.Equal(
            """[18446744073709551615,0.1,"a\"b","AQID",null,true,"2024-05-01T10:00:00.25Z","-1.5s"]""",
            value.ToString());
    }

    [Fact]
    public void What_has_no_json_is_not_written()
    {
        using var writer = new Utf8JsonWriter(new MemoryStream());

        Assert.Throws<InvalidOperationException>(() => Value.Missing.WriteTo(writer));
        Assert.Throws<InvalidOperationException>(() => Value.OfError("wrong").WriteTo(writer));
        Assert.Throws<InvalidOperationException>(() => Value.Of(double.NaN).WriteTo(writer));
    }

    [Fact]
    public void What_is_written_reads_back_as_an_equal_value() => Generated.Holds(Generated.Literal, value =>
    {
        if (value.Kind == ValueKind.Bytes) return true; // base64 is text

        using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(value.ToString()));
        var again = Value.FromJson(document.RootElement);

        // An unsigned integer above the signed range reads back as a double.
        return value.Kind == ValueKind.Uint && value.AsUint > long.MaxValue
            ? again.AsDouble == value.AsUint
            : ValueComparison.Equal(value, again);
    }, 1000);
}

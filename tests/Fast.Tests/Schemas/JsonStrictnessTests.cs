using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class JsonStrictnessTests
{
    private static readonly Schema s_anything = SchemaCase.Compile("true");

    [Theory]
    [InlineData("", "Line 1, column 1: a value was expected, but the text ends.")]
    [InlineData("{\"a\":1,}", "Line 1, column 8: a name in double quotes was expected, but '}' was found.")]
    [InlineData("[1,]", "Line 1, column 4: a value was expected, but ']' was found.")]
    [InlineData("[1 2]", "Line 1, column 4: ',' or ']' was expected, but '2' was found.")]
    [InlineData("{\"a\" 1}", "Line 1, column 6: ':' was expected, but '1' was found.")]
    [InlineData("{\n  \"ä\": 1,\n  \"ö\": tru\n}", "Line 3, column 8: a value was expected, but 't' was found.")]
    [InlineData("// no\n1", "Line 1, column 1: a value was expected, but '/' was found.")]
    [InlineData("1 1", "Line 1, column 3: the end of the text was expected, but '1' was found.")]
    [InlineData("01", "Line 1, column 2: the end of the text was expected, but '1' was found.")]
    [InlineData("-", "Line 1, column 2: a digit was expected, but the text ends.")]
    [InlineData("1.", "Line 1, column 3: a digit was expected, but the text ends.")]
    [InlineData("\"a\nb\"", "Line 1, column 3: a control character in a string must be escaped, but U+000A was found.")]
    [InlineData("\"a", "Line 1, column 3: '\"' was expected at the end of a string, but the text ends.")]
    [InlineData("\"\\x\"", "Line 1, column 3: one of \" \\ / b f n r t u was expected after '\\', but 'x' was found.")]
    [InlineData("\"\\ud83d\"", "Line 1, column 2: a surrogate in an escape must be one of a pair, but '\\' was found.")]
    [InlineData("\"\\udc32\\ud83d\"", "Line 1, column 2: a surrogate in an escape must be one of a pair, but '\\' was found.")]
    [InlineData("\uFEFF1", "Line 1, column 1: a value was expected, but U+FEFF was found.")]
    [InlineData("NaN", "Line 1, column 1: a value was expected, but 'N' was found.")]
    public void What_is_not_JSON_is_one_error_with_line_and_column(string json, string detail)
    {
        var errors = new SchemaErrors();

        Assert.False(s_anything.Validate(Encoding.UTF8.GetBytes(json), errors));
        Assert.True(errors.Malformed);
        var error = Assert.Single(errors.Items);
        Assert.Equal("MALFORMED_JSON", error.Code);
        Assert.Equal(detail, error.Detail);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xC3, 0x28, (byte)'"' }, "column 2")]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' }, "column 2")] // a surrogate
    [InlineData(new byte[] { (byte)'"', (byte)'a', 0xC0, 0x80, (byte)'"' }, "column 3")] // too long a form
    public void Invalid_UTF_8_is_refused_inside_strings_too(byte[] json, string place)
    {
        string error = Assert.Single(s_anything.ErrorsOf(json));

        Assert.StartsWith("MALFORMED_JSON", error);
        Assert.Contains(place, error);
        Assert.Contains("UTF-8 was expected", error);
    }

    [Fact]
    public void Nesting_is_allowed_to_64_levels()
    {
        Assert.True(s_anything.Accepts(new string('[', 64) + new string(']', 64)));
        Assert.Contains("64 levels", Assert.Single(s_anything.ErrorsOf(new string('[', 65) + new string(']', 65))));
    }

    [Fact]
    public void A_name_twice_in_one_object_is_an_error_with_its_pointer_however_it_is_written()
    {
        Assert.Equal(["DUPLICATE_NAME /b/0/a: a is there twice."], s_anything.ErrorsOf("""{"a":1,"b":[{"a":1,"\u0061":2}]}"""));
        Assert.True(s_anything.Accepts("""{"a":1,"b":{"a":1}}"""));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(3000)]
    public void A_name_twice_is_found_among_many(int count)
    {
        string members = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"a-long-name-{i}-with-an-end\":{i}"));

        Assert.True(s_anything.Accepts($$"""{{{members}}}"""));
        Assert.Single(s_anything.ErrorsOf($$"""{{{members}},"a-long-name-5-with-an-end":1}"""));
        Assert.Single(s_anything.ErrorsOf($$"""{"a-long-name-{{count - 1}}-with-an-end":1,{{members}}}"""));
    }

    [Fact]
    public void A_known_name_is_found_however_it_is_written()
    {
        var schema = SchemaCase.Compile("""{"properties": {"grün": {"type": "string"}, "a\"b": {"type": "string"}}, "additionalProperties": false}""");

        Assert.Equal(["TYPE /grün: 1 is a number; a string is expected."], schema.ErrorsOf("""{"gr\u00fcn":1}"""));
        Assert.Equal(["TYPE /a\"b: 1 is a number; a string is expected."], schema.ErrorsOf("""{"a\"b":1}"""));
        Assert.Equal(["TYPE /a\"b: 1 is a number; a string is expected."], schema.ErrorsOf("""{"\u0061\u0022b":1}"""));
    }

    [Fact]
    public void Any_bytes_are_judged_as_the_platforms_reader_judges_them_and_never_throw()
    {
        // Pieces of JSON in any order find far more of the grammar than random bytes do.
        string[] pieces =
        [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"", "\\", "\\n", "\\u00e9", "\\ud83d\\udc32", "1", "-", "0", ".5",
            "e3", "E-1", "true", "false", "null", " ", "\n", "\t", "é", "🐲", "tru", "/", "+", "\u0001",
        ];
        var text = Gen.Elements(pieces).ListOf().Select(list => Encoding.UTF8.GetBytes(string.Concat(list)));
        var bytes = Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();
        var wrapped = text.Select(inner => (byte[])[(byte)'[', .. inner, (byte)']']);
        var any = Gen.OneOf(text, wrapped, bytes);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1500).WithQuietOnSuccess(true), Prop.ForAll(any.ToArbitrary(), json =>
        {
            var errors = new SchemaErrors();
            s_anything.Validate(json, errors);
            return errors.Malformed != IsJson(json);
        }));
    }

    [Fact]
    public void Any_change_of_a_byte_in_a_text_never_throws()
    {
        byte[] text = Encoding.UTF8.GetBytes("""{"a":[1.5e3,{"b":"x\u00e9\n","c":null}],"é":true,"d":"2026-01-01"}""");
        var schema = SchemaCase.Compile("""
            { "properties": { "a": { "items": { "oneOf": [ { "type": "number", "multipleOf": 0.5 }, { "required": ["b"] } ] }, "uniqueItems": true },
                              "d": { "format": "date", "pattern": "^\\d{4}-" } },
              "unevaluatedProperties": { "type": "boolean" } }
            """);
        var change = Gen.Zip(Gen.Choose(0, text.Length - 1), Gen.Choose(0, 255));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true), Prop.ForAll(change.ToArbitrary(), c =>
        {
            byte[] changed = [.. text];
            changed[c.Item1] = (byte)c.Item2;
            var errors = new SchemaErrors();
            schema.Validate(changed, errors);
            return errors.Malformed != IsJson(changed);
        }));
    }

    /// <summary>What the platform's own reader says, asked for every string, because it checks their bytes only then.</summary>
    private static bool IsJson(byte[] json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName) reader.GetString();
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Apis.Text;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

public sealed class YamlTextTests
{
    [Theory]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("yes", "\"yes\"")]
    [InlineData("no", "\"no\"")]
    [InlineData("on", "\"on\"")]
    [InlineData("y", "\"y\"")]
    [InlineData("12", "12")]
    [InlineData("-12", "-12")]
    [InlineData("+12", "12")]
    [InlineData("007", "7")]
    [InlineData("0", "0")]
    [InlineData("-0", "-0")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("1_000", "\"1_000\"")]
    [InlineData("1.50", "1.50")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("1e3", "1e3")]
    [InlineData("-.5E-3", "-0.5E-3")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("2025-01-31", "\"2025-01-31\"")]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    [InlineData("'12'", "\"12\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("!!str 12", "\"12\"")]
    [InlineData("!!int '12'", "12")]
    [InlineData("-", "[null]")]
    [InlineData(".", "\".\"")]
    [InlineData("+", "\"+\"")]
    [InlineData("e3", "\"e3\"")]
    public void A_plain_scalar_means_what_the_core_schema_says(string yaml, string json) =>
        Assert.Equal($"{{\"a\":{json}}}", Json(yaml == "-" ? "a:\n  -" : "a: " + yaml));

    [Fact]
    public void Names_are_texts_whatever_they_look_like() =>
        Assert.Equal("""{"200":1,"true":2,"null":3}""", Json("200: 1\ntrue: 2\nnull: 3"));

    [Fact]
    public void An_alias_stands_for_its_anchor() =>
        Assert.Equal("""{"a":{"x":1},"b":{"x":1},"c":[{"x":1}]}""", Json("a: &one { x: 1 }\nb: *one\nc: [*one]"));

    [Fact]
    public void A_merge_brings_what_is_not_there_and_the_first_base_wins() =>
        Assert.Equal("""{"a":{"x":1,"y":1},"b":{"y":2,"z":2},"c":{"z":3,"x":1,"y":1}}""",
            Json("a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  <<: [*a, *b]\n  z: 3"));

    [Fact]
    public void A_quoted_merge_is_a_name() => Assert.Equal("""{"<<":1}""", Json("'<<': 1"));

    [Fact]
    public void Block_texts_and_escapes_are_read() =>
        Assert.Equal("""{"a":"one\ntwo\n","b":"one two\n","c":"\t\uD83D\uDE00"}""", Json("a: |\n  one\n  two\nb: >\n  one\n  two\nc: \"\\t\\U0001F600\""));

    [Theory]
    [InlineData("a: 1\na: 2", 2, 1, "/a", "twice")]
    [InlineData("a:\n  - b: 1\n    b: 2", 3, 5, "/a/0/b", "twice")]
    [InlineData("a: *none", 1, 4, "/a", "no anchor")]
    [InlineData("a: &a [*a]", 1, 8, "/a/0", "no anchor")]
    [InlineData("a: .inf", 1, 4, "/a", "not a number in JSON")]
    [InlineData("a: !mine 1", 1, 4, "/a", "no meaning")]
    [InlineData("? [a]\n: 1", 1, 3, "", "must be a text")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "", "second document")]
    [InlineData("a:\n  <<: 1", 2, 3, "/a", "merges a mapping")]
    [InlineData("a: [1, 2\n", 2, 1, "/a/1", "not YAML")]
    [InlineData("a: \"\\uD800\"", 1, 4, "", "surrogate")]
    public void What_JSON_can_not_say_is_refused_where_it_stands(string yaml, int line, int column, string pointer, string message)
    {
        var error = Assert.Single(TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(yaml)).Errors);

        Assert.Equal((line, column, pointer), (error.Line, error.Column, error.Pointer));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void All_duplicate_names_are_told_at_once() =>
        Assert.Equal([2, 4], TextReading.Read("a.yaml", "a: 1\na: 2\nb: 1\nb: 2\n"u8.ToArray()).Errors.Select(error => error.Line));

    [Fact]
    public void Aliases_that_stand_for_billions_are_refused()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");

        var error = Assert.Single(TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text.ToString())).Errors);

        Assert.Contains("more than 1,000,000 values", error.Message);
    }

    [Fact]
    public void Merges_that_stand_for_billions_are_refused()
    {
        var text = new StringBuilder("a0: &a0\n");
        for (int i = 0; i < 1000; i++) text.Append($"  k{i}: 1\n");
        text.Append("b:\n");
        for (int i = 0; i < 2000; i++) text.Append("  - { <<: *a0 }\n");

        Assert.Contains("values", Assert.Single(TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text.ToString())).Errors).Message);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void Nesting_is_bounded(int depth, bool isRead)
    {
        string text = new string('[', depth) + new string(']', depth);

        Assert.Equal(isRead, TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text)).Errors.Count == 0);
        Assert.Equal(isRead, TextReading.Read("a.json", Encoding.UTF8.GetBytes(text)).Errors.Count == 0);
    }

    [Fact]
    public void Nesting_through_aliases_is_bounded()
    {
        var text = new StringBuilder("a0: &a0 [[[[[[[[[[1]]]]]]]]]]\n");
        for (int i = 1; i < 8; i++) text.Append($"a{i}: &a{i} [[[[[[[[[[*a{i - 1}]]]]]]]]]]\n");

        Assert.Contains("deep", Assert.Single(TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text.ToString())).Errors).Message);
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused() =>
        Assert.Contains("limit", Assert.Single(TextReading.Read("a.yaml", new byte[TextLimits.BytesMax + 1]).Errors).Message);

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)':', (byte)'\n', (byte)' ', 0xC3, 0x28 }, 2, 2)]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'a', 0 }, 1, 1)]
    public void What_is_not_UTF8_is_refused_where_it_begins(byte[] bytes, int line, int column)
    {
        var error = Assert.Single(TextReading.Read("a.yaml", bytes).Errors);

        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains("UTF-8", error.Message);
    }

    [Theory]
    [InlineData("a: 1\nb: { c: 1\nd: 2\n", 3, 1, "is not closed")]
    [InlineData("a:\n  - [1, 2\nc: 3\n", 3, 1, "is not closed")]
    [InlineData("a: 1\nb: { c: 1\n", 3, 1, "opened here or above?")]
    [InlineData("a: 1\nb: 'c\nd: 2\n", 2, 4, "opened here or above?")]
    [InlineData("a:\n  b:\n\t  c: 1\n", 3, 1, "here stands a tab")]
    [InlineData("a: 1\n\tb: 2", 2, 1, "here stands a tab")]
    public void What_is_no_YAML_is_refused_where_the_reading_ends(string text, int line, int column, string message)
    {
        var error = Assert.Single(TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text)).Errors);

        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message);
        Assert.DoesNotContain("Operation", error.Message);
    }

    [Fact]
    public void A_byte_order_mark_is_left_out() => Assert.Equal("""{"a":1}""", Json("\uFEFFa: 1"));

    [Fact]
    public void Every_node_knows_where_it_stands()
    {
        var root = TextReading.Read("a.yaml", "a:\n  b: [1, {c: x}]\n"u8.ToArray()).Root!;

        Assert.Equal(new Place("a.yaml", 2, 6), JsonPointer.Find(root, "/a/b")!.Place);
        Assert.Equal(new Place("a.yaml", 2, 3), JsonPointer.Locate(root, "/a/b"));
        Assert.Equal(new Place("a.yaml", 2, 14), JsonPointer.Locate(root, "/a/b/1/c"));
        Assert.Equal(new Place("a.yaml", 2, 11), JsonPointer.Locate(root, "/a/b/1/c", name: true));
        Assert.Equal(new Place("a.yaml", 2, 3), JsonPointer.Locate(root, "/a/b/7/missing"));
    }

    [Fact]
    public void Any_text_is_read_or_refused_and_never_throws()
    {
        // Pieces that mean something to YAML, in any order, find more than letters do.
        string[] pieces =
        [
            "a", "b: ", "- ", "\n", "  ", "    ", "\t", "[", "]", "{", "}", ",", ":", "?", "? ", "&x ", "*x", "!t ", "!!int ", "|\n", ">-\n", "'", "\"",
            "\\", "\\x", "#", " #c\n", "---\n", "...\n", "%YAML 1.2\n", "%TAG ! x\n", "<<: ", "~", "1", "\u0085", "\uFEFF", "\0", "😀", "é", "@", "`", "\r",
        ];
        var texts = Gen.Elements(pieces).ArrayOf().Select(parts => string.Concat(parts)).ToArbitrary();

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(3000), Prop.ForAll(texts, text =>
        {
            var reading = TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(text));
            return reading.Root is null || reading.Errors.Count == 0;
        }));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_throw()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll<byte[]>(bytes =>
            TextReading.Read("a.yaml", bytes).Errors.Count >= 0 && TextReading.Read("a.json", bytes).Errors.Count >= 0));
    }

    [Fact]
    public void JSON_read_as_YAML_says_the_same()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(JsonTexts.Arbitrary, json =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(json);
            var asYaml = TextReading.Read("a.yaml", bytes);
            var asJson = TextReading.Read("a.json", bytes);

            Assert.Empty(asJson.Errors);
            Assert.Empty(asYaml.Errors);
            Assert.Equal(json, Encoding.UTF8.GetString(NodeJson.ToUtf8(asJson.Root!)));
            Assert.Equal(json, Encoding.UTF8.GetString(NodeJson.ToUtf8(asYaml.Root!)));
        }));
    }

    private static string Json(string yaml)
    {
        var reading = TextReading.Read("a.yaml", Encoding.UTF8.GetBytes(yaml));
        Assert.Empty(reading.Errors);
        return Encoding.UTF8.GetString(NodeJson.ToUtf8(reading.Root!));
    }
}

using System.Text;
using Stateway.Model.Apis.Text;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("{\n  \"é\": [1, {\"c\": \"x\"}]\n}", "/é/1/c", 2, 18)]
    [InlineData("{\"a\":\r\n1}", "/a", 2, 1)]
    public void Every_value_knows_its_line_and_character(string json, string pointer, int line, int column)
    {
        var reading = TextReading.Read("a.json", Encoding.UTF8.GetBytes(json));

        Assert.Equal(new Place("a.json", line, column), JsonPointer.Find(reading.Root!, pointer)!.Place);
    }

    [Theory]
    [InlineData("{\n  \"a\": tru\n}", 2, 11, "")]
    [InlineData("{\"a\": 1,}", 1, 9, "")]
    [InlineData("{\"a\": 1} x", 1, 10, "")]
    [InlineData("{\"a\": // no\n 1}", 1, 7, "")]
    [InlineData("", 1, 1, "")]
    [InlineData("{\"a\": {\"b\": 1, \"b\": 2}}", 1, 16, "/a/b")]
    [InlineData("{\"é\": \"\\uD800\"}", 1, 7, "/é")]
    public void What_is_not_JSON_is_refused_where_it_stands(string json, int line, int column, string pointer)
    {
        var error = Assert.Single(TextReading.Read("a.json", Encoding.UTF8.GetBytes(json)).Errors);

        Assert.Equal((line, column, pointer), (error.Line, error.Column, error.Pointer));
    }

    [Fact]
    public void Numbers_keep_every_digit()
    {
        const string json = """{"a":[1.50,1e400,123456789012345678901234567890]}""";

        Assert.Equal(json, Encoding.UTF8.GetString(NodeJson.ToUtf8(TextReading.Read("a.json", Encoding.UTF8.GetBytes(json)).Root!)));
    }

    [Theory]
    [InlineData("", "/a~1b/~0c", "/a~1b/~0c")]
    [InlineData("/x", "y/z", "/x/y~1z")]
    public void Pointers_escape_what_they_must(string pointer, string name, string expected) =>
        Assert.Equal(expected, pointer.Length == 0 ? JsonPointer.Of(JsonPointer.Split(name)!) : JsonPointer.Append(pointer, name));
}

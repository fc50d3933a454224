using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaErrorTests
{
    [Theory]
    [InlineData("""{"minimum": 0}""", "-1", "MINIMUM : -1 is less than 0.")]
    [InlineData("""{"maximum": 10}""", "10.5", "MAXIMUM : 10.5 is more than 10.")]
    [InlineData("""{"exclusiveMinimum": 0}""", "0", "EXCLUSIVE_MINIMUM : 0 is not more than 0.")]
    [InlineData("""{"exclusiveMaximum": 1}""", "1e0", "EXCLUSIVE_MAXIMUM : 1e0 is not less than 1.")]
    [InlineData("""{"multipleOf": 0.01}""", "0.075", "MULTIPLE_OF : 0.075 is not a multiple of 0.01.")]
    [InlineData("""{"type": "string"}""", "3", "TYPE : 3 is a number; a string is expected.")]
    [InlineData("""{"type": ["string", "null"]}""", "[]", "TYPE : An array was found; a string or null is expected.")]
    [InlineData("""{"type": "integer"}""", "1.5", "TYPE : 1.5 is not an integer; an integer is expected.")]
    [InlineData("""{"type": "object"}""", "null", "TYPE : null was found; an object is expected.")]
    [InlineData("""{"enum": ["red", "green"]}""", "\"blue\"", "ENUM : \"blue\" is not one of \"red\", \"green\".")]
    [InlineData("""{"const": 5}""", "6", "CONST : 6 is not 5.")]
    [InlineData("""{"minLength": 1}""", "\"\"", "MIN_LENGTH : The text is empty; at least 1 is needed.")]
    [InlineData("""{"minLength": 3}""", "\"ab\"", "MIN_LENGTH : \"ab\" has 2 characters; at least 3 are needed.")]
    [InlineData("""{"maxLength": 1}""", "\"🐲🐲\"", "MAX_LENGTH : \"🐲🐲\" has 2 characters; at most 1 is allowed.")]
    [InlineData("""{"pattern": "^[A-Z]+$"}""", "\"abc\"", "PATTERN : \"abc\" does not match ^[A-Z]+$.")]
    [InlineData("""{"format": "date"}""", "\"2026-02-30\"", "FORMAT : \"2026-02-30\" is not a date such as 2026-03-14.")]
    [InlineData("""{"format": "int32"}""", "2147483648", "FORMAT : 2147483648 is not a 32-bit integer.")]
    [InlineData("""{"minItems": 2}""", "[1]", "MIN_ITEMS : There is 1 item; at least 2 are needed.")]
    [InlineData("""{"maxItems": 1}""", "[1,2]", "MAX_ITEMS : There are 2 items; at most 1 is allowed.")]
    [InlineData("""{"uniqueItems": true}""", "[1,2,1.0]", "UNIQUE_ITEMS /2: 1.0 is there twice, also at /0; items must differ.")]
    [InlineData("""{"contains": {"type": "string"}}""", "[1]", "CONTAINS : 0 items fit what the array must contain; at least 1 is needed.")]
    [InlineData("""{"contains": {"type": "string"}, "maxContains": 1}""", "[\"a\",\"b\"]", "MAX_CONTAINS : 2 items fit what the array must contain; at most 1 is allowed.")]
    [InlineData("""{"prefixItems": [true], "items": false}""", "[1,2]", "ITEMS /1: At most 1 is allowed.")]
    [InlineData("""{"prefixItems": [true], "unevaluatedItems": false}""", "[1,2]", "UNEVALUATED_ITEMS /1: No item is allowed at this position.")]
    [InlineData("""{"required": ["name"]}""", "{}", "REQUIRED /name: name is missing.")]
    [InlineData("""{"required": ["a/b~c"]}""", "{}", "REQUIRED /a~1b~0c: a/b~c is missing.")]
    [InlineData("""{"dependentRequired": {"a": ["b"]}}""", """{"a":1}""", "DEPENDENT_REQUIRED /b: b is missing where a is given.")]
    [InlineData("""{"minProperties": 1}""", "{}", "MIN_PROPERTIES : There are 0 fields; at least 1 is needed.")]
    [InlineData("""{"propertyNames": {"maxLength": 2}}""", """{"abc":1}""", "MAX_LENGTH /abc: \"abc\" has 3 characters; at most 2 are allowed.")]
    [InlineData("""{"properties": {"color": true}, "additionalProperties": false}""", """{"colour":1}""", "UNKNOWN_FIELD /colour: colour is not known; did you mean color?")]
    [InlineData("""{"properties": {"color": true}, "additionalProperties": false}""", """{"weight":1}""", "UNKNOWN_FIELD /weight: weight is not known.")]
    [InlineData("""{"properties": {"old": false}}""", """{"old":1}""", "NOT_ALLOWED /old: No value is allowed here.")]
    [InlineData("""{"not": {"type": "string"}}""", "\"x\"", "NOT : \"x\" is what is not allowed here.")]
    public void An_error_has_a_code_a_pointer_and_says_what_would_be_right(string schema, string json, string expected) =>
        Assert.Equal([expected], SchemaCase.Compile(schema).ErrorsOf(json));

    [Fact]
    public void All_errors_are_reported_at_once_each_with_the_pointer_of_its_place()
    {
        var schema = SchemaCase.Compile("""
            { "required": ["name", "id"],
              "properties": { "items": { "items": { "properties": { "price": { "minimum": 0 }, "a/b": { "type": "string" } } } } } }
            """);

        Assert.Equal(
            [
                "MINIMUM /items/1/price: -1 is less than 0.",
                "TYPE /items/1/a~1b: true is a boolean; a string is expected.",
                "MINIMUM /items/3/price: -2 is less than 0.",
                "REQUIRED /name: name is missing.",
            ],
            schema.ErrorsOf("""{"id":1,"items":[{"price":1},{"price":-1,"a/b":true},[],{"price":-2}]}"""));
    }

    [Fact]
    public void A_long_value_is_cut_in_the_detail()
    {
        string detail = SchemaCase.Compile("""{"maxLength": 10}""").ErrorsOf($"\"{new string('x', 500)}\"")[0];

        Assert.StartsWith("MAX_LENGTH : \"xxxxx", detail);
        Assert.EndsWith("…\" has 500 characters; at most 10 are allowed.", detail);
        Assert.True(detail.Length < 140);
    }

    [Fact]
    public void No_more_than_a_hundred_errors_are_listed_but_all_are_counted()
    {
        var errors = new SchemaErrors();
        string json = $"[{string.Join(',', Enumerable.Repeat("1", 250))}]";
        SchemaCase.Compile("""{"items": {"type": "string"}}""").Validate(System.Text.Encoding.UTF8.GetBytes(json), errors);

        Assert.Equal(250, errors.Count);
        Assert.Equal(SchemaErrors.Max, errors.Items.Count);
        Assert.Equal("/99", errors.Items[^1].Pointer);
    }

    [Fact]
    public void Of_alternatives_the_only_one_for_this_kind_of_value_gives_the_errors()
    {
        var schema = SchemaCase.Compile("""{"anyOf": [{"type": "null"}, {"type": "object", "required": ["a"]}]}""");

        Assert.Equal(["REQUIRED /a: a is missing."], schema.ErrorsOf("{}"));
    }

    [Fact]
    public void Of_several_alternatives_the_closest_is_told_in_one_error_at_the_value()
    {
        var schema = SchemaCase.Compile("""
            { "properties": { "pet": { "oneOf": [
                { "type": "object", "required": ["bark", "tail", "name"] },
                { "type": "object", "required": ["meow"] } ] } } }
            """);

        Assert.Equal(
            ["ONE_OF /pet: The value fits none of the 2 alternatives. Number 2 is closest: /meow: meow is missing."],
            schema.ErrorsOf("""{"pet":{}}"""));
        Assert.Equal(
            ["ONE_OF /pet: An object fits more than one of the 2 alternatives (number 1 and number 2); exactly one is allowed."],
            schema.ErrorsOf("""{"pet":{"bark":1,"tail":1,"name":1,"meow":1}}"""));
    }

    [Fact]
    public void A_value_of_no_alternatives_kind_is_told_the_kinds()
    {
        var schema = SchemaCase.Compile("""{"anyOf": [{"type": "string"}, {"type": "number"}]}""");

        Assert.Equal(
            ["ANY_OF : The value fits none of the 2 alternatives. true is a boolean; a string is expected. true is a boolean; a number is expected."],
            schema.ErrorsOf("true"));
    }

    [Fact]
    public void Alternatives_that_multiply_with_depth_end_in_an_error_instead_of_in_hours()
    {
        var schema = SchemaCase.Compile("""
            { "$defs": { "node": { "anyOf": [
                { "required": ["x"], "properties": { "child": { "$ref": "#/$defs/node" } } },
                { "required": ["y"], "properties": { "child": { "$ref": "#/$defs/node" } } } ] } },
              "$ref": "#/$defs/node" }
            """);
        string json = string.Concat(Enumerable.Repeat("""{"child":""", 60)) + "1" + new string('}', 60);

        Assert.Contains(schema.ErrorsOf(json), error => error.StartsWith("TOO_COMPLEX", StringComparison.Ordinal));
    }
}

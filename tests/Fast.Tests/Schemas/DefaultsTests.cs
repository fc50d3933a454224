using System.Buffers;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class DefaultsTests
{
    private const string Order = """
        { "properties": {
            "status": { "default": "open" },
            "count": { "type": "integer", "default": 1.50e0 },
            "address": { "properties": { "country": { "default": "DE" }, "zone": {} }, "default": {} },
            "items": { "items": { "properties": { "quantity": { "default": 1 } } } },
            "labels": { "additionalProperties": { "properties": { "on": { "default": true } } } },
            "id": { "readOnly": true, "default": "none" },
            "plain": { "type": "string" } } }
        """;

    private static string Apply(Defaults defaults, string json)
    {
        var output = new ArrayBufferWriter<byte>();
        defaults.Apply(Encoding.UTF8.GetBytes(json), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static Defaults Of(string schema) => Defaults.Of(SchemaCase.ShapeOf(schema));

    [Theory]
    [InlineData("{}", """{"status":"open","count":1.50e0,"address":{"country":"DE"},"id":"none"}""")]
    [InlineData("""{ "count" : 1.0 , "status": null, "address": 3, "id": 7 }""", """{ "count" : 1.0 , "status": null, "address": 3, "id": 7 }""")]
    [InlineData("""{"id":1,"status":1,"count":2,"address":{ }}""", """{"id":1,"status":1,"count":2,"address":{"country":"DE" }}""")]
    [InlineData("""{"id":1,"status":1,"count":2,"address":{"zone":[1, 2] },"items":[{},{"quantity":2.0},5]}""",
        """{"id":1,"status":1,"count":2,"address":{"zone":[1, 2],"country":"DE" },"items":[{"quantity":1},{"quantity":2.0},5]}""")]
    [InlineData("""{"id":1,"status":1,"count":2,"address":0,"labels":{"a":{},"b":{"on":false}}}""",
        """{"id":1,"status":1,"count":2,"address":0,"labels":{"a":{"on":true},"b":{"on":false}}}""")]
    [InlineData("""{"\u0073tatus":1,"id":1,"count":2,"address":0}""", """{"\u0073tatus":1,"id":1,"count":2,"address":0}""")]
    [InlineData("[1, 2]", "[1, 2]")]
    [InlineData("{not json", "{not json")]
    public void What_is_missing_is_inserted_and_the_rest_keeps_its_bytes(string json, string expected) =>
        Assert.Equal(expected, Apply(Of(Order), json));

    [Fact]
    public void Without_defaults_anywhere_there_is_nothing_to_do()
    {
        Assert.True(Of("""{"properties": {"a": {"items": {"$ref": "#"}}}}""").IsEmpty);
        Assert.False(Of(Order).IsEmpty);
        Assert.False(Of("""{"properties": {"a": {"items": {"$ref": "#"}}, "b": {"default": 1}}}""").IsEmpty);
    }

    [Fact]
    public void A_recursive_schema_is_followed_as_deep_as_the_value_goes()
    {
        var tree = Of("""{"properties": {"size": {"default": 0}, "children": {"items": {"$ref": "#"}}}}""");

        Assert.Equal("""{"children":[{"children":[{"size":0}],"size":0}],"size":0}""", Apply(tree, """{"children":[{"children":[{}]}]}"""));
    }

    [Fact]
    public void A_default_that_would_contain_itself_for_ever_is_left_out()
    {
        var tree = Of("""{"properties": {"size": {"default": 0}, "child": {"$ref": "#", "default": {}}}}""");

        Assert.Equal("""{"size":0}""", Apply(tree, "{}"));
        Assert.Equal("""{"child":{"size":0},"size":0}""", Apply(tree, """{"child":{}}"""));
    }

    [Fact]
    public void Defaults_of_one_alternative_are_not_put_into_values_of_another()
    {
        var pet = Of("""{"oneOf": [{"properties": {"lives": {"default": 9}}}, {"properties": {"tricks": {"default": []}}}], "properties": {"name": {"default": "?"}}}""");
        var maybe = Of("""{"properties": {"a": {"anyOf": [{"type": "null"}, {"properties": {"b": {"default": 1}}}]}}}""");

        Assert.Equal("""{"name":"?"}""", Apply(pet, "{}"));
        Assert.Equal("""{"a":{"b":1}}""", Apply(maybe, """{"a":{}}"""));
        Assert.Equal("""{"a":null}""", Apply(maybe, """{"a":null}"""));
    }

    [Fact]
    public void Applying_twice_changes_nothing_more_and_fields_that_are_there_keep_their_bytes()
    {
        var defaults = Of(Order);
        var scalar = Gen.Elements("1", "1.0", "-0e1", "\"x\\u00e9\"", "null", "true");
        Gen<string> Object(params (string Name, Gen<string> Value)[] members) =>
            from chosen in Gen.SubListOf(members)
            from values in Gen.CollectToList(chosen, m => m.Value.Select(v => $"\"{m.Name}\"{(v.Length % 2 == 0 ? " " : "")}: {v}"))
            select $"{{ {string.Join(" , ", values)} }}";

        var address = Object(("country", scalar), ("zone", scalar));
        var items = Object(("quantity", scalar), ("other", scalar)).ListOf(3).Select(list => $"[{string.Join(", ", list)}]");
        var order = Object(("status", scalar), ("count", scalar), ("address", Gen.OneOf(address, scalar)), ("items", items), ("plain", scalar), ("more", address));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithQuietOnSuccess(true), Prop.ForAll(order.ToArbitrary(), json =>
        {
            string once = Apply(defaults, json);
            if (Apply(defaults, once) != once) return false;

            using var before = JsonDocument.Parse(json);
            using var after = JsonDocument.Parse(once);
            return Keeps(before.RootElement, after.RootElement);
        }));
    }

    /// <summary>Every scalar that was there is there, in the same characters.</summary>
    private static bool Keeps(JsonElement before, JsonElement after) => before.ValueKind switch
    {
        JsonValueKind.Object => before.EnumerateObject().All(m => after.TryGetProperty(m.Name, out var value) && Keeps(m.Value, value)),
        JsonValueKind.Array => before.EnumerateArray().Zip(after.EnumerateArray()).All(pair => Keeps(pair.First, pair.Second))
            && before.GetArrayLength() == after.GetArrayLength(),
        _ => before.GetRawText() == after.GetRawText(),
    };
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Collections.Patches;
using Stateway.Fast.Tests.Content;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Patches;

public sealed class MergePatchTests
{
    [Theory] // RFC 7396, appendix A
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void The_examples_of_the_standard_hold(string target, string patch, string result) => Assert.Equal(result, Apply(target, patch));

    [Fact]
    public void What_the_patch_leaves_alone_keeps_its_bytes() => Assert.Equal(
        """{"n":1.50,"caf\u00e9":"new","o":{ "x" : 1E+2, "é":"\u0041"},"z":{"a":1}}""",
        Apply("""{ "n": 1.50 , "caf\u00e9" : "old" , "o": { "x" : 1E+2, "é":"\u0041"} , "gone":[1]}""", """ {"café":"new","gone":null,"z":{"a":1,"b":null}} """));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1}x")]
    [InlineData("{\"a\":1,\"\\u0061\":2}")]
    [InlineData("{\"b\":[{\"a\":1,\"a\":2}]}")]
    [InlineData("{\"a\":01}")]
    public void A_patch_that_is_not_JSON_is_refused(string patch)
    {
        var output = new ArrayBufferWriter<byte>();
        var error = MergePatch.Apply("{}"u8.ToArray(), Encoding.UTF8.GetBytes(patch), output);
        Assert.Equal(PatchFailure.Malformed, error?.Failure);
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void The_same_name_in_two_objects_is_no_duplicate() =>
        Assert.Equal("""{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}""", Apply("{}", """{"a":{"x":1},"b":{"x":1},"c":[{"x":1},{"x":2}]}"""));

    [Fact]
    public void Lone_surrogates_are_different_names() => Assert.Equal(
        """{"\ud801":2}""", Apply("""{"\ud800":1,"\ud801":2}""", """{"\ud800":null}"""));

    [Fact]
    public void Sixty_four_levels_are_the_limit()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "{}" + new string('}', 63);
        Assert.Equal(deep, Apply("{}", deep));
        Assert.NotNull(MergePatch.Apply("{}"u8.ToArray(), Encoding.UTF8.GetBytes("{\"a\":" + deep + "}"), new ArrayBufferWriter<byte>()));
    }

    [Fact]
    public void The_patch_between_two_documents_makes_one_the_other()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            string before = random.Json(Shape.Any);
            string after = Filled(JsonNode.Parse(random.Json(Shape.Any)))?.ToJsonString() ?? "null";
            string? patch = Difference(JsonNode.Parse(before), JsonNode.Parse(after))?.ToJsonString() ?? "null";
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(after), JsonNode.Parse(Apply(before, patch))), $"{before}\n{patch}\n{after}");
        }));
    }

    [Fact]
    public void Any_bytes_never_throw()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            byte[] patch = Encoding.UTF8.GetBytes(random.Json(Shape.Any));
            byte[] target = Encoding.UTF8.GetBytes(random.Json(Shape.Any));
            var noise = new Random(seed);
            patch[noise.Next(patch.Length)] = (byte)noise.Next(256);
            var output = new ArrayBufferWriter<byte>();
            if (MergePatch.Apply(target, patch, output) is null) JsonDocument.Parse(output.WrittenMemory).Dispose();
        }));
    }

    private static string Apply(string target, string patch)
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Null(MergePatch.Apply(Encoding.UTF8.GetBytes(target), Encoding.UTF8.GetBytes(patch), output));
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Without null members, which no merge patch can set.</summary>
    private static JsonNode? Filled(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (string name in members.Where(m => m.Value is null).Select(m => m.Key).ToArray()) members.Remove(name);
            foreach (var (_, value) in members) Filled(value);
        }

        return node;
    }

    private static JsonNode? Difference(JsonNode? before, JsonNode? after)
    {
        if (after is not JsonObject to) return after?.DeepClone();

        var patch = new JsonObject();
        var from = before as JsonObject ?? [];
        foreach (var (name, _) in from)
        {
            if (!to.ContainsKey(name)) patch[name] = null;
        }

        foreach (var (name, value) in to)
        {
            if (!from.TryGetPropertyValue(name, out var old) || !JsonNode.DeepEquals(old, value)) patch[name] = Difference(old, value);
        }

        return patch;
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Collections.Patches;
using Stateway.Fast.Tests.Content;
using Stateway.Model.Schemas;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Patches;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("tests.json", 92)]
    [InlineData("spec_tests.json", 16)]
    public void The_public_cases_hold(string file, int enabled)
    {
        string? folder = Conformance.Folder("json-patch");
        Assert.SkipWhen(folder is null, "no conformance data");
        var failures = new List<string>();
        int run = 0;
        foreach (var test in JsonNode.Parse(File.ReadAllText(Path.Combine(folder!, file)))!.AsArray())
        {
            if (test!["disabled"]?.GetValue<bool>() == true) continue;
            run++;
            var (result, error) = TryApply(test["doc"]?.ToJsonString() ?? "null", test["patch"]!.ToJsonString());
            bool holds = test["error"] is not null ? error is not null
                : test["expected"] is { } expected ? result is not null && JsonNode.DeepEquals(expected, JsonNode.Parse(result))
                : result is not null;
            if (!holds) failures.Add($"{test.ToJsonString()} → {result} {error}");
        }

        Assert.Empty(failures);
        Assert.Equal(enabled, run);
    }

    [Fact]
    public void What_no_operation_touches_keeps_its_bytes() => Assert.Equal(
        """{"n":1.50,"o":{ "x" : 1E+2, "s":"\u0041"},"l":[-0,"new",{"q" : 1}],"caf\u00e9":2,"copy":{ "x" : 1E+2, "s":"\u0041"}}""",
        Apply(
            """ { "n" : 1.50, "o":{ "x" : 1E+2, "s":"\u0041"}, "l": [ -0 , {"q" : 1}], "caf\u00e9" : 1 } """,
            """[{"op":"add","path":"/l/1","value":"new"},{"op":"copy","from":"/o","path":"/copy"},{"op":"replace","path":"/café","value":2}]"""));

    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("100", "1e2", true)]
    [InlineData("-0", "0.00e5", true)]
    [InlineData("0.0123", "123E-4", true)]
    [InlineData("123456789012345678901234567890", "1.23456789012345678901234567890e29", true)]
    [InlineData("123456789012345678901234567890", "123456789012345678901234567891", false)]
    [InlineData("1", "-1", false)]
    [InlineData("1e999999999999999999999", "1e999999999999999999999", true)]
    [InlineData("1e999999999999999999999", "1", false)]
    [InlineData("0e999999999999999999999", "0", true)]
    [InlineData("\"a\"", "\"\\u0061\"", true)]
    [InlineData("\"1\"", "1", false)]
    [InlineData("{\"a\":1,\"b\":[1,2]}", "{\"b\":[1.0,2],\"a\":1}", true)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("{}", "[]", false)]
    [InlineData("null", "false", false)]
    public void Test_compares_values_not_texts(string actual, string expected, bool isEqual)
    {
        var (_, error) = TryApply(actual, $$"""[{"op":"test","path":"","value":{{expected}}}]""");
        Assert.Equal(isEqual ? null : PatchFailure.TestFailed, error?.Failure);
    }

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", PatchFailure.TestFailed, "/0/value")]
    [InlineData("""[{"op":"add","path":"/x","value":1},{"op":"remove","path":"/b"}]""", PatchFailure.PathNotFound, "/1/path")]
    [InlineData("""[{"op":"move","from":"/b","path":"/c"}]""", PatchFailure.PathNotFound, "/0/from")]
    [InlineData("""[{"op":"add","path":"/l/4","value":1}]""", PatchFailure.PathNotFound, "/0/path")]
    [InlineData("""[{"op":"add","path":"/l/01","value":1}]""", PatchFailure.PathNotFound, "/0/path")]
    [InlineData("""[{"op":"add","path":"/l/-1","value":1}]""", PatchFailure.PathNotFound, "/0/path")]
    [InlineData("""[{"op":"replace","path":"/l/-","value":1}]""", PatchFailure.PathNotFound, "/0/path")]
    [InlineData("""[{"op":"add","path":"/a/b","value":1}]""", PatchFailure.PathNotFound, "/0/path")]
    [InlineData("""[{"op":"remove","path":""}]""", PatchFailure.Invalid, "/0/path")]
    [InlineData("""[{"op":"move","from":"/l","path":"/l/0"}]""", PatchFailure.Invalid, "/0/path")]
    [InlineData("""[{"op":"move","from":"","path":"/l"}]""", PatchFailure.Invalid, "/0/path")]
    [InlineData("""[{"op":"merge","path":"/a"}]""", PatchFailure.Invalid, "/0/op")]
    [InlineData("""[{"op":"add","path":"a","value":1}]""", PatchFailure.Invalid, "/0/path")]
    [InlineData("""[{"op":"add","path":"/~2","value":1}]""", PatchFailure.Invalid, "/0/path")]
    [InlineData("""[{"op":"copy","from":"/~","path":"/a"}]""", PatchFailure.Invalid, "/0/from")]
    [InlineData("""[{"op":"add","path":"/a"}]""", PatchFailure.Invalid, "/0")]
    [InlineData("""[{"op":"add","op":"add","path":"/a","value":1}]""", PatchFailure.Malformed, "")]
    [InlineData("""{"op":"add","path":"/a","value":1}""", PatchFailure.Invalid, "")]
    [InlineData("""[1]""", PatchFailure.Invalid, "/0")]
    [InlineData("""[""", PatchFailure.Malformed, "")]
    public void A_failure_says_which_operation_and_why(string patch, PatchFailure failure, string pointer)
    {
        var (result, error) = TryApply("""{"a":1,"l":[1,2,3]}""", patch);
        Assert.Null(result);
        Assert.Equal((failure, pointer), (error!.Failure, error.Pointer));
        Assert.EndsWith(".", error.Detail);
    }

    [Fact]
    public void All_that_is_wrong_with_a_patch_is_said_at_once()
    {
        Assert.False(JsonPatch.TryParse("""[{"op":"x"},{"op":"add","path":"a"},5]"""u8.ToArray(), out _, out var errors));
        Assert.Equal(["/0/op", "/0", "/1/path", "/1", "/2"], errors.Select(e => e.Pointer));
    }

    [Fact]
    public void Escapes_of_pointers_are_undone_once() => Assert.Equal(
        """{"~1":1,"a/b":2,"~0":3,"":4}""",
        Apply("""{"~1":0,"a/b":0,"~0":0,"":0}""", """[{"op":"replace","path":"/~01","value":1},{"op":"replace","path":"/a~1b","value":2},{"op":"replace","path":"/~00","value":3},{"op":"replace","path":"/","value":4}]"""));

    [Fact]
    public void A_value_may_be_copied_but_not_moved_into_itself() => Assert.Equal(
        """{"a":{"x":1,"b":{"x":1}}}""", Apply("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/a/b"}]"""));

    [Fact]
    public void Copies_can_not_blow_a_document_up()
    {
        string doubling = "[" + string.Join(",", Enumerable.Repeat("""{"op":"copy","from":"","path":"/-"}""", 60)) + "]";
        Assert.Equal(PatchFailure.TooLarge, TryApply("[\"0123456789\"]", doubling, 100_000).Error?.Failure);

        string replacing = "[" + string.Join(",", Enumerable.Repeat("""{"op":"copy","from":"/0","path":"/1"},{"op":"remove","path":"/1"}""", 400)) + "]";
        Assert.Equal(PatchFailure.TooLarge, TryApply($"[\"{new string('x', 1000)}\"]", replacing, 100_000).Error?.Failure);
        Assert.NotNull(TryApply($"[\"{new string('x', 100)}\"]", replacing, 100_000).Result);
    }

    [Fact]
    public void Moves_can_not_nest_without_end()
    {
        // Each pair puts all there is into a new array.
        var operations = Enumerable.Repeat("""{"op":"add","path":"/t","value":[]},{"op":"move","from":"/d","path":"/t/0"},{"op":"move","from":"/t","path":"/d"}""", 300);
        Assert.Equal(PatchFailure.TooDeep, TryApply("""{"d":[]}""", "[" + string.Join(",", operations) + "]").Error?.Failure);

        string deep = new string('[', 60) + new string(']', 60);
        string patch = $$"""[{"op":"add","path":"/0","value":{{deep}}},{"op":"copy","from":"/0","path":"/0/0/0/0/0/0/-"},{"op":"copy","from":"/0","path":"/0/0/0"},{"op":"test","path":"/0/0/0/0/0/0/0","value":1}]""";
        Assert.Equal(PatchFailure.TooDeep, TryApply("[]", patch).Error?.Failure);
    }

    [Fact]
    public void A_thousand_operations_are_the_limit()
    {
        string Patch(int count) => "[" + string.Join(",", Enumerable.Repeat("""{"op":"test","path":"","value":1}""", count)) + "]";
        Assert.Null(TryApply("1", Patch(1000)).Error);
        Assert.Equal(PatchFailure.TooLarge, TryApply("1", Patch(1001)).Error?.Failure);
    }

    [Fact]
    public void Replacing_what_is_there_by_itself_changes_nothing_and_noise_never_throws()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), Prop.ForAll(Seeds.All, seed =>
        {
            var random = new RandomJson(seed);
            string document = random.Json(Shape.Any);
            string patch = $$"""[{"op":"test","path":"","value":{{document}}},{"op":"replace","path":"","value":[{{document}}]},{"op":"copy","from":"/0","path":"/-"},{"op":"move","from":"/1","path":"/0"},{"op":"remove","path":"/1"},{"op":"test","path":"/0","value":{{document}}}]""";
            Assert.Equal($"[{document}]", Apply(document, patch));

            byte[] broken = Encoding.UTF8.GetBytes(patch);
            var noise = new Random(seed);
            broken[noise.Next(broken.Length)] = (byte)noise.Next(256);
            var output = new ArrayBufferWriter<byte>();
            if (JsonPatch.TryParse(broken, out var read, out _) && read.Apply(Encoding.UTF8.GetBytes(document), output, 1 << 20) is null)
            {
                JsonDocument.Parse(output.WrittenMemory).Dispose();
            }
        }));
    }

    [Fact]
    public void Any_bytes_never_throw() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            Assert.Equal(JsonPatch.TryParse(bytes, out _, out var errors), errors.IsEmpty);
            MergePatch.Apply("{}"u8.ToArray(), bytes, new ArrayBufferWriter<byte>());
        }));

    private static string Apply(string document, string patch)
    {
        var (result, error) = TryApply(document, patch);
        Assert.Null(error);
        return result!;
    }

    private static (string? Result, PatchError? Error) TryApply(string document, string patch, int bytesMax = 1 << 20)
    {
        if (!JsonPatch.TryParse(Encoding.UTF8.GetBytes(patch), out var read, out var errors)) return (null, errors[0]);

        var output = new ArrayBufferWriter<byte>();
        var error = read.Apply(Encoding.UTF8.GetBytes(document), output, bytesMax);
        if (error is not null) Assert.Equal(0, output.WrittenCount);
        return (error is null ? Encoding.UTF8.GetString(output.WrittenSpan) : null, error);
    }
}

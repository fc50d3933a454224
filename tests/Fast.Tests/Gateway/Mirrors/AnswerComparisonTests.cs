using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Gateway.Mirrors;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Mirrors;

public sealed class AnswerComparisonTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[1,2]}""", """{ "b": [1.0, 2], "a": 1e0 }""", "")]
    [InlineData("""{"a":1}""", """{"a":2}""", "body /a: 1 → 2")]
    [InlineData("""{"a":1}""", """{"a":"1"}""", "body /a: 1 → \"1\"")]
    [InlineData("""{"a":1}""", "{}", "body /a: 1 → -")]
    [InlineData("{}", """{"a":null}""", "body /a: - → null")]
    [InlineData("""{"a":[1,2,3]}""", """{"a":[1,3]}""", "body /a/1: 2 → 3; body /a/2: 3 → -")]
    [InlineData("""{"a":{"b/c":{"~":1}}}""", """{"a":{"b/c":{"~":2}}}""", "body /a/b~1c/~0: 1 → 2")]
    [InlineData("""{"a":[1]}""", """{"a":{"0":1}}""", "body /a: [1] → {\"0\":1}")]
    [InlineData("[]", "{}", "body: [] → {}")]
    [InlineData("""{"n":12345678901234567890.10}""", """{"n":12345678901234567890.1}""", "")]
    [InlineData("""{"n":12345678901234567890}""", """{"n":12345678901234567891}""", "body /n: 12345678901234567890 → 12345678901234567891")]
    [InlineData("""{"a":"\u00e4"}""", """{"a":"ä"}""", "")]
    [InlineData("{", "{}", "body: 1 bytes: { → 2 bytes: {}")]
    [InlineData("", "{}", "body: 0 bytes:  → 2 bytes: {}")]
    public void JSON_is_compared_by_what_it_says(string left, string right, string differences) =>
        Assert.Equal(differences, Differences(new(), Of(left), Of(right)));

    [Fact]
    public void Statuses_and_fields_are_compared_but_for_those_that_differ_anyway()
    {
        var left = Of("{}", 200, ("ETag", "\"1\""), ("Date", "Mon"), ("Vary", "Accept"), ("vary", "Origin"), ("X-Only", "l"));
        var right = Of("{}", 404, ("etag", "\"2\""), ("Date", "Tue"), ("Vary", "Accept, Origin"), ("X-Other", "r"));
        Assert.Equal("status: 200 → 404; header ETag: \"1\" → \"2\"; header X-Only: l → -; header X-Other: - → r", Differences(new(), left, right));
        Assert.Equal("status: 200 → 404", Differences(new() { IgnoredHeaders = ["Date", "ETAG", "x-only", "X-OTHER"] }, left, right));
    }

    [Fact]
    public void Parts_that_differ_anyway_are_left_out()
    {
        var rules = new MirrorRules { IgnoredPointers = ["/results/*/update_time", "/revision", "/a~1b"] };
        Assert.Equal("body /results/1/price: 2 → 3; body /update_time: 1 → 2", Differences(rules,
            Of("""{"results":[{"update_time":1},{"price":2,"update_time":1}],"revision":"1","update_time":1,"a/b":1}"""),
            Of("""{"results":[{"update_time":2},{"price":3}],"revision":{"x":1},"update_time":2}""")));
    }

    [Fact]
    public void Bodies_that_are_no_JSON_are_compared_by_their_bytes_and_those_that_are_not_whole_not_at_all()
    {
        Assert.Equal("body: 3 bytes: 1.0 → 1 bytes: 1", Differences(new(), Of("1.0", type: "text/plain"), Of("1", type: "text/plain")));
        Assert.Equal("header Content-Encoding: gzip → br; body: 2 bytes: xx → 2 bytes: yy",
            Differences(new(), Of("xx", 200, ("Content-Encoding", "gzip")), Of("yy", 200, ("Content-Encoding", "br"))));
        Assert.Equal("", Differences(new(), Of("""{"a":1}""") with { IsWhole = false }, Of("""{"a":2}""")));
    }

    [Fact]
    public void A_list_of_differences_ends_and_so_do_their_texts()
    {
        string left = "[" + string.Join(',', Enumerable.Range(0, 1_000)) + "]", right = "[" + string.Join(',', Enumerable.Range(0, 1_000).Select(_ => $"\"{new string('x', 1_000)}\"")) + "]";
        var differences = new AnswerComparison(new()).Run(Of(left), Of(right));
        Assert.Equal(AnswerComparison.DifferencesMax, differences.Length);
        Assert.All(differences, difference => Assert.InRange(difference.Mirror!.Length, 1, 200));
    }

    [Fact]
    public void An_answer_is_like_itself_written_in_another_order_and_unlike_one_with_a_change()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Values(3).ToArbitrary(), Gen.Choose(0, 1_000).ToArbitrary(), (value, seed) =>
        {
            var root = new JsonObject { ["root"] = value?.DeepClone() };
            var turned = Turned(root);
            bool isLike = Differences(new(), Of(root.ToJsonString()), Of(turned.ToJsonString())).Length == 0;
            ((JsonObject)turned)["added" + seed] = seed;
            return isLike && Differences(new(), Of(root.ToJsonString()), Of(turned.ToJsonString())) == $"body /added{seed}: - → {seed}"
                && Differences(new(), Of(turned.ToJsonString()), Of(root.ToJsonString())) == $"body /added{seed}: {seed} → -";
        }));
    }

    private static Gen<JsonNode?> Values(int depth)
    {
        var scalars = Gen.OneOf(Gen.Choose(-5, 5).Select(n => (JsonNode?)n), Gen.Elements("", "a", "ä/~", "\"").Select(t => (JsonNode?)t), Gen.Constant((JsonNode?)null), Gen.Elements(true, false).Select(b => (JsonNode?)b));
        if (depth == 0) return scalars;

        var lists = Values(depth - 1).ListOf().Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]));
        var objects = Gen.Elements("a", "b", "c/d", "0").SelectMany(name => Values(depth - 1).Select(value => (name, value))).ListOf()
            .Select(members =>
            {
                var json = new JsonObject();
                foreach (var (name, value) in members) json[name] = value?.DeepClone();
                return (JsonNode?)json;
            });
        return Gen.OneOf(scalars, lists, objects);
    }

    /// <summary>The same with the members of all objects the other way round.</summary>
    private static JsonNode Turned(JsonNode json) => json switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(m => new KeyValuePair<string, JsonNode?>(m.Key, m.Value is null ? null : Turned(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(i => i is null ? null : Turned(i))]),
        _ => json.DeepClone(),
    };

    private static string Differences(MirrorRules rules, MirrorAnswer left, MirrorAnswer right) =>
        string.Join("; ", new AnswerComparison(rules).Run(left, right).Select(d => $"{d.Place}: {d.Base ?? "-"} → {d.Mirror ?? "-"}"));

    private static MirrorAnswer Of(string body, int status = 200, params (string Name, string Value)[] headers) => Of(body, status, "application/json", headers);

    private static MirrorAnswer Of(string body, string type) => Of(body, 200, type, []);

    private static MirrorAnswer Of(string body, int status, string type, (string Name, string Value)[] headers) =>
        new(status, [new("Content-Type", type), .. headers.Select(h => new KeyValuePair<string, string>(h.Name, h.Value))], Encoding.UTF8.GetBytes(body));
}

using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Schemas;
using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class PatternTests
{
    [Theory]
    [InlineData("^[A-Z0-9-]{3,20}$", "ABC-1", true)]
    [InlineData("^[A-Z0-9-]{3,20}$", "AB", false)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("^.$", "🐲", true)]
    [InlineData("^..$", "🐲", false)]
    [InlineData("^[^a]$", "🐲", true)]
    [InlineData("^[🐱-🐲]+$", "🐲🐱", true)]
    [InlineData("^[🐱-🐲]+$", "🐴", false)]
    [InlineData("^🐲{2}$", "🐲🐲", true)]
    [InlineData(@"^\u{1F432}$", "🐲", true)]
    [InlineData(@"^\ud83d\udc32$", "🐲", true)]
    [InlineData(@"^\p{Lu}\P{Lu}$", "Äß", true)]
    [InlineData(@"^\p{L}$", "𠀀", true)]
    [InlineData(@"^\p{General_Category=Decimal_Number}$", "৪", true)]
    [InlineData(@"^[\p{L}\d_]+$", "Äa1_", true)]
    [InlineData(@"^\S+@\S+$", "a@b", true)]
    [InlineData(@"^[\w.-]+$", "a-b.c", true)]
    [InlineData(@"^[\w-.]+$", "a-b.c", true)]
    [InlineData(@"^(?<year>\d{4})-(?:0[1-9]|1[0-2])$", "2026-12", true)]
    [InlineData(@"^(a|b)*?c+?$", "ababcc", true)]
    [InlineData(@"^\x41\cA\0$", "A\u0001\0", true)]
    [InlineData(@"^a{,3}$", "a{,3}", true)]
    [InlineData("^[]$", "a", false)]
    [InlineData("^[^]$", "\n", true)]
    [InlineData(@"^\/\-\@$", "/-@", true)]
    [InlineData("a|b", "xbx", true)]
    [InlineData("^(?:a|)$", "", true)]
    [InlineData(@"^[\p{L}\p{N} .'-]{1,100}$", "Ann-Zoé O'Hara 𠀀", true)]
    [InlineData(@"^[\p{L}\p{N} .'-]{1,100}$", "🐲", false)]
    [InlineData(@"^[🐱-🐲]\p{L}$", "🐲𠀀", true)]
    [InlineData(@"^[🐱-🐲]\p{L}$", "𠀀🐲", false)]
    public void A_pattern_means_what_it_means_in_ECMA_262(string pattern, string text, bool matches)
    {
        var schema = SchemaCase.Compile($$"""{"pattern": {{JsonSerializer.Serialize(pattern)}}}""");

        Assert.Equal(matches, schema.Accepts(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData(@"\a", "no escape")]
    [InlineData("a**", "nothing to repeat")]
    [InlineData("*", "nothing to repeat")]
    [InlineData("a{3,2}", "out of order")]
    [InlineData("[b-a]", "out of order")]
    [InlineData("[a", "'[' has no ']'")]
    [InlineData("a)", "')' has no '('")]
    [InlineData("(?i)a", "after '(?'")]
    [InlineData(@"\p{Script=Greek}", "not known here")]
    [InlineData(@"\u12", "4 hexadecimal digits")]
    [InlineData(@"(a)\2", "no group 2")]
    [InlineData("(((a{100}){100}){100}){100}", "more than 100000 parts")]
    [InlineData("a\\", "last character")]
    [InlineData("^[a-z]{1,65535}$", "maxLength instead")]
    public void What_is_no_pattern_is_a_defect_that_says_why(string pattern, string reason)
    {
        var defect = Assert.Single(SchemaCase.Defects($$"""{"pattern": {{JsonSerializer.Serialize(pattern)}}}"""));

        Assert.Contains(reason, defect.Detail);
    }

    [Fact]
    public void Any_text_is_a_pattern_or_a_defect_and_never_throws()
    {
        string[] pieces =
        [
            "a", "b", ".", "^", "$", "|", "(", ")", "(?:", "(?<n>", "(?=", "(?", "[", "]", "[^", "-", "*", "+", "?", "{", "}",
            "{2}", "{1,", "3", "\\", "\\d", "\\W", "\\p{L}", "\\p{", "\\u", "\\u{1F432}", "\\x4", "\\1", "\\k<n>", "\\b", "\\c", "🐲", "é", "\n",
        ];
        var patterns = Gen.Elements(pieces).ListOf().Select(string.Concat);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true), Prop.ForAll(patterns.ToArbitrary(), pattern =>
        {
            string text = JsonSerializer.Serialize(pattern);
            bool isPattern = SchemaCase.Compile("""{"format": "regex"}""").Accepts(text);
            var set = new SchemaSet(SchemaDialect.Draft202012);
            using var schema = JsonDocument.Parse($"{{\"pattern\":{text}}}");
            set.Add("http://localhost/s", schema.RootElement);
            var compiled = set.Compile("http://localhost/s", SchemaUse.Plain);
            compiled.Schema?.Validate("\"ab🐲\\n\""u8, new SchemaErrors());
            return isPattern || compiled.Schema is null;
        }));
    }

    [Fact]
    public void A_pattern_that_ruins_other_engines_takes_no_time()
    {
        var schema = SchemaCase.Compile("""{"pattern": "^(a+)+$"}""");

        Assert.False(schema.Accepts($"\"{new string('a', 100_000)}b\""));
    }

    [Fact]
    public void A_text_longer_than_the_stack_takes_is_matched_too()
    {
        var schema = SchemaCase.Compile("""{"pattern": "^[a-z]*z$"}""");

        Assert.True(schema.Accepts($"\"{new string('a', 5000)}z\""));
        Assert.False(schema.Accepts($"\"{new string('a', 5000)}\""));
    }
}

using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class ExpressionParserTests
{
    [Theory]
    [InlineData("price < 10 && category in [\"a\", 'b']", "(And (Less price Int:10) (In category [\"a\" \"b\"]))")]
    [InlineData("a || b && c || d", "(Or (Or a (And b c)) d)")]
    [InlineData("!a.b == c", "(Equal (Not (Select a b)) c)")]
    [InlineData("a == b == c", "(Equal (Equal a b) c)")]
    [InlineData("!!a", "(Not (Not a))")]
    [InlineData("--5", "(Negate Int:-5)")]
    [InlineData("-(5)", "(Negate Int:5)")]
    [InlineData("- 5", "Int:-5")]
    [InlineData("-9223372036854775808", "Int:-9223372036854775808")]
    [InlineData("0xFF == 255u", "(Equal Int:255 Uint:255)")]
    [InlineData("-0x8000000000000000", "Int:-9223372036854775808")]
    [InlineData("1.size()", "(Size Int:1)")]
    [InlineData("a.size() == size(b)", "(Equal (Size a) (Size b))")]
    [InlineData("a.b[\"c d\"][0].e", "(Select (Index (Index (Select a b) \"c d\") Int:0) e)")]
    [InlineData("has(a.b) && has(c) && has(d[\"e-f\"])", "(And (And (Has (Select a b)) (Has c)) (Has (Select d e-f)))")]
    [InlineData("a.exists(x, x.all(y, y == x))", "(Exists x a (All y x (Equal y x)))")]
    [InlineData("a.startsWith('x') || matches(b, 'y')", "(Or (StartsWith a \"x\") (Matches b \"y\"))")]
    [InlineData("timestamp('2024-05-01T10:00:00Z') <= duration('1s')", "(LessOrEqual (Timestamp \"2024-05-01T10:00:00Z\") (Duration \"1s\"))")]
    [InlineData("a.in_ != a.for", "(NotEqual (Select a in_) (Select a for))")]
    [InlineData("a in b // the rest is a comment", "(In a b)")]
    [InlineData("[1, 2,]", "[Int:1 Int:2]")]
    [InlineData("r'\\d' == '\\\\d'", "(Equal \"\\\\d\" \"\\\\d\")")]
    [InlineData("'''a'b\n''' == \"\"\"a'b\n\"\"\"", "(Equal \"a'b\\n\" \"a'b\\n\")")]
    [InlineData("b'é' == b'\\xc3\\xa9'", "(Equal Bytes:\"w6k=\" Bytes:\"w6k=\")")]
    public void A_text_becomes_its_tree(string text, string tree)
    {
        var parsing = ExpressionParser.Parse(text);

        Assert.Empty(parsing.Errors);
        Assert.Equal(tree, ExpressionText.Tree(parsing.Expression!));
    }

    [Theory]
    [InlineData("", 0, "A name, a value or '(' should stand here, but the text ends.")]
    [InlineData("price <", 7, "A name, a value or '(' should stand here, but the text ends.")]
    [InlineData("price + 1 == 2", 6, "'+' is not part of the language; there is no arithmetic: compute before, and compare with the result.")]
    [InlineData("price - 1 == 2", 6, "'-' is not part of the language; there is no arithmetic: compute before, and compare with the result.")]
    [InlineData("a ? b : c", 2, "'?' is not part of the language; write a condition with && and ||.")]
    [InlineData("a == {}", 5, "'{' is not part of the language; there are no maps or messages: compare field by field, as in a.b == 1 && a.c == 2.")]
    [InlineData("a = 1", 2, "'=' is no operator; equality is '=='.")]
    [InlineData("a <> 1", 3, "'<>' is no operator; inequality is '!='.")]
    [InlineData("a & b", 2, "'&' is no operator; and is '&&'.")]
    [InlineData("a | b", 2, "'|' is no operator; or is '||'.")]
    [InlineData("a AND b", 2, "'AND' is no operator; and is '&&'.")]
    [InlineData("a or b", 2, "'or' is no operator; or is '||'.")]
    [InlineData("not a", 4, "'not' is no operator; not is '!'.")]
    [InlineData("a b", 2, "The expression should end here, not 'b'.")]
    [InlineData("(a", 2, "')' should stand here, but the text ends.")]
    [InlineData("[a b]", 3, "',' or ']' should stand here, not 'b'.")]
    [InlineData("a.`b`", 2, "'`' is not part of the language; write such a name as an index: a[\"b-c\"].")]
    [InlineData("a.true", 2, "The name of a field or a function should follow the dot, not 'true'.")]
    [InlineData("for == 1", 0, "'for' is reserved by CEL and names nothing; after a dot it is allowed.")]
    [InlineData("a.startwith('x')", 2, "There is no function startwith(); startsWith() is near.")]
    [InlineData("int(a) == 1", 0, "CEL's int() is not part of the language; there are has, size, startsWith, endsWith, contains, matches, timestamp, duration, exists and all.")]
    [InlineData("startsWith(a, 'x')", 0, "startsWith is written a.startsWith(b).")]
    [InlineData("a.timestamp()", 2, "timestamp is written timestamp(a).")]
    [InlineData("size(a, b)", 0, "size takes 1 argument here, not 2: size(a).")]
    [InlineData("a.contains()", 2, "contains takes 1 argument here, not 0: a.contains(b).")]
    [InlineData("has(1)", 0, "has takes one field, as in has(a.b) or has(a[\"b\"]).")]
    [InlineData("a.exists(1, b)", 2, "exists takes a name and a condition, as in list.exists(item, item > 0).")]
    [InlineData("exists(a, b)", 0, "exists is written list.exists(item, condition).")]
    [InlineData("a == 'b", 5, "The text that begins here has no closing '.")]
    [InlineData("a == '\\q'", 6, "'\\q' is no escape; a backslash itself is written '\\\\', or the text begins with r.")]
    [InlineData("a == '\\u12'", 6, "'\\u' needs 4 hexadecimal digits.")]
    [InlineData("a == '\\ud800'", 6, "'\\ud800' is no Unicode character.")]
    [InlineData("a == b'\\u0041'", 7, "Bytes have no '\\u'; write the bytes as '\\x' with 2 digits each.")]
    [InlineData("a == 12abc", 5, "'12abc' is no number; text is written in quotes: \"12abc\".")]
    [InlineData("a == 9223372036854775808", 5, "9223372036854775808 does not fit 64 bits; write it with a fraction, as 9223372036854775808.0, to compare roughly.")]
    [InlineData("a == 1e999", 5, "1e999 is beyond the range of a double, about 1.8e308.")]
    [InlineData("a.matches('(')", 10, "The pattern is wrong: '(' is not closed.")]
    public void An_error_says_where_and_what_would_be_right(string text, int position, string message)
    {
        var parsing = ExpressionParser.Parse(text);

        Assert.Null(parsing.Expression);
        Assert.Equal(new ExpressionError(position, message), Assert.Single(parsing.Errors));
    }

    [Fact]
    public void Errors_that_leave_the_grammar_intact_are_all_told()
    {
        var parsing = ExpressionParser.Parse("lenght(a) == 1 && b.endWith('x') && if == '\\q'");

        Assert.Equal([0, 20, 36, 43], parsing.Errors.Select(error => error.Position));
    }

    [Fact]
    public void A_text_has_at_most_3500_characters()
    {
        string longest = "a == '" + new string('x', ExpressionParser.LengthMax - 7) + "'";

        Assert.Empty(ExpressionParser.Parse(longest).Errors);
        Assert.Equal(3500, Assert.Single(ExpressionParser.Parse(longest + " ").Errors).Position);
    }

    [Fact]
    public void A_tree_has_at_most_200_nodes()
    {
        string most = string.Join(" || ", Enumerable.Repeat("a", 99)) + " || !a"; // 100 names, 99 ors, 1 not

        Assert.Empty(ExpressionParser.Parse(most).Errors);
        Assert.Contains("at most 200 parts", Assert.Single(ExpressionParser.Parse(most + ".b").Errors).Message);
    }

    [Theory]
    [InlineData("(", "a", ")")]
    [InlineData("!", "a", "")]
    [InlineData("-", "a", "")]
    [InlineData("[", "a", "]")]
    [InlineData("a[", "a", "]")]
    [InlineData("size(", "a", ")")]
    public void Brackets_and_signs_stand_at_most_20_deep(string open, string inner, string close)
    {
        Assert.Empty(ExpressionParser.Parse(Nested(20)).Errors);
        Assert.Contains("at most 20 deep", Assert.Single(ExpressionParser.Parse(Nested(21)).Errors).Message);

        string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth));
    }

    [Theory]
    [InlineData('(')]
    [InlineData('!')]
    [InlineData('-')]
    [InlineData('[')]
    [InlineData('{')]
    [InlineData('"')]
    [InlineData('\\')]
    [InlineData('.')]
    public void A_character_3500_times_over_is_an_error_and_no_crash(char character) =>
        Assert.Single(ExpressionParser.Parse(new string(character, 3500)).Errors);

    [Fact]
    public void Any_text_gives_either_a_tree_or_errors_inside_the_text()
    {
        Generated.Holds(Generated.Soup, IsSane, 3000);
        Generated.Holds(ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""), IsSane, 1000);

        static bool IsSane(string text)
        {
            var parsing = ExpressionParser.Parse(text);
            return parsing.Expression is null != parsing.Errors.IsEmpty
                && parsing.Errors.All(error => error.Position >= 0 && error.Position <= text.Length && error.Message.Length > 0);
        }
    }

    [Fact]
    public void A_printed_tree_parses_to_the_same_tree()
    {
        int compared = 0;
        Generated.Holds(Generated.Tree, tree =>
        {
            var parsing = ExpressionParser.Parse(ExpressionText.Print(tree));

            // What is beyond the limits says so; everything else must come back.
            if (parsing.Errors.Any(error => error.Message.Contains("at most", StringComparison.Ordinal))) return true;

            Assert.Empty(parsing.Errors);
            compared++;
            return ExpressionText.Tree(parsing.Expression!) == ExpressionText.Tree(tree);
        }, 2000);

        Assert.True(compared > 1000, $"only {compared} trees were within the limits");
    }

    [Fact]
    public void A_node_knows_where_its_text_begins()
    {
        var binary = Assert.IsType<Expression.Binary>(ExpressionParser.Parse(" a.b.size() >= -1").Expression);

        Assert.Equal(1, binary.Position);
        Assert.Equal(1, binary.Left.Position);
        Assert.Equal(15, binary.Right.Position);
    }
}

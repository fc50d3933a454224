using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class TextPatternTests
{
    [Theory]
    [InlineData("b", "abc", true)]
    [InlineData("^b", "abc", false)]
    [InlineData("^abc$", "abc", true)]
    [InlineData("abc$", "abc\n", false)] // .NET's $ would stand before the last line's end
    [InlineData("(?m)^b$", "a\nb\nc", true)]
    [InlineData("a.c", "a\nc", false)]
    [InlineData("(?s)a.c", "a\nc", true)]
    [InlineData("^.$", "😀", true)]
    [InlineData("^..$", "😀", false)]
    [InlineData("^😀{2}$", "😀😀", true)]
    [InlineData("^[😀-😂]$", "😁", true)]
    [InlineData("^[^😀-😂]$", "😁", false)]
    [InlineData("^[^😀-😂]$", "😃", true)]
    [InlineData("^[^a]$", "😃", true)]
    [InlineData("^[\\x{10000}-\\x{10FFFF}]+$", "\U00010000😀\U0010ffff", true)]
    [InlineData("^[\\x{103FF}-\\x{10400}]+$", "\U000103ff\U00010400", true)]
    [InlineData("^[\\x{103FF}-\\x{10400}]$", "\U00010401", false)]
    [InlineData("^[\\x{FFFF}-\\x{10000}]+$", "\uffff\U00010000", true)]
    [InlineData("^\\d$", "٣", false)] // .NET's \d would take the Arabic digit
    [InlineData("^\\d\\D\\w\\W\\s\\S$", "1a_- x", true)]
    [InlineData("^\\w$", "é", false)]
    [InlineData("^\\pL\\p{Lu}\\P{L}\\p{^L}$", "éÉ1-", true)]
    [InlineData("^[\\pL\\d]+$", "é1", true)]
    [InlineData("^[^\\pL]$", "é", false)]
    [InlineData("^[^\\pL]$", "😀", true)]
    [InlineData("^[[:alpha:]][[:^alpha:]]$", "a1", true)]
    [InlineData("^[]a]+$", "a]", true)]
    [InlineData("^[a-]+$", "-a", true)]
    [InlineData("(?i)^straSSe$", "STRAsse", true)]
    [InlineData("(?i)^é$", "É", true)]
    [InlineData("(?i)^[a-c]$", "B", true)]
    [InlineData("(?i)^[^a-c]$", "B", false)]
    [InlineData("^a(?i)b$", "aB", true)]
    [InlineData("^a(?i)b$", "AB", false)]
    [InlineData("^(?i:a)b$", "Ab", true)]
    [InlineData("^(?i:a)b$", "AB", false)]
    [InlineData("(?i)a(?-i)b", "AB", false)]
    [InlineData("^(?P<year>\\d{4})-(?<month>\\d{2})$", "2024-05", true)]
    [InlineData("^a{2,3}$", "aaaa", false)]
    [InlineData("^a{2,}?$", "aaaa", true)]
    [InlineData("^a{,2}$", "a{,2}", true)]
    [InlineData("^a{2}{$", "aa{", true)]
    [InlineData("^\\Qa.b*\\E+$", "a.b**", true)]
    [InlineData("^\\Qa|(\\E\\Q\\Eb\\Q)", "a|(b)", true)]
    [InlineData("^\\x41\\x{1F600}\\101\\t\\.\\]$", "A😀A\t.]", true)]
    [InlineData("\\bcat\\b", "a cat!", true)]
    [InlineData("\\bcat\\b", "concat", false)]
    [InlineData("a||b", "", true)]
    [InlineData("()", "x", true)]
    [InlineData("[^\\x00-\\x{10FFFF}]", "x", false)]
    public void A_pattern_means_what_RE2_means(string pattern, string text, bool expected)
    {
        var found = TextPattern.Find(pattern);

        Assert.Null(found.Error);
        Assert.Equal(expected, found.IsMatch(text));
    }

    [Theory]
    [InlineData("(", "'(' is not closed")]
    [InlineData(")", "')' closes nothing; write '\\)'")]
    [InlineData("[", "'[' is not closed")]
    [InlineData("[]", "'[' is not closed")]
    [InlineData("*", "'*' repeats nothing; write '\\*' for the character")]
    [InlineData("a|+", "'+' repeats nothing; write '\\+' for the character")]
    [InlineData("a**", "a repetition follows a repetition; put the first in parentheses")]
    [InlineData("a{2}{3}", "a repetition follows a repetition; put the first in parentheses")]
    [InlineData("(?i)*", "there is nothing in front of the repetition that could be repeated")]
    [InlineData("a{3,2}", "'{3,2}' counts backwards")]
    [InlineData("a{1001}", "a repetition counts to 1000 at most")]
    [InlineData("(a{100}){100}", "its repetitions come to 10100 characters, and 1000 are allowed")]
    [InlineData("[b-a]", "a range in brackets runs backwards")]
    [InlineData("[[:letter:]]", "'[:letter:]' is no class; there are alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, space, upper, word and xdigit")]
    [InlineData("(a)\\1", "there are no references back")]
    [InlineData("(?=a)", "'(?' begins a group with the flags i, m, s, U or a name; there is no looking ahead or behind")]
    [InlineData("(?<=a)", "'(?' begins a group with the flags i, m, s, U or a name; there is no looking ahead or behind")]
    [InlineData("(?P<a-b>x)", "the name of a group is letters, digits and '_' in '<' and '>'")]
    [InlineData("\\", "a '\\' stands at the end; write '\\\\' for the character")]
    [InlineData("\\C", "'\\C' is no escape")]
    [InlineData("\\Z", "'\\Z' is no escape")]
    [InlineData("\\p{Greek}", "'\\p' takes a category such as \\pL, \\p{Lu} or \\p{Nd}")]
    [InlineData("\\x4", "'\\x' takes 2 hexadecimal digits, or a code point in braces")]
    [InlineData("\\x{110000}", "'\\x' takes 2 hexadecimal digits, or a code point in braces")]
    public void A_wrong_pattern_says_what_is_wrong(string pattern, string error)
    {
        var found = TextPattern.Find(pattern);

        Assert.Equal($"The pattern is wrong: {error}.", found.Error);
        Assert.Null(found.IsMatch("a"));
    }

    [Fact]
    public void A_pattern_has_at_most_1000_characters_and_50_groups_inside_one_another()
    {
        Assert.Null(TextPattern.Find(new string('.', 1000)).Error);
        Assert.Null(TextPattern.Find(".{1000}").Error);
        Assert.Equal("A pattern has at most 1000 characters.", TextPattern.Find(new string('a', 1001)).Error);
        Assert.Null(TextPattern.Find(new string('(', 50) + new string(')', 50)).Error);
        Assert.Contains("at most 50 deep", TextPattern.Find(new string('(', 51) + new string(')', 51)).Error);
    }

    [Fact]
    public void Any_text_is_a_pattern_or_an_error()
    {
        var parts = Gen.Elements(
            "a", "😀", "\ud800", "(", ")", "(?", "(?i", "(?P<", ">", ":", "[", "[^", "]", "[:", ":]", "alpha", "-", "*", "+", "?", "{", "}", "2", ",",
            "\\", "\\p", "\\x", "\\Q", "\\E", "d", "L", ".", "^", "$", "|", "0", "\n");
        Generated.Holds(parts.ListOf().Select(list => string.Concat(list)), pattern =>
        {
            var found = TextPattern.Find(pattern);
            return found.Error is null == found.IsMatch("a😀b\n").HasValue;
        }, 2000);
    }

    [Fact]
    public void A_class_holds_exactly_the_code_points_of_its_range()
    {
        var codes = Gen.OneOf(Gen.Choose(0x20, 0xD7FF), Gen.Choose(0xE000, 0x10FFFF), Gen.Elements(0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x103FF, 0x10400, 0x10FFFF));
        Generated.Holds(codes.SelectMany(_ => codes, (a, b) => (a, b)).SelectMany(_ => codes, (range, code) => (range.a, range.b, code)), t =>
        {
            int from = Math.Min(t.a, t.b), to = Math.Max(t.a, t.b);
            string text = char.ConvertFromUtf32(t.code);
            bool isInside = t.code >= from && t.code <= to;
            return TextPattern.Find($"^[\\x{{{from:x}}}-\\x{{{to:x}}}]$").IsMatch(text) == isInside
                && TextPattern.Find($"^[^\\x{{{from:x}}}-\\x{{{to:x}}}]$").IsMatch(text) == !isInside;
        }, 300);
    }
}

using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Apis;
using Xunit;

namespace Stateway.Fast.Tests.Apis;

/// <summary>What a stage's variables become in URLs and header fields.</summary>
public sealed class StageTextTests
{
    private static StageValues Values(string value, bool isSecret = false) => new([KeyValuePair.Create("a", (value, isSecret))]);

    [Theory]
    [InlineData("{stage.a}/v1/{city}", "https://b.example/base", "https://b.example/base/v1/{city}")]
    [InlineData("https://{stage.a}/v1", "b.example:8443", "https://b.example:8443/v1")]
    [InlineData("{stage.a}://h/v1?x={stage.a}", "http", "http://h/v1?x=http")]
    [InlineData("https://h/{stage.a}", "a/b c", "https://h/a%2Fb%20c")]
    [InlineData("https://h/x?k={stage.a}", "a/b&c=d+e", "https://h/x?k=a%2Fb%26c%3Dd%2Be")]
    [InlineData("https://h?k={stage.a}", "é", "https://h?k=%C3%A9")]
    [InlineData("/own/{stage.a}", "{id}", "/own/%7Bid%7D")]
    [InlineData("https://h/{stage.other}", "v", "https://h/{stage.other}")]
    public void A_value_is_encoded_behind_the_authority_only(string template, string value, string url) =>
        Assert.Equal(url, StageText.FillUrl(template, Values(value)));

    [Theory]
    [InlineData("{stage.a}/x", "ftp://b.example")]
    [InlineData("{stage.a}/x", "b.example")]
    [InlineData("{stage.a}/x", "")]
    [InlineData("{stage.a}/x", "https://u@b.example")]
    [InlineData("{stage.a}/x", "https://b.example?x=")]
    [InlineData("{stage.a}/x", "https://b.example/{id}")]
    [InlineData("{stage.a}/x", "https://b.example/a/../b")]
    [InlineData("{stage.a}/x", "https://b example")]
    [InlineData("https://{stage.a}/x", "b.example:99999")]
    [InlineData("https://h:{stage.a}/x", "http")]
    [InlineData("https://h/{stage.a}/x", "..")]
    [InlineData("https://h/{stage.a}/x", "b/..;x")]
    public void Values_that_make_no_url_are_told_without_showing_them(string template, string value)
    {
        var wrong = StageText.WhyNotUrl(template, Values(value));

        Assert.Equal("a", wrong?.Variable);
        if (value.Length > 4) Assert.DoesNotContain(value, wrong!.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_does_not_stand_where_logs_show_it()
    {
        Assert.Contains("secret", StageText.WhyNotUrl("https://{stage.a}/", Values("b.example", isSecret: true))?.Message, StringComparison.Ordinal);
        Assert.Null(StageText.WhyNotUrl("https://h/{stage.a}", Values("b.example", isSecret: true)));
    }

    [Fact]
    public void Whatever_the_value_a_path_or_query_keeps_its_parts()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), each =>
        {
            string value = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(each.Get)); // without lone surrogates
            if (StageText.WhyNotUrl("https://h/x/{stage.a}/y?k={stage.a}&l=1", Values(value)) is not null) return;

            string filled = StageText.FillUrl("https://h/x/{stage.a}/y?k={stage.a}&l=1", Values(value));
            var uri = new Uri(filled);
            Assert.All(filled, c => Assert.InRange(c, '!', '~'));
            Assert.Equal("h", uri.Host);
            Assert.Equal(4, uri.Segments.Length);
            Assert.Equal(value, Uri.UnescapeDataString(uri.Segments[2].TrimEnd('/')));
            string[] pairs = uri.Query[1..].Split('&');
            Assert.Equal(["k=" + value, "l=1"], pairs.Select(Uri.UnescapeDataString));
        }));
    }

    [Fact]
    public void Whatever_the_value_a_field_that_is_let_through_is_one_line()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), each =>
        {
            var values = Values(each.Get);
            bool isLine = each.Get.All(c => c is '\t' or (>= ' ' and <= '\u00ff' and not '\u007f'));
            Assert.Equal(isLine, StageText.WhyNotField("x {stage.a}", values) is null);
            if (isLine) Assert.Equal("x " + each.Get, StageText.Fill("x {stage.a}", values));
        }));
    }
}

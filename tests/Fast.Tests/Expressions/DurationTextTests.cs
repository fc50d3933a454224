using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1s", 10_000_000)]
    [InlineData("+1s", 10_000_000)]
    [InlineData("-1.5s", -15_000_000)]
    [InlineData("1h30m", 54_000_000_000)]
    [InlineData(".5m", 300_000_000)]
    [InlineData("1.h", 36_000_000_000)]
    [InlineData("250ms", 2_500_000)]
    [InlineData("1us", 10)]
    [InlineData("1µs1μs", 20)]
    [InlineData("199ns", 1)]
    [InlineData("-199ns", -1)]
    [InlineData("50ns50ns", 1)]
    [InlineData("0.00000000000000000000000001h", 0)]
    [InlineData("315576000000s", 3_155_760_000_000_000_000)]
    [InlineData("-315576000000s", -3_155_760_000_000_000_000)]
    public void A_duration_is_the_sum_of_its_parts_in_ticks(string text, long expected)
    {
        Assert.True(DurationText.TryParse(text, out long ticks));
        Assert.Equal(expected, ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1d")]
    [InlineData("1 s")]
    [InlineData("1s-1s")]
    [InlineData("--1s")]
    [InlineData("1,5s")]
    [InlineData("315576000000.1s")]
    [InlineData("9999999999999999999s")]
    [InlineData("١s")]
    public void Anything_else_is_no_duration(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void What_is_formatted_is_the_same_duration_again() => Generated.Holds(
        ArbMap.Default.GeneratorFor<long>().Select(ticks => ticks % 3_155_760_000_000_000_000),
        ticks => DurationText.TryParse(DurationText.Format(ticks), out long again) && again == ticks,
        1000);
}

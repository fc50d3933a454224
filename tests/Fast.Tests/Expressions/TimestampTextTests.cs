using System.Globalization;
using System.Text;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Xunit;

namespace Stateway.Fast.Tests.Expressions;

public sealed class TimestampTextTests
{
    [Theory]
    [InlineData("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z")]
    [InlineData("2024-05-01t10:00:00z", "2024-05-01T10:00:00Z")]
    [InlineData("2024-05-01T10:00:00.1Z", "2024-05-01T10:00:00.1Z")]
    [InlineData("2024-05-01T10:00:00.123456789Z", "2024-05-01T10:00:00.1234567Z")]
    [InlineData("2024-05-01T10:00:00.100000000000000000000000000Z", "2024-05-01T10:00:00.1Z")]
    [InlineData("2024-05-01T00:30:00+01:00", "2024-04-30T23:30:00Z")]
    [InlineData("2024-05-01T10:00:00-00:30", "2024-05-01T10:30:00Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")]
    [InlineData("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00Z")]
    [InlineData("2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00Z")]
    public void A_time_is_an_instant_in_utc(string text, string utc)
    {
        Assert.True(TimestampText.TryParse(text, out long ticks));
        Assert.True(TimestampText.TryParse(Encoding.UTF8.GetBytes(text), out long same));
        Assert.Equal(ticks, same);
        Assert.Equal(utc, TimestampText.Format(ticks));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2024-05-01")]
    [InlineData("2024-05-01T10:00:00")]
    [InlineData("2024-05-01 10:00:00Z")]
    [InlineData("2024-05-01T10:00Z")]
    [InlineData("2024-05-01T10:00:00.Z")]
    [InlineData("2024-05-01T10:00:00+0100")]
    [InlineData("2024-05-01T10:00:00+24:00")]
    [InlineData("2024-05-01T10:00:00+01:60")]
    [InlineData("2024-05-01T10:00:00ZZ")]
    [InlineData("2024-05-01T24:00:00Z")]
    [InlineData("2024-05-01T10:60:00Z")]
    [InlineData("2024-05-01T10:00:60Z")]
    [InlineData("2024-05-01T10:00:61Z")]
    [InlineData("2023-02-29T00:00:00Z")]
    [InlineData("2024-13-01T00:00:00Z")]
    [InlineData("2024-00-01T00:00:00Z")]
    [InlineData("2024-01-00T00:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("9999-12-31T23:59:60Z")]
    [InlineData("10000-01-01T00:00:00Z")]
    [InlineData("-024-05-01T10:00:00Z")]
    [InlineData("2 24-05-01T10:00:00Z")]
    [InlineData("20 4-05-01T10:00:00Z")]
    [InlineData("2024-05-01T10:00:00\u0130")]
    [InlineData("\u01322024-05-01T10:00:00Z")]
    public void Anything_else_is_no_time(string text)
    {
        Assert.False(TimestampText.TryParse(text, out _));
        Assert.False(TimestampText.TryParse(Encoding.UTF8.GetBytes(text), out _));
    }

    [Fact]
    public void What_is_formatted_is_the_same_instant_again() => Generated.Holds(
        ArbMap.Default.GeneratorFor<DateTime>(),
        time => TimestampText.TryParse(TimestampText.Format(time.Ticks), out long ticks) && ticks == time.Ticks
            && DateTimeOffset.Parse(TimestampText.Format(time.Ticks), CultureInfo.InvariantCulture).UtcTicks == ticks,
        1000);
}

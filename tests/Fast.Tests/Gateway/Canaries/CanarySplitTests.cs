using System.Globalization;
using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Stateway.Gateway.Canaries;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Canaries;

public sealed class CanarySplitTests
{
    private static readonly Arbitrary<string> Keys = ArbMap.Default.ArbFor<NonEmptyString>().Generator.Select(text => text.Get).ToArbitrary();

    [Fact]
    public void Raising_the_share_only_moves_callers_to_the_canary_and_lowering_it_only_back()
    {
        var shares = Gen.Choose(0, 1_000_000).Select(parts => parts / 10_000.0).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(Keys, shares, shares, (key, one, other) =>
        {
            bool low = CanarySplit.ByShare("shop/live", Math.Min(one, other)).TakesCanary(key);
            bool high = CanarySplit.ByShare("shop/live", Math.Max(one, other)).TakesCanary(key);
            return !low || high;
        }));
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Keys, key =>
            CanarySplit.ByShare("s", 100).TakesCanary(key) && !CanarySplit.ByShare("s", 0).TakesCanary(key)));
    }

    /// <summary>Written down, because another answer after an update of the program would deal every caller anew.</summary>
    [Fact]
    public void A_caller_is_where_it_has_always_been()
    {
        var split = CanarySplit.ByShare("shop/live", 10);
        string taken = string.Join(' ', Enumerable.Range(0, 100).Where(i => split.TakesCanary("user-" + i.ToString(CultureInfo.InvariantCulture))));
        Assert.Equal("4 9 20 63 64 71 81", taken);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(50)]
    public void The_share_is_the_callers_share_whatever_the_keys_look_like(double percentage)
    {
        const int Callers = 200_000;
        Func<int, string>[] kinds =
        [
            i => i.ToString(CultureInfo.InvariantCulture),
            i => $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}",
            i => $"Bearer {i * 2_654_435_761L:x16}",
            i => new string('a', 40) + (char)(i & 0xffff) + (i >> 16),
        ];
        foreach (var kind in kinds)
        {
            var split = CanarySplit.ByShare("shop/live", percentage);
            int taken = Enumerable.Range(0, Callers).Count(i => split.TakesCanary(kind(i)));
            double expected = Callers * percentage / 100;
            Assert.InRange(taken, expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void Canaries_of_two_names_take_different_callers()
    {
        CanarySplit one = CanarySplit.ByShare("a", 10), other = CanarySplit.ByShare("b", 10);
        int both = Enumerable.Range(0, 100_000).Count(i => one.TakesCanary($"u{i}") && other.TakesCanary($"u{i}"));
        Assert.InRange(both, 850, 1_150); // 1 %, as of independent ones
    }

    [Fact]
    public void A_value_of_a_field_chooses_and_nothing_else_does()
    {
        var split = CanarySplit.ByHeader("X-Canary", ["yes", "always"]);
        Assert.True(split.TakesCanary(Request(("X-Canary", "always"))));
        Assert.False(split.TakesCanary(Request(("X-Canary", "YES"))));
        Assert.False(split.TakesCanary(Request(("X-Other", "yes"))));
        Assert.False(split.TakesCanary(Request()));
        var twice = Request();
        twice.Request.Headers["X-Canary"] = new(["yes", "yes"]);
        Assert.False(split.TakesCanary(twice));
    }

    [Fact]
    public void A_caller_without_a_key_is_the_bases_and_an_address_is_one_however_it_came()
    {
        var byKey = CanarySplit.ByShare("s", 100, "Authorization");
        Assert.False(byKey.TakesCanary(Request()));
        Assert.True(byKey.TakesCanary(Request(("Authorization", "Bearer x"))));

        var byAddress = CanarySplit.ByShare("s", 50);
        Assert.False(byAddress.TakesCanary(Request()));
        for (int i = 0; i < 50; i++)
        {
            HttpContext plain = Request(), mapped = Request();
            plain.Connection.RemoteIpAddress = new IPAddress(new byte[] { 10, 0, 0, (byte)i });
            mapped.Connection.RemoteIpAddress = plain.Connection.RemoteIpAddress.MapToIPv6();
            Assert.Equal(byAddress.TakesCanary(plain), byAddress.TakesCanary(mapped));
            Assert.Equal(byAddress.TakesCanary($"10.0.0.{i}"), byAddress.TakesCanary(plain));
        }
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(100.1)]
    [InlineData(double.NaN)]
    public void A_share_that_is_none_is_refused(double percentage) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CanarySplit.ByShare("s", percentage));

    private static DefaultHttpContext Request(params (string Name, string Value)[] headers)
    {
        var http = new DefaultHttpContext();
        foreach (var (name, value) in headers) http.Request.Headers[name] = value;
        return http;
    }
}

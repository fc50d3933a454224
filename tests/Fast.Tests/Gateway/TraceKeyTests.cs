using Stateway.Gateway.Admission;
using Stateway.Gateway.Tracing;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class TraceKeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 6, 30, 0, TimeSpan.Zero);

    private readonly TraceKey _key = new(AccessKey.HashOf("stateway_key"));

    [Fact]
    public void Who_holds_the_key_signs_what_a_node_that_knows_its_hash_allows()
    {
        string field = _key.Sign("GET", "/products?max_page_size=1", Now);

        Assert.Matches("^t=1795242600;s=[0-9a-f]{64}$", field);
        Assert.True(new AccessKey(AccessKey.HashOf("stateway_key"), "administrator").ToTraceKey().Allows("GET", "/products?max_page_size=1", field, Now));
    }

    /// <summary>Computed by other means, so that a client in another language can be written by the reference.</summary>
    [Fact]
    public void The_signature_is_the_documented_one() => Assert.Equal("t=1795242600;s=46f4bfcc679414186c30d44473540008e6c16a8011a6c847be2eec53f4060902", _key.Sign("GET", "/products?max_page_size=1", Now));

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void Clocks_may_differ_by_a_minute_and_no_more(int seconds)
    {
        string field = _key.Sign("GET", "/a", Now);

        Assert.True(_key.Allows("GET", "/a", field, Now.AddSeconds(seconds)));
        Assert.False(_key.Allows("GET", "/a", field, Now.AddSeconds(seconds + Math.Sign(seconds))));
    }

    [Fact]
    public void It_holds_for_one_method_target_key_and_time()
    {
        string field = _key.Sign("GET", "/a", Now);

        Assert.False(_key.Allows("POST", "/a", field, Now));
        Assert.False(_key.Allows("GET", "/a?b=1", field, Now));
        Assert.False(new TraceKey(AccessKey.HashOf("another")).Allows("GET", "/a", field, Now));
        Assert.False(_key.Allows("GET", "/a", field.Replace("t=1795242600", "t=1795242601", StringComparison.Ordinal), Now));
        Assert.False(_key.Allows("GET", "/a", field[..^1] + (field[^1] == '0' ? '1' : '0'), Now));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("t=")]
    [InlineData("t=;s=")]
    [InlineData("s=00;t=1")]
    [InlineData("t=1795242600")]
    [InlineData("t=1795242600;s=00")]
    [InlineData("t=-1795242600;s=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=17952426000000;s=0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=1795242600;s=zz00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("t=1795242600;s=00000000000000000000000000000000000000000000000000000000000000ß0")]
    [InlineData("t=1795242600;s=0000000000000000000000000000000000000000000000000000000000000000;")]
    public void What_is_no_signature_is_not_allowed(string? field) => Assert.False(_key.Allows("GET", "/a", field, Now));
}

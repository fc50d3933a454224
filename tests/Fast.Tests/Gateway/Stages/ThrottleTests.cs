using Stateway.Gateway.Stages;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Stages;

public sealed class ThrottleTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_full_bucket_lets_a_burst_through_and_then_as_many_as_the_rate_says()
    {
        var throttle = new Throttle(rate: 10, burst: 5, _time);

        Assert.Equal(5, LetThrough(throttle, 20));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal(0, LetThrough(throttle, 5));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, LetThrough(throttle, 5));
        _time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(3, LetThrough(throttle, 5));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(5, LetThrough(throttle, 20));
    }

    [Theory]
    [InlineData(100, 200, "\"stage\";q=200;w=2", "1")]
    [InlineData(0.1, 1, "\"stage\";q=1;w=10", "10")]
    [InlineData(1000, 1, "\"stage\";q=1;w=1", "1")]
    public void A_refusal_tells_what_may_be_sent_and_when(double rate, int burst, string policy, string seconds)
    {
        var throttle = new Throttle(rate, burst, _time);
        LetThrough(throttle, burst);

        var fields = throttle.Refuse()!.Headers.ToDictionary(field => field.Key, field => field.Value);

        Assert.Equal((policy, seconds, $"\"stage\";r=0;t={seconds}"), (fields["RateLimit-Policy"], fields["Retry-After"], fields["RateLimit"]));
    }

    [Fact]
    public void Many_at_once_get_no_more_than_the_burst_and_what_is_let_through_allocates_nothing()
    {
        var throttle = new Throttle(rate: 0.001, burst: 50_000, _time);
        int through = 0;
        Parallel.For(0, 8, _ => Interlocked.Add(ref through, LetThrough(throttle, 10_000)));
        Assert.Equal(50_000, through);

        throttle = new(rate: 1000, burst: 10_000, _time);
        long before = GC.GetAllocatedBytesForCurrentThread();
        through = LetThrough(throttle, 5_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(5_000, through);
        Assert.InRange(allocated, 0, 4_999); // less than a byte each: it is the runtime's own, if anything
    }

    private static int LetThrough(Throttle throttle, int count)
    {
        int through = 0;
        for (int i = 0; i < count; i++)
        {
            if (throttle.Refuse() is null) through++;
        }

        return through;
    }
}

using System.Buffers;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Gateway.Canaries;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Canaries;

public sealed class CanaryWindowTests
{
    private static readonly Gen<ArmCounts> Arms = Gen.Choose(0, 5_000_000).ListOf().Select(latencies =>
    {
        var window = new CanaryWindow(TimeSpan.FromMinutes(1), new ManualTime());
        foreach (int microseconds in latencies) window.Record(false, microseconds % 3 == 0, TimeSpan.FromMicroseconds(microseconds));
        return window.Read().Base;
    });

    /// <summary>Of what happened: seconds that went by, or an answer.</summary>
    private readonly record struct Event(int Seconds, bool IsCanary, bool IsError, int Microseconds);

    [Fact]
    public void It_counts_what_happened_in_its_slots_and_nothing_else()
    {
        var events = Gen.Choose(0, 40).SelectMany(seconds => Gen.Choose(0, 1).SelectMany(canary => Gen.Choose(0, 3).SelectMany(error =>
            Gen.Choose(0, 1_000_000).Select(latency => new Event(seconds < 30 ? 0 : seconds - 29, canary == 1, error == 0, latency)))));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(events.ListOf().ToArbitrary(), all =>
        {
            var time = new ManualTime();
            var window = new CanaryWindow(TimeSpan.FromSeconds(24), time); // slots of two seconds
            long start = time.GetTimestamp();
            var model = new List<(long Slot, Event Event)>();
            foreach (var each in all)
            {
                time.Advance(TimeSpan.FromSeconds(each.Seconds));
                window.Record(each.IsCanary, each.IsError, TimeSpan.FromMicroseconds(each.Microseconds));
                model.Add((time.GetElapsedTime(start).Ticks / TimeSpan.FromSeconds(2).Ticks, each));
            }

            long now = time.GetElapsedTime(start).Ticks / TimeSpan.FromSeconds(2).Ticks;
            var counts = window.Read();
            foreach (bool canary in new[] { false, true })
            {
                var expected = model.Where(m => m.Slot > now - 12 && m.Event.IsCanary == canary).ToList();
                var arm = canary ? counts.Canary : counts.Base;
                if (arm.Requests != expected.Count || arm.Errors != expected.Count(m => m.Event.IsError)) return false;
                if (expected.Count == 0) continue;

                int p90 = expected.Select(m => m.Event.Microseconds).Order().ElementAt((int)Math.Ceiling(expected.Count * 0.9) - 1);
                double bound = arm.Percentile(0.9).TotalMicroseconds;
                if (bound <= p90 || bound > (p90 * 1.0625) + 1) return false;
            }

            return true;
        }));
    }

    [Fact]
    public void A_window_forgets_when_nobody_comes()
    {
        var time = new ManualTime();
        var window = new CanaryWindow(TimeSpan.FromSeconds(60), time);
        window.Record(true, true, TimeSpan.FromHours(5)); // beyond the scale: the last bucket
        Assert.Equal((1, 1, TimeSpan.FromMicroseconds(1L << 32)), (window.Read().Canary.Requests, window.Read().Canary.Errors, window.Read().Canary.Percentile(1)));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(1, window.Read().Canary.Requests);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, TimeSpan.Zero), (window.Read().Canary.Requests, window.Read().Canary.Percentile(0.99)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CanaryWindow(TimeSpan.FromMilliseconds(999), time));
    }

    [Fact]
    public void No_count_is_lost_between_threads()
    {
        var window = new CanaryWindow(TimeSpan.FromMinutes(1), new ManualTime());
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int i = 0; i < 20_000; i++) window.Record(i % 4 == 0, i % 8 == 0, TimeSpan.FromMicroseconds(i % 50));
        });

        var counts = window.Read();
        Assert.Equal((120_000, 0, 40_000, 20_000), (counts.Base.Requests, counts.Base.Errors, counts.Canary.Requests, counts.Canary.Errors));
    }

    [Fact]
    public void While_slots_change_there_are_never_more_errors_than_requests()
    {
        var time = new ManualTime();
        var window = new CanaryWindow(TimeSpan.FromSeconds(12), time);
        bool isOver = false;
        Parallel.Invoke(
            () =>
            {
                for (int i = 0; i < 200_000; i++) window.Record(true, true, TimeSpan.Zero);
                Volatile.Write(ref isOver, true);
            },
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                    var canary = window.Read().Canary;
                    Assert.InRange(canary.Errors, 0, canary.Requests);
                }
            });
    }

    [Fact]
    public void Counts_of_nodes_add_up_in_any_order()
    {
        var arms = Arms.Two().Select(pair => new CanaryCounts(pair.Item1, pair.Item2)).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(50), Prop.ForAll(arms, arms, arms, (a, b, c) =>
            Text(a + b) == Text(b + a) && Text(a + b + c) == Text(a + (b + c)) && Text(a + CanaryCounts.None) == Text(a)
            && (a + b).Base.Requests == a.Base.Requests + b.Base.Requests && (a + b).Canary.Errors == a.Canary.Errors + b.Canary.Errors));
    }

    [Fact]
    public void Counts_come_to_another_node_as_they_are()
    {
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(50), Prop.ForAll(Arms.Two().Select(pair => new CanaryCounts(pair.Item1, pair.Item2)).ToArbitrary(), counts =>
        {
            using var json = JsonDocument.Parse(Text(counts));
            var read = CanaryCounts.Read(json.RootElement)!;
            return Text(read) == Text(counts) && read.Canary.Requests == counts.Canary.Requests && read.Base.Percentile(0.5) == counts.Base.Percentile(0.5);
        }));
    }

    [Theory]
    [InlineData("5")]
    [InlineData("{}")]
    [InlineData("""{"base":{"errors":0,"latencies":[]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":1,"latencies":[]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0,"latencies":[[464,1]]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0,"latencies":[[1,-1]]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0,"latencies":[[1,1],[1,1]]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0,"latencies":[[1]]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0.5,"latencies":[]}}""")]
    [InlineData("""{"base":{"errors":0,"latencies":[]},"canary":{"errors":0,"latencies":[[1,9223372036854775807]]}}""")]
    public void What_no_node_has_written_is_not_read(string text)
    {
        using var json = JsonDocument.Parse(text);
        Assert.Null(CanaryCounts.Read(json.RootElement));
    }

    private static string Text(CanaryCounts counts)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json)) counts.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(json.WrittenSpan);
    }
}

using FsCheck;
using FsCheck.Fluent;
using Stateway.Hosting;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Program;

public sealed class HistoryPolicyTests
{
    private static readonly HistoryPolicy Policy = new() { RevisionsMax = 10_000 };

    [Theory]
    [InlineData(50_000, 0, 45_000, 49_000, 45_000)] // by age
    [InlineData(50_000, 0, 20_000, 49_000, 40_000)] // by size, which asks for more
    [InlineData(50_000, 0, 50_000, 50_000, 49_000)] // nobody writes: the last thousand stay
    [InlineData(50_000, 0, 45_000, 30_000, 30_000)] // the last hour stays, however much it is
    [InlineData(50_000, 45_000, 45_000, 49_000, null)] // done already
    [InlineData(50_000, 46_000, 45_000, 49_000, null)]
    [InlineData(900, 0, 900, 900, null)]
    [InlineData(0, 0, 0, 0, null)]
    public void What_is_old_or_too_much_goes(long revision, long compacted, long atAgeMax, long atAgeLeast, int? oldest) =>
        Assert.Equal(oldest, (int?)Policy.OldestToKeep(new(revision, compacted), atAgeMax, atAgeLeast));

    [Fact]
    public void Never_the_last_hour_nor_the_last_thousand_nor_backwards()
    {
        var number = Gen.Choose(0, 100_000).Select(i => (long)i);
        var cases = from revision in number from compacted in number from a in number from b in number from max in Gen.Choose(1_000, 50_000)
            select (State: new StoreState(revision, Math.Min(compacted, revision)), AgeMax: Math.Min(a, b), AgeLeast: Math.Max(a, b), Max: (long)max);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000), Prop.ForAll(cases.ToArbitrary(), c =>
        {
            long? oldest = new HistoryPolicy { RevisionsMax = c.Max }.OldestToKeep(c.State, c.AgeMax, c.AgeLeast);
            return oldest is null || (oldest <= c.AgeLeast && oldest <= c.State.Revision - 1_000 && oldest > c.State.Compacted);
        }));
    }
}

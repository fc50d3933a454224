using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Gateway.Canaries;
using Xunit;

namespace Stateway.Fast.Tests.Gateway.Canaries;

public sealed class ExactTestTests
{
    /// <summary>Fisher's own example: eight cups of tea, and all four that had milk first were found (1 in 70).</summary>
    [Fact]
    public void The_lady_tasting_tea_is_right()
    {
        Assert.Equal(1 / 70.0, ExactTest.ChanceOfNoise(4, 4, 0, 4), 12);
        Assert.Equal(17 / 70.0, ExactTest.ChanceOfNoise(3, 4, 1, 4), 12);
        Assert.Equal(1, ExactTest.ChanceOfNoise(0, 4, 4, 4), 12);
    }

    [Fact]
    public void It_is_what_counting_every_case_gives()
    {
        var sides = Gen.Choose(0, 60).SelectMany(bad => Gen.Choose(0, 400).Select(good => (Bad: bad, All: bad + good + 1)));
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(sides.ToArbitrary(), sides.ToArbitrary(), (canary, left) =>
        {
            double exact = Counted(canary.Bad, canary.All, left.Bad, left.All);
            return Math.Abs(ExactTest.ChanceOfNoise(canary.Bad, canary.All, left.Bad, left.All) - exact) <= 1e-9 * exact;
        }));
    }

    [Fact]
    public void More_errors_of_the_canary_are_never_more_likely_noise()
    {
        double before = 1.1;
        for (int bad = 0; bad <= 3_000; bad += 50)
        {
            double chance = ExactTest.ChanceOfNoise(bad, 1_000_000, 9_000 - bad, 9_000_000);
            Assert.InRange(chance, 0, before);
            before = chance;
        }

        Assert.InRange(before, 0, 1e-300);
    }

    private static double Counted(int canaryBad, int canaryAll, int baseBad, int baseAll)
    {
        int all = canaryAll + baseAll, bad = canaryBad + baseBad;
        var sum = BigInteger.Zero;
        for (int i = canaryBad; i <= Math.Min(bad, canaryAll); i++)
        {
            if (canaryAll - i <= all - bad) sum += Choose(bad, i) * Choose(all - bad, canaryAll - i);
        }

        return Math.Exp(BigInteger.Log(sum) - BigInteger.Log(Choose(all, canaryAll)));
    }

    private static BigInteger Choose(int n, int k)
    {
        var result = BigInteger.One;
        for (int i = 1; i <= k; i++) result = result * (n - k + i) / i;
        return result;
    }
}

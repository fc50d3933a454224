namespace Stateway.Gateway.Canaries;

/// <summary>
/// Fisher's exact test, one-sided: if it made no difference which side answers a request, and this many requests were bad, how
/// likely would at least so many of them have come to the canary? Right for any counts, also where errors are rare; it takes
/// requests as independent of each other.
/// </summary>
public static class ExactTest
{
    private const double Negligible = 1e-12;

    private static readonly double[] SmallFactorials = MakeSmallFactorials();

    /// <summary>The chance that noise alone looks like this or worse: from 0 to 1.</summary>
    public static double ChanceOfNoise(long canaryBad, long canaryAll, long baseBad, long baseAll)
    {
        long all = canaryAll + baseAll, bad = canaryBad + baseBad;
        double term = Math.Exp(LogChoose(bad, canaryBad) + LogChoose(all - bad, canaryAll - canaryBad) - LogChoose(all, canaryAll));

        // The terms of the hypergeometric distribution, each made of the one before, away from the middle: there they only
        // become smaller, and what is too small for a double does not matter.
        double sum = 0;
        if (canaryBad > (double)bad * canaryAll / all)
        {
            for (long i = canaryBad; term > sum * Negligible; i++)
            {
                sum += term;
                term *= (double)(bad - i) * (canaryAll - i) / ((double)(i + 1) * (all - bad - canaryAll + i + 1));
            }

            return Math.Min(sum, 1);
        }

        for (long i = canaryBad; ; i--)
        {
            term *= (double)i * (all - bad - canaryAll + i) / ((double)(bad - i + 1) * (canaryAll - i + 1));
            if (term <= sum * Negligible) return 1 - sum;
            sum += term;
        }
    }

    private static double LogChoose(long n, long k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    /// <summary>Stirling's series; from 256 on its error is below that of a double.</summary>
    private static double LogFactorial(long n)
    {
        if (n < SmallFactorials.Length) return SmallFactorials[n];

        double x = n;
        return (x * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI * x)) + (1 / (12 * x)) - (1 / (360 * x * x * x));
    }

    private static double[] MakeSmallFactorials()
    {
        double[] logs = new double[256];
        for (int i = 2; i < logs.Length; i++) logs[i] = logs[i - 1] + Math.Log(i);
        return logs;
    }
}

using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaSuiteTests
{
    [Fact]
    public void Every_required_case_of_2020_12_holds()
    {
        var suite = SchemaSuite.Open();
        int run = 0;
        var failed = new List<string>();
        foreach (string file in suite.Files(""))
        {
            var (cases, wrong) = suite.Run(file, assertFormats: false, except: []);
            run += cases;
            failed.AddRange(wrong);
        }

        Assert.Empty(failed);
        Assert.True(run > 1200, $"only {run} cases were found");
    }
}

using Xunit;

namespace Stateway.Fast.Tests.Schemas;

public sealed class SchemaSuiteTests
{
    private static readonly string[] s_otherLanguages =
    [
        // Schemas of older drafts are read as 2020-12: there is one validator, for one draft and OpenAPI 3.0.
        "refs to historic drafts are processed as historic drafts",
    ];

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

        Assert.True(failed.Count == 0, string.Join("\n", failed));
        Assert.True(run > 1200, $"only {run} cases were found");
    }

    [Fact]
    public void Every_optional_case_of_a_format_holds()
    {
        var suite = SchemaSuite.Open();
        int run = 0;
        var failed = new List<string>();
        foreach (string file in suite.Files("optional/format"))
        {
            var (cases, wrong) = suite.Run(file, assertFormats: true, except: []);
            run += cases;
            failed.AddRange(wrong);
        }

        Assert.True(failed.Count == 0, string.Join("\n", failed));
        Assert.True(run > 700, $"only {run} cases were found");
    }

    [Fact]
    public void Every_other_optional_case_holds_except_those_named()
    {
        var suite = SchemaSuite.Open();
        int run = 0;
        var failed = new List<string>();
        foreach (string file in suite.Files("optional"))
        {
            var (cases, wrong) = suite.Run(file, assertFormats: false, except: s_otherLanguages);
            run += cases;
            failed.AddRange(wrong);
        }

        Assert.True(failed.Count == 0, string.Join("\n", failed));
        Assert.True(run > 130, $"only {run} cases were found");
    }
}

using System.Text;
using Stateway.Model.Problems;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Gateway;

public sealed class ProblemReferenceTests
{
    /// <summary>Set STATEWAY_APPROVE=1 to write the page anew after a change of the list.</summary>
    [Fact]
    public void The_reference_of_problems_is_what_the_program_knows()
    {
        var page = new StringBuilder("# Problems\n\nEvery refusal is a problem document (RFC 9457): `application/problem+json`, or `application/problem+xml` for\nwho prefers XML. `code` is stable. The server explains each at its `type`, a path.\n\n| Status | Code | Title | Meaning |\n|---|---|---|---|\n");
        foreach (var type in ProblemTypes.All) page.Append($"| {type.Status} | `{type.Code}` | {type.Title} | {type.Explanation} |\n");

        string file = Repository.Path("docs", "reference", "problems.md");
        if (Environment.GetEnvironmentVariable("STATEWAY_APPROVE") == "1") File.WriteAllText(file, page.ToString());
        Assert.Equal(page.ToString(), File.ReadAllText(file));
    }

    [Fact]
    public void Every_code_and_path_is_there_once()
    {
        Assert.Equal(ProblemTypes.All.Count, ProblemTypes.All.Select(t => t.Code).Distinct().Count());
        Assert.Equal(typeof(ProblemTypes).GetFields().Length, ProblemTypes.All.Count);
    }
}

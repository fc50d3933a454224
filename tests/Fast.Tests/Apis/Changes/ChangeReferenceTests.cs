using System.Text;
using Stateway.Model.Apis.Changes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Apis.Changes;

public sealed class ChangeReferenceTests
{
    private const string Head = """
        # Changes

        What clients notice when a document takes the place of another: both are compared as they are served. **Breaking**: a
        client that kept to the old document can fail. **Warning**: most don't notice, some may. **Info**: nobody has to change.

        The principle: what a client sends may only get wider, what it receives only narrower. A schema that is both sent and
        received is compared for both, so the same change can have two verdicts. `readOnly` properties are only received,
        `writeOnly` ones only sent. What can't be decided, such as which of two patterns takes more, is taken for the worse where
        it is sent, and for a warning where it is received. So are limits of what is received (length, range, count, format) that
        are loosened: the values stay what they were until somebody uses the room.

        Compared is what a schema says of a value all together: its own keywords, what it refers to and its `allOf`. It does not
        matter in which of them a thing is said, nor the order of members, of `required`, `enum`, types, branches or parameters.
        Descriptions, titles, examples and words that begin with `x-` make no difference, but for `x-stateway-reference`. A
        component that several operations share is told once for each direction, with the first of them; once for both where they come to the same.

        Branches of `oneOf` and `anyOf` are matched by their component, else by what they say, else by their types. That values
        of one branch of a `oneOf` must fit no other is not looked at. Callbacks, webhooks and links are not compared.

        A comparison lists at most 1,000 changes, breaking ones first, and counts the rest.

        ## Documents, operations, collections


        """;

    /// <summary>Set STATEWAY_APPROVE=1 to write the page anew after a change of the list.</summary>
    [Fact]
    public void The_reference_of_changes_is_what_the_program_knows()
    {
        var page = new StringBuilder(Head).Append("| Code | Verdict | Meaning |\n|---|---|---|\n");
        foreach (var rule in ChangeRules.All.Where(rule => !rule.IsOfSchema)) page.Append($"| `{rule.Code}` | {Word(rule.Sent)} | {rule.Meaning} |\n");
        page.Append("\n## Schemas\n\n| Code | Sent | Received | Meaning |\n|---|---|---|---|\n");
        foreach (var rule in ChangeRules.All.Where(rule => rule.IsOfSchema)) page.Append($"| `{rule.Code}` | {Word(rule.Sent)} | {Word(rule.Received)} | {rule.Meaning} |\n");

        string file = Repository.Path("docs", "reference", "changes.md");
        if (Environment.GetEnvironmentVariable("STATEWAY_APPROVE") == "1") File.WriteAllText(file, page.ToString());
        Assert.Equal(page.ToString(), File.ReadAllText(file));
    }

    private static string Word(ChangeSeverity? severity) => severity switch
    {
        ChangeSeverity.Breaking => "**breaking**",
        ChangeSeverity.Warning => "warning",
        ChangeSeverity.Info => "info",
        _ => "–",
    };
}

using System.CommandLine;
using Stateway.Client;
using Stateway.Client.Files;
using Stateway.Client.Plans;

namespace Stateway.Commands;

/// <summary><c>stateway apply -f FILE|FOLDER|-</c>: makes the server have what files say, in one step, and says first what that changes.</summary>
internal static class ApplyCommand
{
    public static Command Create()
    {
        var files = new Option<string[]>("--file", "-f")
        {
            Description = "A file of resources (.yaml, .yml, .json), a folder of such files, or - for standard input. May be given several times.",
            HelpName = "FILE|FOLDER|-", Required = true,
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would change, and have the server check it." };
        var prune = new Option<bool>("--prune") { Description = "Delete what carries the labels of --selector, or of --set, and is not in the files." };
        var selector = new Option<string?>("--selector", "-l") { Description = "Labels of what --prune may delete.", HelpName = "LABEL=VALUE,…" };
        var set = new Option<string?>("--set") { Description = $"Put all that is applied into this set, by the label {PruneScope.SetLabel}.", HelpName = "NAME" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Delete without asking." };
        selector.Validators.Add(result =>
        {
            if (!PruneScope.TryParse(result.GetValueOrDefault<string>() ?? "", out _)) result.AddError("--selector is LABEL=VALUE, or several of them with commas between.");
        });
        set.Validators.Add(result =>
        {
            if (!PruneScope.IsWord(result.GetValueOrDefault<string>() ?? "")) result.AddError("--set is 1 to 63 of A-Z a-z 0-9 . _ / -, and begins with a letter or a digit.");
        });

        var command = new Command("apply", """
            Makes the server have the resources that files describe: says what changes, then does it in one step, or not at all.

              stateway apply -f shop.yaml
              stateway apply -f config/ --set shop --prune
              stateway export | stateway apply -f - --dry-run --context test
            """) { files, dryRun, prune, selector, set, yes };
        command.Validators.Add(result =>
        {
            bool hasSelector = result.GetResult(selector) is not null, hasSet = result.GetResult(set) is not null;
            if (result.GetResult(prune) is not null && hasSelector == hasSet) result.AddError("--prune needs --selector or --set, one of them: it says what may be deleted.");
            if (result.GetResult(prune) is null && hasSelector) result.AddError("--selector says what --prune may delete; give --prune, too.");
        });
        command.SetClientAction((parsed, session, ct) =>
        {
            PruneScope? scope = null;
            if (parsed.GetValue(prune)) scope = parsed.GetValue(set) is { } name ? PruneScope.OfSet(name) : PruneScope.TryParse(parsed.GetValue(selector)!, out var chosen) ? chosen : null;
            return ApplyAsync(session, new(parsed.GetValue(files)!, parsed.GetValue(set), scope, parsed.GetValue(dryRun), parsed.GetValue(yes)), ct);
        });
        return command;
    }

    private sealed record Order(string[] Files, string? Set, PruneScope? Scope, bool IsDryRun, bool IsSure);

    private static async Task<int> ApplyAsync(Session session, Order order, CancellationToken ct)
    {
        // 1. What the files say.
        var reading = ResourceFiles.Read(order.Files, session.Kinds);
        foreach (string left in reading.LeftAlone) Terminal.Warning(left);
        var (resources, errors) = order.Set is null ? (reading.Resources, reading.Errors) : SetLabels.Put(order.Set, reading);
        foreach (string error in errors) Terminal.Error(error);
        if (errors.Count > 0) return 1;
        if (resources.Count == 0) return ClientCommand.Tell(new("There is nothing to apply."));

        // 2. What that changes.
        var (plan, failures) = await PlanAsync(session, resources, order.Scope, ct);
        foreach (var failure in failures) ClientCommand.Tell(failure);
        if (plan is null) return 1;

        foreach (string line in plan.Lines()) Terminal.Say(line);
        if (plan.Writes.Count == 0) return 0;
        if (!order.IsDryRun && !order.IsSure && !IsAllowed(plan)) return ClientCommand.Tell(new("Nothing was done."));

        // 3. All of it, or nothing.
        var (revision, refusals) = await PlanBatch.SendAsync(session, plan, order.IsDryRun, ct);
        foreach (var refusal in refusals) ClientCommand.Tell(refusal);
        if (revision is null) return 1;

        Terminal.Say(order.IsDryRun ? "A dry run: the server would take it; nothing was written." : $"Applied, at revision {revision}.");
        return 0;
    }

    private static async Task<(Plan? Plan, IReadOnlyList<Failure> Failures)> PlanAsync(
        Session session, IReadOnlyList<FileResource> resources, PruneScope? scope, CancellationToken ct)
    {
        using var line = new ProgressLine(session.Time);
        return await new Planner(session).MakeAsync(resources, scope, (done, total) => line.Show("resources compared", done, total), ct);
    }

    /// <summary>Deletions are asked for on a terminal; a script has said what it wants by --prune.</summary>
    private static bool IsAllowed(Plan plan)
    {
        int deletes = plan.Count(PlanVerb.Delete);
        if (deletes == 0 || Console.IsInputRedirected || Console.IsOutputRedirected) return true;

        Console.Out.Write(deletes == 1 ? "Delete 1 resource, and what belongs to it? [y/N] " : $"Delete {deletes} resources, and what belongs to them? [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}

using System.CommandLine;
using Stateway.Client.Editing;

namespace Stateway.Commands;

/// <summary><c>stateway edit KIND ID</c>: opens a resource in an editor and writes what was changed, unless somebody else was faster.</summary>
internal static class EditCommand
{
    public static Command Create()
    {
        var kind = ClientCommand.KindArgument();
        var id = new Argument<string>("ID") { Description = "Which one; below others PARENT/ID." };
        FolderArgument.RefuseOptions(id);
        var command = new Command("edit", """
            Opens a resource as YAML in the editor that VISUAL or EDITOR names (else vi), and writes it when it was changed.
            What the server refuses is opened again, with the reasons.

              stateway edit stage shop/live
            """) { kind, id };
        command.SetClientAction(async (parsed, session, ct) =>
        {
            var (name, exitCode) = ClientCommand.Resource(session, parsed.GetValue(kind)!, parsed.GetValue(id)!);
            if (name is null) return exitCode;
            if (!name.Kind.CanReplace) return ClientCommand.Tell(new($"{name.Kind.FullName} can't be changed."));

            return await new Edit(session, name).RunAsync(ct) switch
            {
                EditOutcome.Written => Say($"{name} is changed."),
                EditOutcome.Unchanged => Say("Nothing was changed."),
                EditOutcome.Failed failed => ClientCommand.Tell(failed.Failure),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }, stops: false); // what was written stays in its file
        return command;
    }

    private static int Say(string message)
    {
        Terminal.Say(message);
        return 0;
    }
}

using System.CommandLine;
using System.CommandLine.Help;

namespace Stateway.Commands;

/// <summary><c>stateway secrets</c>: what the commands for all kinds can't do for secrets.</summary>
internal static class SecretsCommand
{
    public static Command Create()
    {
        var command = new Command("secrets", """
            Sets secrets, and changes the keys that they are encrypted with.

              stateway secrets set payments-token < token.txt
              stateway secrets rotate --master-key master.key --new-master-key next.key

            get, delete and export take secrets like every kind; none of them shows a value.
            """)
        {
            SecretsSetCommand.Create(),
            SecretsRotateCommand.Create(),
        };

        // Alone it says what there is.
        command.SetAction(parsed =>
        {
            new HelpAction().Invoke(parsed);
            return 2;
        });
        return command;
    }
}

using System.CommandLine;
using System.CommandLine.Help;

namespace Stateway.Commands;

/// <summary><c>stateway store</c>: what can be done with a store itself.</summary>
internal static class StoreCommand
{
    public static Command Create()
    {
        var command = new Command("store", """
            Copies and checks stores.

              stateway store check sqlite:shop/.stateway
              stateway store copy sqlite:shop/.stateway postgres://shop@db.internal/shop

            A store is sqlite:PATH, postgres://USER@HOST/DATABASE or etcd://HOST:PORT,…/PREFIX.
            """)
        {
            StoreCopyCommand.Create(),
            StoreCheckCommand.Create(),
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

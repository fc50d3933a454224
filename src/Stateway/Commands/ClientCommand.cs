using System.CommandLine;
using Stateway.Client;
using Stateway.Client.Kinds;

namespace Stateway.Commands;

/// <summary>What every command has that is a client of the management API.</summary>
internal static class ClientCommand
{
    /// <summary>Gives a command its connection and runs it: with what the server has, until done or stopped.</summary>
    /// <param name="stops">A first signal stops it in an orderly way; otherwise it ends the process.</param>
    public static void SetClientAction(this Command command, Func<ParseResult, Session, CancellationToken, Task<int>> run, bool stops = true)
    {
        var options = new ConnectionOptions();
        options.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var (connection, wrong) = options.Choose(parsed);
            if (connection is null) return Tell(wrong!);
            if (connection.ExposesKey) Terminal.Warning($"The key goes to {connection.Text} unencrypted; https would hide it.");

            using var stop = stops ? new StopSignals() : null;
            var ct = stop?.Token ?? CancellationToken.None;
            try
            {
                var (session, failure) = await Session.OpenAsync(connection, TimeProvider.System, ct);
                if (session is null) return Tell(failure!);

                using (session) return await run(parsed, session, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                Terminal.Error("Stopped.");
                return 1;
            }
        });
    }

    /// <returns>The exit code.</returns>
    public static int Tell(Failure failure)
    {
        Terminal.Error(failure.What);
        foreach (string line in failure.Where) Console.Error.WriteLine("  " + line);
        return 1;
    }

    /// <summary>A word was wrong that only the server's answer could tell.</summary>
    public static int TellWrongWord(string why)
    {
        Terminal.Error(why);
        return 2;
    }

    public static Argument<string> KindArgument()
    {
        var kind = new Argument<string>("KIND") { Description = "A kind, such as stages, stage, apis/stages, or as much of it as is clear." };
        FolderArgument.RefuseOptions(kind);
        return kind;
    }

    /// <summary>The resource that a command line names, or what is wrong with that.</summary>
    public static (ResourceName? Name, int ExitCode) Resource(Session session, string kindWord, string id)
    {
        var (kind, whyNot) = session.Kinds.Find(kindWord);
        if (kind is null) return (null, TellWrongWord(whyNot!));

        var (name, failure) = Session.NameOf(kind, id);
        return name is null ? (null, TellWrongWord(failure!.What)) : (name, 0);
    }
}

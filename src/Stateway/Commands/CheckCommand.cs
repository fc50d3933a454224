using System.CommandLine;
using Stateway.Model.Apis;

namespace Stateway.Commands;

/// <summary><c>stateway check FOLDER|FILE</c>: reads and checks, serves nothing.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var path = FolderArgument.Create();
        var command = new Command("check", "Checks every OpenAPI document of a folder, and says all that is wrong with them.") { path };
        command.SetAction(parsed => Check(parsed.GetValue(path)!));
        return command;
    }

    private static int Check(string path)
    {
        if (FolderArgument.WhyNotReadable(path) is { } why)
        {
            Terminal.Error(why);
            return 1;
        }

        var reading = ApiReader.Read(path);
        Terminal.Report(reading);
        if (reading.Errors.Count > 0)
        {
            Terminal.Say(reading.Errors.Count == 1 ? "1 error." : $"{reading.Errors.Count} errors.");
            return 1;
        }

        foreach (var api in reading.Apis)
            Terminal.Say($"{api.Name}: {api.Title} {api.Version}, {api.Operations.Length} operations under {(api.BasePath.Length == 0 ? "/" : api.BasePath)}");
        Terminal.Say("No errors.");
        return 0;
    }
}

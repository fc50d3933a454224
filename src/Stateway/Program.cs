using System.CommandLine;
using Stateway.Commands;

// Exit codes: 0 done, 1 it could not be done, 2 the command line was wrong.
var root = new RootCommand("Turns a description of a REST API into a running one.")
{
    RunCommand.Create(),
    CheckCommand.Create(),
};

var parsed = root.Parse(args);
if (parsed.Errors.Count == 0)
{
    // Signals are the commands' own: the library would end the process two seconds after the first one.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}

foreach (var error in parsed.Errors) Terminal.Error(error.Message);
Console.Error.WriteLine($"See: stateway {(parsed.CommandResult.Command == root ? "" : parsed.CommandResult.Command.Name + " ")}--help");
return 2;

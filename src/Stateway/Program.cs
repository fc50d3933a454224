using System.CommandLine;
using System.CommandLine.Parsing;
using Stateway.Commands;

// Exit codes: 0 done, 1 it could not be done, 2 the command line was wrong.
var root = new RootCommand("Turns a description of a REST API into a running one.")
{
    RunCommand.Create(),
    ServeCommand.Create(),
    CheckCommand.Create(),
    StoreCommand.Create(),
    ApplyCommand.Create(),
    GetCommand.Create(),
    DeleteCommand.Create(),
    EditCommand.Create(),
    ExportCommand.Create(),
    WhyCommand.Create(),
    CallCommand.Create(),
    SecretsCommand.Create(),
    ContextCommand.Create(),
    CompletionCommand.Create(),
};

// A word that begins with @ is no file of arguments: call takes it for a body.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count == 0)
{
    // Signals are the commands' own: the library would end the process two seconds after the first one.
    return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
}

foreach (string why in CommandLineErrors.Of(parsed)) Terminal.Error(why);

var names = new List<string>();
for (var result = parsed.CommandResult; result.Command != root && result.Parent is CommandResult parent; result = parent) names.Insert(0, result.Command.Name + " ");
Console.Error.WriteLine($"See: stateway {string.Concat(names)}--help");
return 2;

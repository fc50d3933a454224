using System.CommandLine;
using System.CommandLine.Parsing;
using Stateway.Model.Names;

namespace Stateway.Commands;

/// <summary>What is wrong with a command line, each with what would be right: the library knows only that something is.</summary>
internal static class CommandLineErrors
{
    public static IEnumerable<string> Of(ParseResult parsed)
    {
        var at = parsed.CommandResult;
        var commands = at.Command.Subcommands.Select(command => command.Name).ToArray();

        // Where a command is to be, a word is a command that isn't one, and what is behind it can't be judged.
        if (commands.Length > 0 && parsed.UnmatchedTokens is [[not '-', ..] word, ..])
            return [$"There is no command '{word}'{Meant(word, commands)}. There are: {string.Join(", ", commands)}."];
        if (commands.Length > 0 && parsed.UnmatchedTokens.Count == 0) return [$"Required command is missing. There are: {string.Join(", ", commands)}."];

        var options = at.Command.Options.Select(option => option.Name).ToArray();
        if (parsed.UnmatchedTokens.FirstOrDefault(token => token.StartsWith('-')) is { } unknown)
            return [$"There is no option '{unknown}'{Meant(unknown, options)}."];

        // Of arguments that are missing the library names the command.
        var missing = at.Children.OfType<ArgumentResult>().ToDictionary(result => result.Argument, result => result.Tokens.Count > 0);
        return parsed.Errors.Select(error => error.SymbolResult is CommandResult or ArgumentResult { Tokens.Count: 0 } && parsed.UnmatchedTokens.Count == 0
            && at.Command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && !missing.GetValueOrDefault(argument)) is { } first
                ? $"{first.Name} is missing."
                : error.Message).Distinct();
    }

    private static string Meant(string name, IEnumerable<string> known) => Nearest.Of(name, known) is { } nearest ? $"; did you mean '{nearest}'?" : "";
}

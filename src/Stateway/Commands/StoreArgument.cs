using System.CommandLine;
using Stateway.Stores;

namespace Stateway.Commands;

/// <summary>A store's URL on the command line.</summary>
internal static class StoreArgument
{
    public static Argument<string> Create(string name, string description)
    {
        var argument = new Argument<string>(name) { Description = description };
        FolderArgument.RefuseOptions(argument);
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ['-', ..] and var text }, ..] && !StoreUrl.TryParse(text, out _, out string? error))
                result.AddError($"{name}: {error}");
        });
        return argument;
    }

    /// <summary>With the environment's password, where the URL has none.</summary>
    public static StoreUrl Of(ParseResult parsed, Argument<string> argument)
    {
        StoreUrl.TryParse(parsed.GetValue(argument)!, out var url, out _); // the validator has let it pass
        return url!.WithPassword(StorePassword.OfEnvironment());
    }
}

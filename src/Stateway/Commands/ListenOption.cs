using System.CommandLine;
using Stateway.Configuring;

namespace Stateway.Commands;

internal static class ListenOption
{
    /// <param name="description">Ends with what holds when it is not given.</param>
    public static Option<string?> Create(string description)
    {
        var listen = new Option<string?>("--listen") { Description = description, HelpName = "ADDRESS:PORT" };
        listen.Validators.Add(result =>
        {
            if (!ListenAddress.TryParse(result.GetValueOrDefault<string>(), out _))
                result.AddError($"--listen is \"{result.GetValueOrDefault<string>()}\"; {ListenAddress.Rule}");
        });
        return listen;
    }
}

using System.CommandLine;
using Stateway.Hosting;
using Stateway.Secrets;

namespace Stateway.Commands;

/// <summary>Where a node has its master keys from: <c>--master-key</c>, STATEWAY_MASTER_KEY, or the data folder.</summary>
internal static class MasterKeyOption
{
    public static Option<string?> Create() => new("--master-key")
    {
        Description = $"File with the key that secrets are encrypted under [default: {MasterKeyFile.Variable}, else {MasterKeyFile.Name} in the data folder, which the first secret makes].",
        HelpName = "FILE",
    };

    /// <returns>Null when they can't be read, which has been said.</returns>
    public static ServerOptions? With(this ServerOptions options, ParseResult parsed, Option<string?> option)
    {
        var (keys, error) = Read(parsed.GetValue(option));
        bool areChosen = keys is not null;
        string usual = Path.Combine(options.DataFolder, MasterKeyFile.Name);
        if (keys is null && error is null && File.Exists(usual)) (keys, error) = MasterKeyFile.Read(usual);
        if (error is null) return options with { MasterKeys = keys ?? [], AreMasterKeysChosen = areChosen };

        Terminal.Error(error);
        return null;
    }

    /// <returns>No keys and no error where neither a file nor the environment names any.</returns>
    public static (IReadOnlyList<MasterKey>? Keys, string? Error) Read(string? file) =>
        file is not null ? MasterKeyFile.Read(file)
        : Environment.GetEnvironmentVariable(MasterKeyFile.Variable) is { Length: > 0 } text ? MasterKeyFile.Parse(text, MasterKeyFile.Variable)
        : (null, null);
}

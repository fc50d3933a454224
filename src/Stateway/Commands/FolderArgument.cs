using System.CommandLine;

namespace Stateway.Commands;

/// <summary>The folder or file that commands read documents from.</summary>
internal static class FolderArgument
{
    public static Argument<string> Create()
    {
        var path = new Argument<string>("FOLDER|FILE") { Description = "A folder of OpenAPI documents (.yaml, .yml, .json), or one document." };
        RefuseOptions(path);
        return path;
    }

    /// <summary>The library takes an option that it does not know for the argument.</summary>
    public static void RefuseOptions(Argument argument) => argument.Validators.Add(result =>
    {
        if (result.Tokens is [{ Value: ['-', ..] option }, ..]) result.AddError($"Unrecognized option '{option}'.");
    });

    public static string? WhyNotReadable(string path) =>
        Directory.Exists(path) || File.Exists(path) ? null : $"{path}: there is no such folder or file.";

    /// <summary>The folder itself, or the one that the file lies in.</summary>
    public static string FolderOf(string path) => Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
}

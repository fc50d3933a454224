using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests;

/// <summary>
/// Runs the commands of the README's walk in order and compares what they print. Times, made-up ids and request ids differ
/// from run to run and are compared by their form. Set STATEWAY_APPROVE=1 to write the outputs anew.
/// </summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task Every_output_of_the_walk_is_real()
    {
        string file = Repository.Path("README.md");
        string written = await File.ReadAllTextAsync(file);
        using var data = new TempFolder();
        await using var shop = await StatewayProgram.RunAsync(Repository.Path("examples", "shop"), data.Path);

        // Its reader takes longer to begin than the program to write down what it serves.
        using (var administrator = new Management.Administrator(shop)) await administrator.ReadyAsync("/apis/shop/stages/live", "true");

        var actual = new StringBuilder();
        int commands = 0;
        bool inWalk = false;
        foreach (string line in written.Split('\n'))
        {
            if (line == "```console") inWalk = true;
            else if (line == "```") inWalk = false;

            if (inWalk && line.StartsWith("$ ", StringComparison.Ordinal))
            {
                commands++;
                actual.Append(line).Append('\n');
                string output = await RunAsync(line[2..].Replace("localhost:8080", shop.Url.Authority, StringComparison.Ordinal));
                actual.Append(output.Replace("\r", "", StringComparison.Ordinal).TrimEnd()).Append('\n');
            }
            else if (!inWalk || line == "```console")
            {
                actual.Append(line).Append('\n');
            }
        }

        string expected = written + "\n";
        if (Environment.GetEnvironmentVariable("STATEWAY_APPROVE") == "1") await File.WriteAllTextAsync(file, actual.ToString()[..^1]);
        Assert.True(commands > 10);
        Assert.Equal(Form(expected), Form(actual.ToString()));
    }

    private static async Task<string> RunAsync(string command)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true })!;
        string output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output;
    }

    private static string Form(string text) =>
        Tokens().Replace(Dates().Replace(Ids().Replace(Times().Replace(text, "TIME"), "ID"), "DATE"), "TOKEN");

    [GeneratedRegex(@"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")]
    private static partial Regex Times();

    [GeneratedRegex(@"\b01[0-9a-z]{24}\b")]
    private static partial Regex Ids();

    [GeneratedRegex(@"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT")]
    private static partial Regex Dates();

    [GeneratedRegex(@"(?<=page_token"":"")[\w-]{20,}")]
    private static partial Regex Tokens();
}

using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway completion</c>: scripts that shells load.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("stateway ap", "apply")]
    [InlineData("stateway get --wa", "--watch")]
    [InlineData("stateway context re", "remove")]
    [InlineData("stateway completion f", "fish")]
    public async Task Bash_loads_the_script_and_completes(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/bin/bash") || File.Exists("/usr/bin/bash"), "bash is not installed");
        string folder = Path.GetDirectoryName(StatewayProgram.File)!;
        string script = $"""
            set -eu; PATH={folder}:$PATH
            source <(stateway completion bash)
            complete -p stateway
            COMP_LINE='{line}'; COMP_POINT=$(printf %s "$COMP_LINE" | wc -c); COMP_WORDS=({line}); COMP_CWORD=$(({line.Split(' ').Length} - 1))
            _stateway
            printf '%s\n' "$(printf '%s ' "$COMP_REPLY")"
            """.Replace("\"$COMP_REPLY\"", "\"${COMPREPLY[@]}\"", StringComparison.Ordinal);
        var (code, output, error) = await StatewayProgram.CallToolAsync("bash", "-c", script);
        Assert.True(code == 0, error);
        Assert.Equal($"complete -o default -F _stateway stateway\n{expected} \n", output);
    }

    [Theory]
    [InlineData("zsh", "compdef _stateway stateway")]
    [InlineData("fish", "complete --command stateway")]
    public async Task Other_shells_have_theirs(string shell, string words)
    {
        var (code, output, _) = await StatewayProgram.CallAsync("completion", shell);
        Assert.Equal(0, code);
        Assert.Contains(words, output, StringComparison.Ordinal);
        if (!File.Exists("/usr/bin/" + shell)) return;

        var (loaded, _, error) = await StatewayProgram.CallToolAsync(shell, "-n", "-c", output);
        Assert.True(loaded == 0, error);
    }

    [Fact]
    public async Task Another_shell_is_refused()
    {
        var (code, _, error) = await StatewayProgram.CallAsync("completion", "tcsh");
        Assert.Equal(2, code);
        Assert.Contains("tcsh", error, StringComparison.Ordinal);
    }
}

using System.Runtime.Versioning;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway edit</c>, with editors that are scripts.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class EditTests : IAsyncLifetime
{
    private ClientServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ClientServer.StartAsync();
        await _server.PutAsync("/apis/shop", """{"title":"Shop","tier":1}""");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_is_saved_is_written()
    {
        var (code, output, error) = await EditAsync("sed -i 's/title: Shop/title: Bank/' \"$1\"");
        Assert.Equal((0, "apis/shop is changed.\n", ""), (code, output, error));
        Assert.Equal("Bank", await TitleAsync());
    }

    [Fact]
    public async Task What_is_left_as_it_is_is_not_written()
    {
        var (code, output, _) = await EditAsync("true");
        Assert.Equal((0, "Nothing was changed.\n"), (code, output));
        (code, output, _) = await EditAsync("sed -i 's/^# apis/# my words/' \"$1\""); // comments alone are no change
        Assert.Equal((0, "Nothing was changed.\n"), (code, output));
        Assert.Equal(1, await _server.VersionsAsync("/apis/shop"));
    }

    [Fact]
    public async Task An_editor_that_fails_changes_nothing()
    {
        var (code, _, error) = await EditAsync("sed -i 's/Shop/Bank/' \"$1\"; exit 3");
        Assert.Equal(1, code);
        Assert.Contains("ended with 3; nothing was written.", error, StringComparison.Ordinal);
        Assert.Equal("Shop", await TitleAsync());
    }

    [Fact]
    public async Task What_is_refused_is_opened_again_with_the_reasons_until_it_is_right()
    {
        // First a wrong value, then no YAML, then another id, then what is right; a copy of what was opened each time.
        var (code, output, error) = await EditAsync("""
            n=$(ls "$COPIES" | wc -l); cp "$1" "$COPIES/$n"
            case $n in
              0) sed -i 's/tier: 1/tier: 9/' "$1" ;;
              1) sed -i 's/tier: 9/tier: [/' "$1" ;;
              2) sed -i 's/tier: \[/tier: 3/; s/id: shop/id: bank/' "$1" ;;
              3) sed -i 's/id: bank/id: shop/' "$1" ;;
            esac
            """);
        Assert.True(code == 0, error);
        Assert.Equal("apis/shop is changed.\n", output);
        Assert.Equal(3, (await _server.GetAsync("/apis/shop")).GetProperty("tier").GetInt32());
        Assert.Matches(@"# The server refuses this:\n(# .*\n)*#   /tier: ", Copy(1));
        Assert.Contains("# This can't be read", Copy(2), StringComparison.Ordinal);
        Assert.DoesNotContain("The server refuses", Copy(2), StringComparison.Ordinal);
        Assert.Contains("# This must stay apis/shop", Copy(3), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_text_that_is_left_as_it_is_is_kept_in_a_file()
    {
        var (code, _, error) = await EditAsync("sed -i 's/tier: 1/tier: 9/' \"$1\"");
        Assert.Equal(1, code);
        string file = error[(error.IndexOf(" is in ", StringComparison.Ordinal) + 7)..].TrimEnd('.', '\n');
        Assert.Contains("tier: 9", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_change_of_somebody_else_meanwhile_is_shown_before_it_is_overwritten()
    {
        var (code, output, error) = await EditAsync($"""
            n=$(ls "$COPIES" | wc -l); cp "$1" "$COPIES/$n"
            if [ $n = 0 ]; then
              curl -s -X PUT {_server.Url}apis/shop -H 'Content-Type: application/json' -d '{"{"}"title":"Theirs","tier":1{"}"}' >/dev/null
              sed -i 's/title: Shop/title: Ours/' "$1"
            else
              sed -i '/Change anything/d' "$1"
            fi
            """);
        Assert.True(code == 0, error);
        Assert.Equal("apis/shop is changed.\n", output);
        Assert.Matches(@"# apis/shop was changed at 20\S+Z \(revision \d+\)\. That was while you were editing:\n#   title: ""Shop"" → ""Theirs""\n", Copy(1));
        Assert.Equal("Ours", await TitleAsync());
    }

    [Fact]
    public async Task What_is_not_there_can_t_be_edited() =>
        Assert.Contains("There is no apis/nothing.", await _server.FailedAsync(1, "edit", "api", "nothing"), StringComparison.Ordinal);

    private async Task<(int ExitCode, string Out, string Error)> EditAsync(string script)
    {
        Directory.CreateDirectory(_server.PathOf("copies"));
        string editor = _server.Write("editor.sh", script.ReplaceLineEndings("\n"));
        return await StatewayProgram.CallAsync(_server.Variables(("VISUAL", ""), ("EDITOR", "sh " + editor), ("COPIES", _server.PathOf("copies"))), "edit", "api", "shop");
    }

    private string Copy(int round) => File.ReadAllText(_server.PathOf($"copies/{round}"));

    private async Task<string?> TitleAsync() => (await _server.GetAsync("/apis/shop")).GetProperty("title").GetString();
}

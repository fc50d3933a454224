using System.Text;
using System.Text.Json;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway export</c>: what it writes, <c>apply</c> takes back.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private ClientServer _server = null!;
    private ClientServer _other = null!;

    public async ValueTask InitializeAsync() => (_server, _other) = (await ClientServer.StartAsync(), await ClientServer.StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task What_is_exported_and_applied_to_an_empty_server_is_the_same_there()
    {
        await _server.PutAsync("/apis/shop", """{"title":"Shop","team":"web","labels":{"a":"b"}}""");
        await _server.PutAsync("/apis/shop/deployments/d.1", """{"document":{"openapi":"3.1.0","paths":{"/a/{b}":{"get":{}}}},"files":{"seed.json":"[\n  {}\n]\n"}}""");
        await _server.PutAsync("/apis/shop/stages/live", """{"deployment":"d.1","throttle":{"rate":1.50}}""");
        await _server.PutAsync("/domains/shop.example", """{"host":"shop.example","api":"shop"}""");

        await _server.DoneAsync("export", "--to", _server.PathOf("out"));
        Assert.True(File.Exists(_server.PathOf("out/apis/shop/deployments/d.1.yaml")));
        string applied = await _other.DoneAsync("apply", "-f", _server.PathOf("out"));
        Assert.Contains("4 to create", applied, StringComparison.Ordinal);

        string here = await _server.DoneAsync("export"), there = await _other.DoneAsync("export");
        Assert.Equal(here, there);
        Assert.EndsWith("0 to create, 0 to change, 0 to delete, 4 unchanged.\n",
            await _server.DoneAsync("apply", "-f", _server.Write("all.yaml", here)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_text_number_and_shape_comes_back_as_it_was()
    {
        string[] texts =
        [
            "", " ", "a ", " a", "null", "Null", "~", "true", "no", "On", "1", "1.0", "0x1F", "0o7", "1e3", ".5", "-", "--", "---", "--- a", "...", "-a", "?", "? a", ":", ": a", "a: b", "a:",
            "#", "a #b", "a#b", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a", "`a", "'", "\"", "'a'", "\"a\"", "[a]", "{a}", "a,b", "<<", "=", "\\", "\\n", "a\\",
            "\n", "\n\n", "a\n", "a\n\n", "\na", "a\nb", "a\n\nb\n", " a\nb", "a\n b\n  c\n", "a\n \nb", "a\t\nb", "\ta\nb", "a\r\nb", "a\rb", "a\n---\nb", "a\n...\nb", "a\n# b\n", "a: b\n- c\n",
            "\t", "\u0000\u0001\u001f\u007f\u0085\u00a0", "\u2028\u2029\uFEFF", "ä€😀", "\uFFFE\uFFFF", "2026-11-20", "2026-11-20T20:30:11Z", "12:30", "${a}", new string('x', 5_000), string.Join(' ', Enumerable.Repeat("word", 2_000)),
        ];
        string[] numbers = ["0", "-0", "1.50", "1e5", "1E+5", "-1.5e-10", "123456789012345678901234567890", "0.1000000000000000055511151231257827"];
        var json = new StringBuilder("""{"title":"T","extra":{"texts":[""");
        json.AppendJoin(',', texts.Select(text => JsonSerializer.Serialize(text))).Append("],\"names\":{");
        json.AppendJoin(',', texts.Select((text, i) => $"{JsonSerializer.Serialize(text)}:{i}")).Append("},\"below\":{");
        json.AppendJoin(',', texts.Select((text, i) => $"\"n{i}\":{JsonSerializer.Serialize(text)}")).Append("},\"numbers\":[");
        json.AppendJoin(',', numbers).Append("""],"shapes":[[],{},[[]],[{}],{"a":[]},[[1,[2,{"b":[{"c":null},true,false]}]]]]}}""");
        await _server.PutAsync("/apis/odd", json.ToString());

        string yaml = await _server.DoneAsync("export", "apis");
        await _other.DoneAsync("apply", "-f", _other.Write("odd.yaml", yaml));
        Assert.Equal((await _server.GetAsync("/apis/odd")).GetProperty("extra").GetRawText(), (await _other.GetAsync("/apis/odd")).GetProperty("extra").GetRawText());
        Assert.Equal(yaml, await _other.DoneAsync("export", "apis"));

        // Nor does standard output as YAML or JSON lose anything.
        await _other.DoneAsync("apply", "-f", _other.Write("odd.json", await _server.DoneAsync("get", "api", "odd", "-o", "json")));
        Assert.Equal(yaml, await _other.DoneAsync("export", "apis"));
    }

    [Fact]
    public async Task Fields_that_the_server_owns_are_left_out_and_what_it_hides_is_said()
    {
        await _server.PutAsync("/secrets/s", """{"value":"hush"}""");
        var (code, output, error) = await _server.RunAsync("export", "secrets");
        Assert.Equal((0, "kind: secret\nid: s\n"), (code, output));
        Assert.Equal("warning: secrets: the server does not show value, so it is not in the export.\n", error);
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_not_written_into()
    {
        _server.Write("out/mine.yaml", "");
        Assert.Contains("is not empty", await _server.FailedAsync(1, "export", "--to", _server.PathOf("out")), StringComparison.Ordinal);
        Assert.Contains("There is no kind 'nothing'", await _server.FailedAsync(2, "export", "nothing"), StringComparison.Ordinal);
    }
}

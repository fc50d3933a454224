using Stateway.EndToEnd.Tests.Management;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Client;

/// <summary><c>stateway call</c>: operations of users' APIs, found through the management API.</summary>
public sealed class CallTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder.File("api"));
        await File.WriteAllTextAsync(_folder.File("api/notes.yaml"), Administrator.Document("1", more: ", done: { type: boolean }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_operation_is_called_by_its_id_and_its_steps_are_told()
    {
        var (code, output, error) = await RunAsync("call", "createNote", "id=a", "-d", """{"text":"one"}""");
        Assert.Equal((0, "one"), (code, Json(output)["text"].GetString()));
        Assert.Matches("(?s)^201 Created\nETag: .*\nLocation: /notes-api/notes/a\n.*\n\nmatch +[0-9.]+ ms\ntarget +[0-9.]+ ms   store\ntotal +[0-9.]+ ms\nclient +[0-9.]+ ms   from here to the answer's beginning\ndeployment [^ ]+, stage notes/live, operation createNote\n$", error);

        await File.WriteAllTextAsync(_folder.File("body.json"), """{"done":true}""");
        (code, output, _) = await RunAsync("call", "patchNote", "note_id=a", "-d", "@" + _folder.File("body.json"), "-H", "If-Match: *", "-o", "json");
        Assert.Equal((0, true), (code, Json(output)["done"].GetBoolean()));
        (code, output, error) = await RunAsync("call", "getNote", "note_id=a", "fields=text", "-o", "raw");
        Assert.Equal((0, """{"id":"a","text":"one"}""", ""), (code, output, error));
        (code, output, error) = await RunAsync("call", "deleteNote", "note_id=a", "-i");
        Assert.Equal((0, ""), (code, output));
        Assert.Matches("(?s)^204 No Content\n.*Date: .*Server-Timing: match;dur=", error);
    }

    [Fact]
    public async Task A_body_can_come_through_a_pipe()
    {
        var (code, output, error) = await StatewayProgram.CallToolAsync("sh", "-c",
            $"""printf '%s' '{"{"}"text":"piped"{"}"}' | STATEWAY_SERVER='{_program.ManagementUrl}' "$0" call createNote -d - --key-file '{_program.KeyFile}' -o raw""", StatewayProgram.File);
        Assert.True(code == 0, error);
        Assert.Contains("\"text\":\"piped\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_operation_all_are_listed()
    {
        var (code, output, _) = await RunAsync("call");
        Assert.Equal(0, code);
        Assert.Matches("^OPERATION +METHOD +PATH +SUMMARY\n", output);
        Assert.Matches("\ngetNote +GET +/notes/\\{note_id\\} +Get a note\n", output);
    }

    [Fact]
    public async Task What_is_wrong_with_a_command_line_is_said_before_anything_is_sent()
    {
        var (code, _, error) = await RunAsync("call", "getNotte");
        Assert.Equal((2, "error: There is no operation 'getNotte'. Did you mean 'getNote'?\n"), (code, error));
        (code, _, error) = await RunAsync("call", "replaceNote", "note=a");
        Assert.Equal(2, code);
        Assert.Equal("""
            error: replaceNote can't be called so.
              'note' is no parameter of replaceNote. There are: note_id, If-Match, If-None-Match, Prefer.
              missing: note_id (path, string): The id of the note.
              missing: a body (application/json or application/xml): -d TEXT, -d @FILE or -d -

            """, error);
        (code, _, error) = await RunAsync("call", "createNote", "-d", "@/nowhere/body");
        Assert.Equal(1, code);
        Assert.Contains("error: The body can't be read: ", error, StringComparison.Ordinal);
        (code, _, error) = await RunAsync("call", "--url", "http://127.0.0.1:1", "--api", "a");
        Assert.Equal(2, code);
        Assert.Contains("--url names an API itself", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_in_lines_and_fails()
    {
        var (code, output, error) = await RunAsync("call", "createNote", "-d", """{"txt":1,"done":2}""");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("422 Unprocessable Entity\n", error, StringComparison.Ordinal);
        Assert.Contains("\nerror: The body does not fit the schema. 2 fields are wrong.\n  /txt: txt is not known; did you mean text?\n  /done: ", error, StringComparison.Ordinal);

        (code, output, error) = await RunAsync("call", "getNote", "note_id=none", "-o", "json");
        Assert.Equal(1, code);
        Assert.Equal("NOT_FOUND", Json(output)["code"].GetString());
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stages_and_apis_are_chosen_by_name_and_an_operation_of_two_apis_needs_that()
    {
        using var administrator = new Administrator(_program);
        await administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await administrator.PointAsync("/apis/notes/stages/dev", "v2", "/dev");
        await administrator.DeployAsync("memos", "v1", Administrator.Document("memos", "/memos"));
        await administrator.PointAsync("/apis/memos/stages/live", "v1");
        await Administrator.UntilAsync(_program.Http, "/dev/notes-api/version", System.Net.HttpStatusCode.OK);
        await Administrator.UntilAsync(_program.Http, "/memos/version", System.Net.HttpStatusCode.OK);

        Assert.Equal("\"2\"", (await RunAsync("call", "GET /version", "--stage", "dev", "-o", "raw")).Out);
        Assert.Equal("\"memos\"", (await RunAsync("call", "GET /version", "--api", "memos", "-o", "raw")).Out);
        Assert.Equal((2, "", "error: listNotes is an operation of memos/live and notes/live; --api names one.\n"), await RunAsync("call", "listNotes"));
        Assert.Equal((1, "", "error: There is no API 'note' that is served. Did you mean 'notes'?\n"), await RunAsync("call", "listNotes", "--api", "note"));
        Assert.Equal((1, "", "error: No stage 'test' is served; --stage names one. There are: dev, live.\n"), await RunAsync("call", "listNotes", "--api", "notes", "--stage", "test"));
        Assert.Matches("\ngetNote +GET +/notes/\\{note_id\\} +memos/live +Get a note\n", (await RunAsync("call")).Out);
    }

    [Fact]
    public async Task The_key_stays_with_the_management_api_and_a_context_says_where_apis_are_reached()
    {
        await using var gateway = await MeddlingProxy.StartAsync(_program.Url);
        await RunAsync("context", "set", "here", "--server", _program.ManagementUrl.ToString(), "--key-file", _program.KeyFile!, "--gateway", gateway.Url);
        var (code, output, error) = await StatewayProgram.CallAsync(Variables(server: "", key: ""), "call", "listNotes", "-o", "json");
        Assert.True(code == 0, error);
        Assert.Equal(0, Json(output)["results"].GetArrayLength());
        Assert.Equal([""], gateway.Keys);
        Assert.Contains("gateway: ", await File.ReadAllTextAsync(_folder.File("config/stateway/contexts.yaml")), StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("context", "set", "here", "--gateway", "nonsense")).ExitCode);
    }

    [Fact]
    public async Task Who_has_no_key_can_call_an_api_by_its_url_and_sees_no_steps()
    {
        var (code, output, error) = await StatewayProgram.CallAsync(Variables(server: "http://127.0.0.1:1", key: ""), "call", "listNotes", "--url", $"{_program.Url}notes-api/");
        Assert.Equal(0, code);
        Assert.Contains("\"results\"", output, StringComparison.Ordinal);
        Assert.DoesNotContain("total", error, StringComparison.Ordinal);
        Assert.Contains("The server tells its steps to who has the administrator's key", error, StringComparison.Ordinal);
        Assert.Equal(1, (await StatewayProgram.CallAsync(Variables(key: ""), "call", "listNotes")).ExitCode);
    }

    [Fact]
    public async Task A_watch_is_passed_on_until_it_is_stopped()
    {
        await using var watch = StatewayProgram.StartCommand(["call", "listNotes", "watch=true"], Variables());
        var seen = watch.LineAsync("\"text\":\"seen\"");
        await RunAsync("call", "createNote", "-d", """{"text":"seen"}""");
        await seen;
        await watch.SignalAsync("INT");
        Assert.Equal(0, await watch.EndAsync());
    }

    [Fact]
    public async Task Shells_complete_operation_ids()
    {
        var (_, output, _) = await RunAsync("[suggest:19]", "stateway call getNo");
        Assert.Equal("getNote\n", output);
        Assert.Equal("\n", (await StatewayProgram.CallAsync(Variables(server: "http://127.0.0.1:1"), "[suggest:19]", "stateway call getNo")).Out);
    }

    private static Dictionary<string, System.Text.Json.JsonElement> Json(string text) =>
        System.Text.Json.JsonElement.Parse(text).EnumerateObject().ToDictionary(member => member.Name, member => member.Value);

    private Dictionary<string, string> Variables(string? server = null, string? key = null) => new()
    {
        ["STATEWAY_SERVER"] = server ?? _program.ManagementUrl.ToString(), ["STATEWAY_KEY"] = key ?? File.ReadAllText(_program.KeyFile!).Trim(),
        ["XDG_CONFIG_HOME"] = _folder.File("config"), ["NO_COLOR"] = "1",
    };

    private Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments) => StatewayProgram.CallAsync(Variables(), arguments);
}

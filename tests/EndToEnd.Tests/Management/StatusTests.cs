using System.Net;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>What has become of a stage stands in its status, and why tells where that comes from.</summary>
public sealed class StatusTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;
    private Administrator _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _administrator = new(_program);
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
    }

    [Fact]
    public async Task A_stage_says_what_is_served_and_of_which_generation_that_is()
    {
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        var stage = await _administrator.ReadyAsync("/apis/notes/stages/live", "true");

        var status = stage["status"]!;
        Assert.Equal(("v1", "/notes-api"), ((string?)status["deployment"], (string?)status["base_path"]));
        Assert.Equal(8, (int)status["operations"]!); // one of the document's own, seven of its collection
        Assert.Equal((1, 1), ((int)stage["generation"]!, (int)status["observed_generation"]!));
        var ready = status["conditions"]![0]!;
        Assert.Equal(("Served", "v1 is served below /notes-api."), ((string?)ready["reason"], (string?)ready["message"]));

        // Another deployment is another generation, and the stage has been ready all the time.
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        await _administrator.PointAsync("/apis/notes/stages/live", "v2", "/next");
        var next = await _administrator.ReadyAsync("/apis/notes/stages/live", "true", generation: 2);
        Assert.Equal(("v2", "/next/notes-api"), ((string?)next["status"]!["deployment"], (string?)next["status"]!["base_path"]));
        Assert.Equal((string?)ready["last_transition_time"], (string?)next["status"]!["conditions"]![0]!["last_transition_time"]);
    }

    [Fact]
    public async Task The_stages_of_a_folder_have_a_status_too()
    {
        var stage = await _administrator.ReadyAsync("/apis/other/stages/live", "true");

        Assert.Equal((string?)stage["deployment"], (string?)stage["status"]!["deployment"]);
    }

    [Fact]
    public async Task A_status_in_between_fails_no_condition_of_a_client()
    {
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        using var http = _program.Administrator();
        using var before = await http.GetAsync("/apis/notes/stages/live");
        await _administrator.ReadyAsync("/apis/notes/stages/live", "true");

        using var request = new HttpRequestMessage(HttpMethod.Patch, "/apis/notes/stages/live")
        {
            Content = new StringContent("""{"labels":{"a":"b"}}""", System.Text.Encoding.UTF8, "application/merge-patch+json"),
        };
        request.Headers.TryAddWithoutValidation("If-Match", before.Headers.ETag!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(request)).StatusCode);
        await _administrator.ReadyAsync("/apis/notes/stages/live", "true", generation: 2);
    }

    [Fact]
    public async Task Why_tells_of_each_kind_what_it_comes_from()
    {
        Assert.Equal(["not served", "apis/notes: It has no stages."], await WhyAsync("/apis/notes"));
        Assert.Equal(["not served", "apis/notes/deployments/v1: No stage points at it."], await WhyAsync("/apis/notes/deployments/v1"));

        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await _administrator.ReadyAsync("/apis/notes/stages/live", "true");

        const string Served = "apis/notes/stages/live: v1 is served below /notes-api.";
        Assert.Equal(["ready", Served, "apis/notes/deployments/v1: It is there, and never changes."], await WhyAsync("/apis/notes/stages/live"));
        Assert.Equal(["ready", Served], await WhyAsync("/apis/notes/deployments/v1"));
        Assert.Equal(["ready", Served], await WhyAsync("/apis/notes"));
        await _administrator.ExpectAsync(HttpStatusCode.NotFound, "GET", "/apis/notes/stages/none/why");
        await _administrator.ExpectAsync(HttpStatusCode.BadRequest, "GET", "/apis/notes/stages/live/why?deep=true");
        await _administrator.ExpectAsync(HttpStatusCode.MethodNotAllowed, "POST", "/apis/notes/stages/live/why");
    }

    [Fact]
    public async Task Why_is_told_as_text_and_XML_and_by_the_command_in_the_same_words()
    {
        await _administrator.PointAsync("/apis/notes/stages/live", "v1");
        await _administrator.ReadyAsync("/apis/notes/stages/live", "true");

        string text = await ReadAsync("text/plain");
        Assert.Matches("""
            ^apis/notes/stages/live: ready
            apis/notes/stages/live: v1 is served below /notes-api\. \(since 20[^)]*Z\)
            apis/notes/deployments/v1: It is there, and never changes\. \(since 20[^)]*Z\)
            $
            """.ReplaceLineEndings("\n"), text);
        Assert.Contains("<summary>ready</summary>", await ReadAsync("application/xml"), StringComparison.Ordinal);

        var (code, output, error) = await StatewayProgram.CallAsync(
            "why", "stage", "notes/live", "--server", _program.ManagementUrl.ToString(), "--key-file", _program.KeyFile!);
        Assert.True(code == 0, output + error);
        Assert.Equal(text, output.Replace("← ", "", StringComparison.Ordinal));

        async Task<string> ReadAsync(string accept)
        {
            using var http = _program.Administrator();
            http.DefaultRequestHeaders.Accept.ParseAdd(accept);
            using var answer = await http.GetAsync("/apis/notes/stages/live/why");
            Assert.Equal((HttpStatusCode.OK, accept), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            return await answer.Content.ReadAsStringAsync();
        }
    }

    /// <returns>The summary, then who says what.</returns>
    private async Task<string[]> WhyAsync(string path)
    {
        var why = await _administrator.GetAsync(path + "/why");
        Assert.Equal(path[(path.LastIndexOf('/') + 1)..], (string?)why["id"]);
        return [(string)why["summary"]!, .. why["because"]!.AsArray().Select(each => $"{each!["resource"]}: {each["says"]}")];
    }

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}

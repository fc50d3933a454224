using System.Net;
using System.Text.Json.Nodes;
using Stateway.TestKit;
using Xunit;

namespace Stateway.EndToEnd.Tests.Management;

/// <summary>Who changed what, from which revision to which.</summary>
public sealed class EventTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private StatewayProgram _program = null!;
    private Administrator _administrator = null!;

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder.File("api")).FullName, "other.yaml"), Documents.Of("Other", "things: { schema: { type: object } }"));
        _program = await StatewayProgram.RunAsync(_folder.File("api"), _folder.File("data"));
        _administrator = new(_program);
    }

    [Fact]
    public async Task Each_change_that_is_asked_for_is_told_with_its_revisions()
    {
        await _administrator.DeployAsync("notes", "v1", Administrator.Document("1"));
        await _administrator.DeployAsync("notes", "v2", Administrator.Document("2"));
        const string Stage = "/apis/notes/stages/live";
        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", Stage, new JsonObject { ["deployment"] = "v1" });
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["deployment"] = "v2", ["labels"] = new JsonObject { ["a"] = "b" } });
        await _administrator.ExpectAsync(HttpStatusCode.OK, "PATCH", Stage, new JsonObject { ["deployment"] = "v2" }); // changes nothing
        await _administrator.ExpectAsync(HttpStatusCode.UnprocessableEntity, "PATCH", Stage, new JsonObject { ["deployment"] = "v3" });
        await _administrator.ExpectAsync(HttpStatusCode.NoContent, "DELETE", Stage);

        var events = (await _administrator.GetAsync("/events?resource=apis/notes/stages/live&order_by=create_time,id"))["results"]!.AsArray();
        Assert.Equal(["created", "changed", "deleted"], events.Select(each => (string?)each!["action"]));
        Assert.All(events, each => Assert.Equal("administrator", (string?)each!["by"]));
        Assert.All(events, each => Assert.Equal("stages", (string?)each!["kind"]));

        // A controller's word on the status has a revision, too, between those of two generations.
        var versions = (await _administrator.GetAsync(Stage + "/history"))["results"]!.AsArray().Where(each => each!["object"] is not null)
            .ToLookup(each => (int)each!["object"]!["generation"]!, each => long.Parse((string)each!["revision"]!, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal([versions[1].Min(), versions[2].Min()], events.Take(2).Select(each => Number(each!["revision"])));
        Assert.Equal([null, versions[1].Max(), versions[2].Max()], events.Select(each => Number(each!["from_revision"])));
        Assert.Equal([1, 2, 2], events.Select(each => (int)each!["generation"]!));
        Assert.Equal(["deployment", "labels"], events[1]!["fields"]!.AsArray().Select(each => (string?)each).Order());

        var one = await _administrator.GetAsync($"/events/{events[1]!["id"]}");
        Assert.True(JsonNode.DeepEquals(events[1], one), one.ToJsonString());

        static long? Number(JsonNode? revision) => revision is null ? null : long.Parse((string)revision!, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_folder_and_a_batch_leave_events_too_and_what_is_only_tried_leaves_none()
    {
        var ofFolder = (await _administrator.GetAsync("/events?resource=apis/other/stages/live"))["results"]!.AsArray();
        Assert.Equal("folder " + _folder.File("api"), (string?)Assert.Single(ofFolder)!["by"]);

        var batch = JsonNode.Parse("""{"requests":[{"method":"PUT","path":"/apis/a","body":{}},{"method":"PATCH","path":"/apis/a","body":{"title":"A"}},{"method":"PUT","path":"/apis/b","body":{}}]}""");
        await _administrator.ExpectAsync(HttpStatusCode.OK, "POST", "/_/batch", batch);
        var ofBatch = (await _administrator.GetAsync("/events?kind=apis&filter=resource%20%21%3D%20%22apis%2Fother%22"))["results"]!.AsArray();
        Assert.Equal(3, ofBatch.Count);
        Assert.Single(ofBatch.Select(each => (string?)each!["revision"]).Distinct());
        Assert.All(ofBatch, each => Assert.Null(each!["from_revision"]));
        Assert.All(ofBatch, each => Assert.Equal("administrator", (string?)each!["by"]));
        Assert.Single(ofBatch.Select(each => (string?)each!["request"]).Distinct());

        using var tried = new HttpRequestMessage(HttpMethod.Put, "/apis/c") { Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json") };
        tried.Headers.Add("Prefer", "validate-only");
        using var http = _program.Administrator();
        Assert.True((await http.SendAsync(tried)).IsSuccessStatusCode);
        Assert.Empty((await _administrator.GetAsync("/events?resource=apis/c"))["results"]!.AsArray());
    }

    [Fact]
    public async Task Nobody_writes_them_and_a_watch_tells_them()
    {
        await _administrator.ExpectAsync(HttpStatusCode.MethodNotAllowed, "POST", "/events", new JsonObject { ["resource"] = "apis/x" });
        string id = (await _administrator.ListAsync("/events"))[0];
        await _administrator.ExpectAsync(HttpStatusCode.MethodNotAllowed, "DELETE", "/events/" + id);

        using var http = _program.Administrator();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events?watch=true&resource=apis/seen");
        request.Headers.Add("Accept", "application/x-ndjson");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Contains("initial", await lines.ReadLineAsync(), StringComparison.Ordinal);

        await _administrator.ExpectAsync(HttpStatusCode.Created, "PUT", "/apis/seen", new JsonObject());
        var told = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        Assert.Equal("apis/seen", (string?)told["object"]!["resource"]);
        Assert.Equal((string?)told["revision"], (string?)told["object"]!["revision"]);
    }

    public async ValueTask DisposeAsync()
    {
        _administrator.Dispose();
        await _program.DisposeAsync();
        _folder.Dispose();
    }
}

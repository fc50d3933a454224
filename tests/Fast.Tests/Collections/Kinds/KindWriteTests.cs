using System.Text.Json.Nodes;
using Stateway.Collections.Kinds;
using Stateway.Model.Problems;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Collections.Kinds;

/// <summary>What clients can do with the resources of platform kinds, and what comes of it.</summary>
public sealed class KindWriteTests : IAsyncLifetime
{
    private KindsNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await KindsNode.StartAsync();
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task What_is_created_has_the_store_s_fields_whatever_the_client_says_of_them()
    {
        var answer = (await _node.SendAsync("POST", "/apps?id=a", """
            {"generation":7,"create_time":"x","delete_time":1,"finalizers":["a"],"owner":"me","status":{"load":1},"phase":"done","size":1.50}
            """)).Expect(201);
        Assert.Equal(
            """{"id":"a","generation":1,"create_time":"2024-05-01T12:00:00.000Z","update_time":"2024-05-01T12:00:00.000Z","finalizers":[],"owner":null,"size":1.50,"title":"none","status":{}}""",
            answer.Text);
        Assert.Matches("^\"[0-9]+\\.1\\.[0-9a-f]+-j\"$", (string?)answer.Headers.ETag);
        Assert.Equal(answer.Text, (await _node.SendAsync("GET", "/apps/a")).Expect(200).Text);
    }

    [Fact]
    public async Task A_write_keeps_what_controllers_have_written_and_counts_the_change()
    {
        await PutAsync("a", """{"title":"one"}""");
        var status = (await _node.WriteLoadAsync("a", 5)).Status;
        await _node.WrittenAsync("a", new() { Finalizers = ["router"] });
        _node.Time.Advance(TimeSpan.FromMinutes(1));

        var put = (await _node.SendAsync("PUT", "/apps/a", """{"title":"two","status":{},"finalizers":[]}""")).Expect(200);
        Assert.Equal(2, (int)put.Json["generation"]!);
        var patched = (await _node.SendAsync("PATCH", "/apps/a", """{"size":2,"status":null,"generation":9,"finalizers":null,"create_time":null}""")).Expect(200);
        Assert.Equal(3, (int)patched.Json["generation"]!);
        var renamed = (await _node.SendAsync("POST", "/apps/a/rename")).Expect(200);

        var app = await _node.ReadAsync("a");
        Assert.Equal((4, "router"), (app.Generation, Assert.Single(app.Finalizers)));
        Assert.Equal("""{"title":"renamed","size":2}""", Text(app.Spec));
        Assert.Equal(Text(status), Text(app.Status));
        Assert.Equal(app.CreateTime + TimeSpan.FromMinutes(1), app.UpdateTime);
        Assert.Equal(4, (int)renamed.Json["generation"]!);
    }

    [Theory]
    [InlineData("PUT", """{"title":"none","size":1,"labels":{"a":1,"b":[1,2]}}""")]
    [InlineData("PUT", """{ "labels": {"b":[10e-1,2.0],"a":1}, "size":1.0, "status": {"load": 9} }""")]
    [InlineData("PATCH", "{}")]
    [InlineData("PATCH", """{"size":1,"status":{"x":1}}""")]
    public async Task What_means_the_same_writes_nothing(string method, string body)
    {
        await PutAsync("a", """{"size":1,"labels":{"a":1,"b":[1,2]}}""");
        var before = (await _node.SendAsync("GET", "/apps/a")).Expect(200);
        long revision = _node.Store.Revision;
        _node.Time.Advance(TimeSpan.FromSeconds(5));

        var answer = (await _node.SendAsync(method, "/apps/a", body)).Expect(200);
        Assert.Equal((before.Text, (string?)before.Headers.ETag, (string?)before.Headers.LastModified), (answer.Text, (string?)answer.Headers.ETag, (string?)answer.Headers.LastModified));
        Assert.Equal(revision.ToString(), answer.Headers["Stateway-Revision"]);
        Assert.Equal(revision, _node.Store.Revision);
    }

    [Theory]
    [InlineData("""{"size":2,"labels":{"a":1,"b":[1,2]}}""")]
    [InlineData("""{"size":1,"labels":{"a":1,"b":[2,1]}}""")]
    [InlineData("""{"size":1,"labels":{"a":1,"b":["1",2]}}""")]
    [InlineData("""{"size":1,"labels":{"a":1}}""")]
    [InlineData("""{"size":1,"labels":{"a":1,"b":[1,2],"c":null}}""")]
    [InlineData("""{"size":1,"labels":{"a":1,"b":[1,2]},"secret":"x"}""")]
    public async Task What_means_something_else_is_another_generation(string body)
    {
        await PutAsync("a", """{"size":1,"labels":{"a":1,"b":[1,2]}}""");
        Assert.Equal(2, (int)(await _node.SendAsync("PUT", "/apps/a", body)).Expect(200).Json["generation"]!);
    }

    [Fact]
    public async Task A_number_that_nobody_can_mean_is_compared_all_the_same()
    {
        await PutAsync("a", """{"labels":{"n":1e999999999999999999999}}""");
        Assert.Equal(1, (int)(await _node.SendAsync("PUT", "/apps/a", """{"labels":{"n": 1e999999999999999999999}}""")).Expect(200).Json["generation"]!);
        Assert.Equal(2, (int)(await _node.SendAsync("PUT", "/apps/a", """{"labels":{"n":1e999999999999999999998}}""")).Expect(200).Json["generation"]!);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task A_status_write_in_between_fails_no_conditional_write(string method)
    {
        string tag = await PutAsync("a", "{}");
        await _node.WriteLoadAsync("a", 1);
        var answer = await _node.SendAsync(method, "/apps/a", method == "DELETE" ? null : """{"title":"new"}""", "If-Match: " + tag);
        Assert.Null(answer.Problem);
        Assert.Equal(ProblemTypes.PreconditionFailed, (await _node.SendAsync("PUT", "/apps/a", "{}", "If-Match: " + tag)).Problem?.Type);
    }

    [Fact]
    public async Task A_condition_of_a_write_fails_when_the_spec_has_changed_and_names_the_tag_there_is()
    {
        string tag = await PutAsync("a", "{}");
        await PutAsync("a", """{"title":"two"}""");
        var problem = (await _node.SendAsync("PATCH", "/apps/a", """{"title":"three"}""", "If-Match: " + tag)).Expect(ProblemTypes.PreconditionFailed);
        string now = problem.Headers.Single(header => header.Key == "ETag").Value;
        Assert.Equal((string?)(await _node.SendAsync("GET", "/apps/a")).Headers.ETag, now);
        Assert.Contains(now, problem.Detail, StringComparison.Ordinal);

        // The tag of another form, compressed or not, and of an older revision of this generation, are as good.
        await _node.WriteLoadAsync("a", 3);
        foreach (string form in new[] { "-x\"", "-jg\"", "-xb\"" })
            (await _node.SendAsync("PUT", "/apps/a", """{"title":"two"}""", "If-Match: \"none\", " + now.Replace("-j\"", form))).Expect(200);
    }

    [Theory]
    [InlineData("W/", "")]
    [InlineData("", "1")]
    [InlineData("", ".1")]
    public async Task What_is_not_quite_the_tag_is_not_the_tag(string before, string behind)
    {
        string tag = await PutAsync("a", "{}");
        (await _node.SendAsync("PUT", "/apps/a", "{}", "If-Match: " + before + tag.Replace("-j\"", behind + "-j\""))).Expect(ProblemTypes.PreconditionFailed);
        foreach (string other in new[] { "\"1-j\"", "\"1.1-j\"", "\"..-j\"", "\"-j\"", "\"\"" })
            (await _node.SendAsync("PUT", "/apps/a", "{}", "If-Match: " + other)).Expect(ProblemTypes.PreconditionFailed);
    }

    [Fact]
    public async Task A_tag_of_what_was_deleted_is_none_of_what_was_created_after_it()
    {
        string tag = await PutAsync("a", "{}");
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(204);
        _node.Time.Advance(TimeSpan.FromMilliseconds(1));
        string successor = await PutAsync("a", "{}");

        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""", "If-Match: " + tag)).Expect(ProblemTypes.PreconditionFailed);
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""", "If-Match: " + successor)).Expect(200);
    }

    [Fact]
    public async Task A_conditional_read_compares_the_whole_tag()
    {
        await PutAsync("a", """{"title":"one"}""");
        foreach (string accept in new[] { "application/json", "application/xml" })
        {
            string tag = (await _node.SendAsync("GET", "/apps/a", null, "Accept: " + accept)).Expect(200).Headers.ETag!;
            (await _node.SendAsync("GET", "/apps/a", null, "Accept: " + accept, "If-None-Match: " + tag)).Expect(304);
            (await _node.SendAsync("GET", "/apps/a", null, "Accept: " + accept, "If-Match: " + tag)).Expect(200);

            await _node.WriteLoadAsync("a", accept.Length);
            (await _node.SendAsync("GET", "/apps/a", null, "Accept: " + accept, "If-None-Match: " + tag)).Expect(200);
            (await _node.SendAsync("GET", "/apps/a", null, "Accept: " + accept, "If-Match: " + tag)).Expect(ProblemTypes.PreconditionFailed);
        }
    }

    [Fact]
    public async Task If_None_Match_of_a_write_compares_the_generation()
    {
        string tag = await PutAsync("a", "{}");
        await _node.WriteLoadAsync("a", 1);
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""", "If-None-Match: " + tag)).Expect(ProblemTypes.PreconditionFailed);
        await PutAsync("a", """{"title":"y"}""");
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""", "If-None-Match: " + tag)).Expect(200);
        (await _node.SendAsync("PUT", "/apps/a", "{}", "If-None-Match: *")).Expect(ProblemTypes.PreconditionFailed);
    }

    [Fact]
    public async Task A_required_condition_is_one_of_both_parts()
    {
        string tag = (await _node.SendAsync("PUT", "/sites/s", "{}")).Expect(201).Headers.ETag!;
        var problem = (await _node.SendAsync("PUT", "/sites/s", """{"name":"x"}""")).Expect(ProblemTypes.PreconditionRequired);
        Assert.Contains(problem.Headers, header => header.Key == "ETag" && header.Value == tag);
        (await _node.SendAsync("PUT", "/sites/s", """{"name":"x"}""", "If-Match: " + tag)).Expect(200);
    }

    [Fact]
    public async Task Without_finalizers_a_deletion_is_one_and_children_go_with_it()
    {
        await PutAsync("a", "{}");
        (await _node.SendAsync("PUT", "/apps/a/parts/p", """{"n":1}""")).Expect(201);
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(204);
        (await _node.SendAsync("GET", "/apps/a/parts/p")).Expect(ProblemTypes.NotFound);
    }

    [Fact]
    public async Task With_finalizers_it_is_asked_for_and_the_spec_stays_what_it_is()
    {
        string tag = await PutAsync("a", """{"title":"one"}""");
        await _node.WrittenAsync("a", new() { Finalizers = ["router", "dns"] });
        _node.Time.Advance(TimeSpan.FromSeconds(1));

        var answer = (await _node.SendAsync("DELETE", "/apps/a", null, "If-Match: " + tag)).Expect(202);
        Assert.Equal("2024-05-01T12:00:01.000Z", (string?)answer.Json["delete_time"]);
        Assert.Equal(1, (int)answer.Json["generation"]!);
        _node.Time.Advance(TimeSpan.FromSeconds(1));
        var again = (await _node.SendAsync("DELETE", "/apps/a")).Expect(202);
        Assert.Equal((answer.Text, (string?)answer.Headers.ETag), (again.Text, (string?)again.Headers.ETag));
        (await _node.SendAsync("DELETE", "/apps/a", null, "Prefer: return=minimal")).Expect(202);

        foreach (var (method, path, body) in new[] { ("PUT", "/apps/a", """{"title":"two"}"""), ("PATCH", "/apps/a", """{"size":1}"""), ("POST", "/apps/a/rename", null) })
        {
            var problem = (await _node.SendAsync(method, path, body)).Expect(ProblemTypes.BeingDeleted);
            Assert.Contains("router, dns", problem.Detail, StringComparison.Ordinal);
        }

        (await _node.SendAsync("PUT", "/apps/a", """{"title":"one"}""")).Expect(200); // what it is, it may be told to be
        (await _node.SendAsync("POST", "/apps?id=a", "{}")).Expect(ProblemTypes.AlreadyExists);

        Assert.IsType<KindResult.Written>(await _node.WriteAsync("a", new() { Finalizers = ["dns"] }));
        Assert.IsType<KindResult.Deleted>(await _node.WriteAsync("a", new() { Finalizers = [] }));
        (await _node.SendAsync("GET", "/apps/a")).Expect(ProblemTypes.NotFound);
        Assert.Equal(1, (int)(await _node.SendAsync("POST", "/apps?id=a", "{}")).Expect(201).Json["generation"]!);
    }

    [Fact]
    public async Task What_others_refer_to_is_not_even_marked()
    {
        (await _node.SendAsync("PUT", "/sites/s", "{}")).Expect(201);
        var site = await _node.ReadAsync("s", "sites");
        site = Assert.IsType<KindResult.Written>(await _node.Kinds.WriteAsync(site, new() { Finalizers = ["x"] }, null, default)).Resource;
        await PutAsync("a", """{"site":"s"}""");
        (await _node.SendAsync("DELETE", "/sites/s", null, "If-Match: *")).Expect(ProblemTypes.StillReferenced);
        Assert.Null((await _node.ReadAsync("s", "sites")).DeleteTime);
        Assert.Equal(ProblemTypes.StillReferenced, Assert.IsType<KindResult.Refused>(await _node.Kinds.DeleteAsync(site, null, default)).Problem.Type);
    }

    [Fact]
    public async Task What_is_being_deleted_can_be_deleted_again_also_when_others_have_begun_to_refer_to_it()
    {
        (await _node.SendAsync("PUT", "/sites/s", "{}")).Expect(201);
        await _node.Kinds.WriteAsync(await _node.ReadAsync("s", "sites"), new() { Finalizers = ["x"] }, null, default);
        string tag = (await _node.SendAsync("DELETE", "/sites/s", null, "If-Match: *")).Expect(202).Headers.ETag!;
        await PutAsync("a", """{"site":"s"}""");
        long revision = _node.Store.Revision;

        Assert.Equal(tag, (string?)(await _node.SendAsync("DELETE", "/sites/s", null, "If-Match: *")).Expect(202).Headers.ETag);
        (await _node.SendAsync("DELETE", "/sites/s", null, "If-Match: *", "Prefer: validate-only")).Expect(202);
        var batch = (await _node.SendAsync("POST", "/_/batch", """{"requests":[{"method":"DELETE","path":"/sites/s","headers":{"If-Match":"*"}}]}""")).Expect(200);
        Assert.Equal((202, tag), ((int)batch.Json["results"]![0]!["status"]!, (string?)batch.Json["results"]![0]!["headers"]!["ETag"]));
        Assert.Equal(revision, _node.Store.Revision);
    }

    [Fact]
    public async Task A_status_write_while_a_client_writes_only_delays_it()
    {
        string tag = await PutAsync("a", """{"title":"one"}""");
        int left = 3;
        _node.Store.BeforeCommit = async transaction =>
        {
            if (transaction.Preconditions.Any(p => p is Precondition.AtRevision) && left-- > 0)
            {
                _node.Store.BeforeCommit = null;
                await _node.WriteLoadAsync("a", left);
            }

            return null;
        };
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"two"}""", "If-Match: " + tag)).Expect(200);
        var app = await _node.ReadAsync("a");
        Assert.Equal((2, """{"title":"two"}""", """{"load":2,"observed_generation":1}"""), (app.Generation, Text(app.Spec), Text(app.Status)));
    }

    [Fact]
    public async Task It_can_be_tried_without_being_made()
    {
        await PutAsync("a", """{"title":"one"}""");
        await _node.WrittenAsync("a", new() { Finalizers = ["x"] });
        long revision = _node.Store.Revision;

        const string Try = "Prefer: validate-only";
        var changed = (await _node.SendAsync("PUT", "/apps/a", """{"title":"two"}""", Try)).Expect(200);
        Assert.Equal(2, (int)changed.Json["generation"]!);
        var same = (await _node.SendAsync("PUT", "/apps/a", """{"title":"one"}""", Try)).Expect(200);
        Assert.Equal(1, (int)same.Json["generation"]!);
        var created = (await _node.SendAsync("POST", "/apps?id=b", "{}", Try)).Expect(201);
        var deleted = (await _node.SendAsync("DELETE", "/apps/a", null, Try)).Expect(202);
        Assert.NotNull(deleted.Json["delete_time"]);
        foreach (var tried in new[] { changed, same, created, deleted })
        {
            Assert.Equal(0, tried.Headers.ETag.Count);
            Assert.Equal(0, tried.Headers["Stateway-Revision"].Count);
        }

        Assert.Equal(revision, _node.Store.Revision);
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(202);
        Assert.Equal(0, (await _node.SendAsync("DELETE", "/apps/a", null, Try)).Expect(202).Headers.ETag.Count);
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"two"}""", Try)).Expect(ProblemTypes.BeingDeleted);
    }

    [Fact]
    public async Task A_repeated_request_is_answered_the_same_also_when_it_changed_nothing()
    {
        var created = (await _node.SendAsync("POST", "/apps?id=a", """{"title":"one"}""", "Idempotency-Key: 1")).Expect(201);
        _node.Time.Advance(TimeSpan.FromSeconds(10));
        var nothing = (await _node.SendAsync("PATCH", "/apps/a", """{"title":"one"}""", "Idempotency-Key: 2")).Expect(200);
        var changed = (await _node.SendAsync("PATCH", "/apps/a", """{"title":"two"}""", "Idempotency-Key: 3")).Expect(200);
        await _node.WriteLoadAsync("a", 4);

        await SameAsync(created, "POST", "/apps?id=a", """{"title":"one"}""", "1", 201);
        await SameAsync(nothing, "PATCH", "/apps/a", """{"title":"one"}""", "2", 200);
        await SameAsync(changed, "PATCH", "/apps/a", """{"title":"two"}""", "3", 200);
        Assert.Equal((string?)created.Headers.ETag, nothing.Headers.ETag);

        async Task SameAsync(NodeAnswer first, string method, string path, string body, string key, int status)
        {
            var again = (await _node.SendAsync(method, path, body, "Idempotency-Key: " + key)).Expect(status);
            Assert.True(again.IsReplayed);
            foreach (string header in new[] { "ETag", "Stateway-Revision", "Last-Modified" }) Assert.Equal(first.Headers[header], again.Headers[header]);
            Assert.Equal(first.Text, again.Text);
        }
    }

    [Fact]
    public async Task A_batch_has_the_tag_of_each_whether_it_was_changed_or_not()
    {
        string kept = await PutAsync("kept", """{"title":"one"}""");
        await PutAsync("going", "{}");
        await _node.WrittenAsync("going", new() { Finalizers = ["x"] });
        await PutAsync("gone", "{}");
        const string Body = """
            {"requests":[
              {"method":"PATCH","path":"/apps/kept","body":{"title":"one"}},
              {"method":"POST","path":"/apps","body":{"title":"new"},"as":"new"},
              {"method":"PATCH","path":"/apps/${new.id}","body":{"title":"newer"}},
              {"method":"PATCH","path":"/apps/${new.id}","body":{"title":"newer"}},
              {"method":"PUT","path":"/apps/${new.id}/parts/p","body":{"n":1},"headers":{"Prefer":"return=minimal"}},
              {"method":"DELETE","path":"/apps/going"},
              {"method":"DELETE","path":"/apps/gone"},
              {"method":"PUT","path":"/notes/n","body":{"text":"a"}}
            ]}
            """;
        var answer = (await _node.SendAsync("POST", "/_/batch", Body, "Idempotency-Key: b")).Expect(200);
        var results = answer.Json["results"]!.AsArray();
        Assert.Equal([200, 201, 200, 200, 201, 202, 204, 201], results.Select(r => (int)r!["status"]!));

        string id = (string)results[1]!["body"]!["id"]!;
        string revision = (string)answer.Json["revision"]!;
        Assert.Equal(kept, TagOf(0));
        Assert.StartsWith($"\"{revision}.1.", TagOf(1), StringComparison.Ordinal);
        Assert.Equal(await TagAsync("/apps/" + id), TagOf(2));
        Assert.Equal(TagOf(2), TagOf(3));
        Assert.Equal(await TagAsync($"/apps/{id}/parts/p"), TagOf(4));
        Assert.Equal(await TagAsync("/apps/going"), TagOf(5));
        Assert.Null(TagOf(6));
        Assert.Equal($"\"{revision}-j\"", TagOf(7));

        await _node.WriteLoadAsync("kept", 1);
        var again = (await _node.SendAsync("POST", "/_/batch", Body, "Idempotency-Key: b")).Expect(200);
        Assert.True(again.IsReplayed);
        Assert.Equal(answer.Text, again.Text);

        string? TagOf(int i) => (string?)results[i]!["headers"]!["ETag"];
    }

    [Fact]
    public async Task A_batch_that_changes_nothing_has_no_revision_of_its_own_but_holds_what_it_relied_on()
    {
        string tag = await PutAsync("a", """{"title":"one"}""");
        long revision = _node.Store.Revision;
        const string Body = """{"requests":[{"method":"PUT","path":"/apps/a","body":{"title":"one"}}]}""";
        var answer = (await _node.SendAsync("POST", "/_/batch", Body)).Expect(200);
        Assert.Equal(tag, (string?)answer.Json["results"]![0]!["headers"]!["ETag"]);
        Assert.Equal(revision, _node.Store.Revision);

        // It is no batch of nothing when somebody changes the resource before the rest is committed.
        bool isFirst = true;
        _node.Store.BeforeCommit = async _ =>
        {
            if (isFirst)
            {
                isFirst = false;
                (await _node.SendAsync("PUT", "/apps/a", """{"title":"two"}""")).Expect(200);
            }

            return null;
        };
        answer = (await _node.SendAsync("POST", "/_/batch", """
            {"requests":[{"method":"PUT","path":"/apps/a","body":{"title":"one"}},{"method":"PUT","path":"/apps/b","body":{}}]}
            """)).Expect(200);
        Assert.Equal(3, (int)answer.Json["results"]![0]!["body"]!["generation"]!);
    }

    [Fact]
    public async Task XML_goes_both_ways()
    {
        string tag = await PutAsync("a", """{"title":"one","size":1}""");
        await _node.WrittenAsync("a", new() { Status = new JsonObject { ["load"] = 3 }, Conditions = [new("ready", true, "Ok", "Fine.")], Finalizers = ["x"] });
        var got = (await _node.SendAsync("GET", "/apps/a", null, "Accept: application/xml")).Expect(200);
        Assert.EndsWith("-x\"", (string?)got.Headers.ETag, StringComparison.Ordinal);
        Assert.Contains("<generation>1</generation>", got.Text, StringComparison.Ordinal);
        long revision = _node.Store.Revision;

        (await _node.SendAsync("PUT", "/apps/a", got.Text, "Content-Type: application/xml", "If-Match: " + got.Headers.ETag)).Expect(200);
        Assert.Equal(revision, _node.Store.Revision);
        (await _node.SendAsync("PUT", "/apps/a", got.Text.Replace("one", "two"), "Content-Type: application/xml", "If-Match: " + tag)).Expect(200);
        Assert.Equal(3, (int)(await _node.SendAsync("GET", "/apps/a")).Json["status"]!["load"]!);
    }

    [Fact]
    public async Task A_list_filters_by_the_status_and_a_history_has_every_version()
    {
        await PutAsync("a", "{}");
        await PutAsync("b", "{}");
        await _node.WriteLoadAsync("b", 7);
        Assert.Equal("b", (string?)Assert.Single((await _node.SendAsync("GET", "/apps?status.load=7")).Expect(200).Json["results"]!.AsArray())!["id"]);
        await PutAsync("b", """{"title":"x"}""");

        var versions = (await _node.SendAsync("GET", "/apps/b/history")).Expect(200).Json["results"]!.AsArray();
        Assert.Equal([(2, 7), (1, 7), (1, -1)], versions.Select(v => ((int)v!["object"]!["generation"]!, (int?)v["object"]!["status"]!["load"] ?? -1)));
        Assert.Equal(["modified", "modified", "added"], versions.Select(v => (string?)v!["type"]));
    }

    [Fact]
    public async Task A_secret_of_the_spec_counts_and_is_not_served()
    {
        await PutAsync("a", """{"secret":"x"}""");
        Assert.Equal(1, (int)(await _node.SendAsync("PUT", "/apps/a", """{"secret":"x"}""")).Expect(200).Json["generation"]!);
        var changed = (await _node.SendAsync("PUT", "/apps/a", """{"secret":"y"}""")).Expect(200);
        Assert.Equal(2, (int)changed.Json["generation"]!);
        Assert.DoesNotContain("secret", changed.Text, StringComparison.Ordinal);
        Assert.Contains("secret", Text((await _node.ReadAsync("a")).Spec), StringComparison.Ordinal);
    }

    private async Task<string> PutAsync(string id, string body)
    {
        var answer = await _node.SendAsync("PUT", "/apps/" + id, body);
        Assert.Null(answer.Problem);
        return answer.Headers.ETag!;
    }

    private async Task<string?> TagAsync(string path) => (await _node.SendAsync("GET", path)).Expect(200).Headers.ETag;

    private static string Text(ReadOnlyMemory<byte> json) => System.Text.Encoding.UTF8.GetString(json.Span);
}

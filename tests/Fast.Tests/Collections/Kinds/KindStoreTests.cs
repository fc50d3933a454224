using System.Text.Json.Nodes;
using Stateway.Collections.Kinds;
using Stateway.Model.Problems;
using Stateway.Store;
using Xunit;

namespace Stateway.Fast.Tests.Collections.Kinds;

/// <summary>What controllers do with the resources of platform kinds.</summary>
public sealed class KindStoreTests : IAsyncLifetime
{
    private static readonly KindChange Load = new() { Status = new JsonObject { ["load"] = 1 } };

    private KindsNode _node = null!;

    public async ValueTask InitializeAsync() => _node = await KindsNode.StartAsync();
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public async Task A_resource_is_read_as_what_is_asked_for_and_what_is_true()
    {
        Assert.Null(await _node.Kinds.ReadAsync(new("test/apps", "a"), default));
        (await _node.SendAsync("PUT", "/apps/a", """{"size":1}""")).Expect(201);
        var app = await _node.ReadAsync("a");
        Assert.Equal(("a", 1, _node.Store.Revision, _node.Time.GetUtcNow(), _node.Time.GetUtcNow()), (app.Id, app.Generation, app.Revision, app.CreateTime, app.UpdateTime));
        Assert.Equal((null, null, true), (app.DeleteTime, app.Owner, app.Finalizers.IsEmpty));
        Assert.Equal(("""{"size":1,"title":"none"}""", "{}"), (Text(app.Spec), Text(app.Status)));
        Assert.Empty(app.Conditions());
    }

    [Fact]
    public async Task A_status_keeps_what_others_have_said_and_says_which_generation_it_is_about()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        await _node.WrittenAsync("a", new() { Status = new JsonObject { ["load"] = 1, ["place"] = new JsonObject { ["x"] = 1 } } });
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""")).Expect(200);
        var app = await _node.WrittenAsync("a", new() { Status = new JsonObject { ["load"] = null, ["more"] = "ä" } });
        Assert.Equal("""{"place":{"x":1},"observed_generation":2,"more":"ä"}""", Text(app.Status));
        Assert.Equal(2, app.Generation);
        Assert.Equal(Text(app.Status), (await _node.SendAsync("GET", "/apps/a")).Json["status"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

        // Finalizers alone are about no generation.
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"y"}""")).Expect(200);
        app = await _node.WrittenAsync("a", new() { Finalizers = ["f"] });
        Assert.Contains("\"observed_generation\":2", Text(app.Status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_of_a_condition_moves_only_when_it_begins_or_ceases_to_hold()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        var start = _node.Time.GetUtcNow();
        await WriteAsync(new("ready", null, "Starting", "It starts."), new("live", true, "Ok", "Fine."));
        Assert.Equal([("ready", null, start), ("live", true, start)], await ConditionsAsync());

        await WriteAsync(new KindCondition("ready", false, "Crashed", "It crashed."));
        Assert.Equal([("ready", false, start + Seconds(1)), ("live", true, start)], await ConditionsAsync());

        await WriteAsync(new("ready", false, "CrashedAgain", new string('x', 2000)), new("other", true, "", "") { LastTransitionTime = start + Seconds(99) });
        Assert.Equal([("ready", false, start + Seconds(1)), ("live", true, start), ("other", true, start + Seconds(2))], await ConditionsAsync());
        var crashed = (await _node.ReadAsync("a")).Conditions()[0];
        Assert.Equal(("CrashedAgain", KindCondition.MessageLengthMax), (crashed.Reason, crashed.Message.Length));

        await WriteAsync(new("ready", true, "Ok", "Fine."), new("live", false, "Gone", "It is gone."));
        Assert.Equal([("ready", true, start + Seconds(3)), ("live", false, start + Seconds(3)), ("other", true, start + Seconds(2))], await ConditionsAsync());
        Assert.Equal(["true", "false", "true"], (await _node.SendAsync("GET", "/apps/a")).Json["status"]!["conditions"]!.AsArray().Select(c => (string?)c!["status"]));

        async Task WriteAsync(params KindCondition[] conditions)
        {
            await _node.WrittenAsync("a", new() { Conditions = [.. conditions] });
            _node.Time.Advance(Seconds(1));
        }

        async Task<IEnumerable<(string, bool?, DateTimeOffset)>> ConditionsAsync() =>
            (await _node.ReadAsync("a")).Conditions().Select(c => (c.Type, c.Holds, c.LastTransitionTime));

        static TimeSpan Seconds(int n) => TimeSpan.FromSeconds(n);
    }

    [Fact]
    public async Task What_is_so_already_is_not_written()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        var change = new KindChange { Status = new JsonObject { ["load"] = 1 }, Conditions = [new("ready", true, "Ok", "Fine.")], Finalizers = ["f"], Spec = new JsonObject { ["title"] = "none" } };
        var written = await _node.WrittenAsync("a", change);
        _node.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Same(written, Assert.IsType<KindResult.Written>(await _node.Kinds.WriteAsync(written, change, null, default)).Resource);
        Assert.Equal(written.Revision, _node.Store.Revision);
        Assert.Equal((1, written.Revision), (written.Generation, (await _node.ReadAsync("a")).Revision));
    }

    [Fact]
    public async Task A_write_is_made_only_on_what_was_read()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        var read = await _node.ReadAsync("a");
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"x"}""")).Expect(200);
        Assert.Equal(_node.Store.Revision, Assert.IsType<KindResult.Changed>(await _node.Kinds.WriteAsync(read, Load, null, default)).Revision);
        Assert.Equal(_node.Store.Revision, Assert.IsType<KindResult.Changed>(await _node.Kinds.DeleteAsync(read, null, default)).Revision);
        Assert.Equal("{}", Text((await _node.ReadAsync("a")).Status));

        read = await _node.ReadAsync("a");
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(204);
        Assert.IsType<KindResult.Gone>(await _node.Kinds.WriteAsync(read, Load, null, default));
        Assert.IsType<KindResult.Gone>(await _node.Kinds.DeleteAsync(read, null, default));
    }

    [Fact]
    public async Task Who_has_lost_the_lease_writes_nothing()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        Precondition.Leased stale;
        await using (var first = await _node.LeaseAsync("apps", "one")) stale = first.Fence;
        await using var second = await _node.LeaseAsync("apps", "two");

        Assert.Equal(second.Epoch, Assert.IsType<KindResult.NotHolder>(await _node.WriteAsync("a", Load, stale)).Epoch);
        Assert.IsType<KindResult.NotHolder>(await _node.Kinds.DeleteAsync(await _node.ReadAsync("a"), stale, default));
        Assert.IsType<KindResult.NotHolder>(await _node.Kinds.CreateAsync(new("test/apps", "b"), new(), null, stale, default));
        var read = await _node.ReadAsync("a");
        Assert.IsType<KindResult.Written>(await _node.WriteAsync("a", Load, second.Fence));
        Assert.IsType<KindResult.NotHolder>(await _node.Kinds.WriteAsync(read, Load with { Finalizers = ["f"] }, stale, default)); // not: Changed
    }

    [Fact]
    public async Task The_last_finalizer_takes_the_resource_and_its_children_with_it_in_one_transaction()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        (await _node.SendAsync("PUT", "/apps/a/parts/p", "{}")).Expect(201);
        var app = await _node.WrittenAsync("a", new() { Finalizers = ["f", "g"] });
        Assert.IsType<KindResult.Written>(await _node.WriteAsync("a", new() { Finalizers = ["f"] })); // it is not being deleted
        app = Assert.IsType<KindResult.Written>(await _node.Kinds.DeleteAsync(await _node.ReadAsync("a"), null, default)).Resource;
        Assert.Equal(_node.Time.GetUtcNow(), app.DeleteTime);
        Assert.Same(app, Assert.IsType<KindResult.Written>(await _node.Kinds.DeleteAsync(app, null, default)).Resource);

        long before = _node.Store.Revision;
        var deleted = Assert.IsType<KindResult.Deleted>(await _node.WriteAsync("a", new() { Finalizers = [], Status = new JsonObject { ["load"] = 9 } }));
        Assert.Equal(before + 1, deleted.Revision);
        Assert.Null(await _node.Kinds.ReadAsync(new("test/apps/parts", "a/p"), default));
        Assert.Equal(2, Assert.Single(Assert.IsType<LogResult.Commits>(await _node.Store.ReadLogAsync(before, 10, default)).Items).Changes.Length);
    }

    [Fact]
    public async Task What_others_have_begun_to_refer_to_stays()
    {
        (await _node.SendAsync("PUT", "/sites/s", "{}")).Expect(201);
        var key = new Key("test/sites", "s");
        await _node.Kinds.WriteAsync((await _node.Kinds.ReadAsync(key, default))!, new() { Finalizers = ["f"] }, null, default);
        (await _node.SendAsync("DELETE", "/sites/s", null, "If-Match: *")).Expect(202);
        (await _node.SendAsync("PUT", "/apps/a", """{"site":"s"}""")).Expect(201);

        var site = (await _node.Kinds.ReadAsync(key, default))!;
        Assert.Equal(ProblemTypes.StillReferenced, Assert.IsType<KindResult.Refused>(await _node.Kinds.WriteAsync(site, new() { Finalizers = [] }, null, default)).Problem.Type);
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(204);
        Assert.IsType<KindResult.Deleted>(await _node.Kinds.WriteAsync(site, new() { Finalizers = [] }, null, default));
    }

    [Fact]
    public async Task A_spec_is_changed_like_a_client_would()
    {
        (await _node.SendAsync("PUT", "/apps/a", """{"title":"one","size":1}""")).Expect(201);
        var app = await _node.WrittenAsync("a", new() { Spec = new JsonObject { ["title"] = "two", ["phase"] = "on", ["generation"] = 9, ["status"] = new JsonObject() } });
        Assert.Equal((2, """{"title":"two","phase":"on"}"""), (app.Generation, Text(app.Spec)));
        Assert.Equal(ProblemTypes.InvalidBody, Assert.IsType<KindResult.Refused>(await _node.WriteAsync("a", new() { Spec = new JsonObject { ["title"] = 1 } })).Problem.Type);
        Assert.Equal(ProblemTypes.InvalidBody, Assert.IsType<KindResult.Refused>(await _node.WriteAsync("a", new() { Spec = new JsonObject { ["site"] = "none" } })).Problem.Type);
        (await _node.SendAsync("PUT", "/apps/b", """{"host":"h"}""")).Expect(201);
        Assert.Equal(ProblemTypes.NotUnique, Assert.IsType<KindResult.Refused>(await _node.WriteAsync("a", new() { Spec = new JsonObject { ["host"] = "h" } })).Problem.Type);

        await _node.WrittenAsync("a", new() { Finalizers = ["f"] });
        (await _node.SendAsync("DELETE", "/apps/a")).Expect(202);
        Assert.Equal(ProblemTypes.BeingDeleted, Assert.IsType<KindResult.Refused>(await _node.WriteAsync("a", new() { Spec = [] })).Problem.Type);
    }

    [Fact]
    public async Task What_clients_can_t_write_the_program_can()
    {
        var key = new Key("test/nodes", "n");
        var change = new KindChange { Spec = new JsonObject { ["address"] = "here" }, Status = new JsonObject { ["up"] = true }, Finalizers = ["f"] };
        var node = Assert.IsType<KindResult.Written>(await _node.Kinds.CreateAsync(key, change, "test/apps/a", null, default)).Resource;
        var got = (await _node.SendAsync("GET", "/nodes/n")).Expect(200);
        Assert.Equal(
            """{"id":"n","generation":1,"create_time":"2024-05-01T12:00:00.000Z","update_time":"2024-05-01T12:00:00.000Z","finalizers":["f"],"owner":"test/apps/a","address":"here","status":{"up":true,"observed_generation":1}}""",
            got.Text);
        Assert.Equal((node.Revision, "test/apps/a"), (_node.Store.Revision, node.Owner));

        Assert.Equal(node.Revision, Assert.IsType<KindResult.Changed>(await _node.Kinds.CreateAsync(key, change, null, null, default)).Revision);
        Assert.Equal(ProblemTypes.InvalidBody, Assert.IsType<KindResult.Refused>(await _node.Kinds.CreateAsync(new("test/nodes", "m"), new(), null, null, default)).Problem.Type);
        Assert.Equal(ProblemTypes.NotFound, Assert.IsType<KindResult.Refused>(await _node.Kinds.CreateAsync(new("test/apps/parts", "none/p"), new(), null, null, default)).Problem.Type);
        foreach (string method in new[] { "PUT", "PATCH", "DELETE" })
            Assert.Equal(Stateway.Gateway.Routing.RoutingResult.MethodNotAllowed, _node.Node.Table.Find(method, "/nodes/n", out _, out _, out _));
        Assert.Single((await _node.SendAsync("POST", "/_/batch", """{"requests":[{"method":"DELETE","path":"/nodes/n"}]}""")).Expect(ProblemTypes.InvalidBatch).Errors);
    }

    [Fact]
    public async Task A_kind_is_listed_as_of_one_revision()
    {
        Assert.Empty((await _node.Kinds.ListAsync("test/apps", null, default)).Resources);
        for (int batch = 0; batch < 11; batch++)
        {
            var requests = new JsonArray([.. Enumerable.Range(0, 100).Select(i => (JsonNode)new JsonObject { ["method"] = "PUT", ["path"] = $"/apps/a{batch * 100 + i:0000}", ["body"] = new JsonObject() })]);
            (await _node.SendAsync("POST", "/_/batch", new JsonObject { ["requests"] = requests }.ToJsonString())).Expect(200);
        }

        var list = await _node.Kinds.ListAsync("test/apps", null, default);
        Assert.Equal(Enumerable.Range(0, 1100).Select(i => $"a{i:0000}"), list.Resources.Select(r => r.Key.Path));
        Assert.Equal(_node.Store.Revision, list.Revision);

        (await _node.SendAsync("PUT", "/apps/a0001/parts/p", "{}")).Expect(201);
        (await _node.SendAsync("PUT", "/apps/a0002/parts/q", "{}")).Expect(201);
        Assert.Equal(["a0001/p", "a0002/q"], (await _node.Kinds.ListAsync("test/apps/parts", null, default)).Resources.Select(r => r.Key.Path));
        Assert.Equal(["a0002/q"], (await _node.Kinds.ListAsync("test/apps/parts", "a0002", default)).Resources.Select(r => r.Key.Path));
    }

    [Fact]
    public async Task What_the_store_can_t_do_is_told()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        foreach (CommitResult result in new CommitResult[] { new CommitResult.Unknown("It broke."), new CommitResult.Unavailable("It broke."), new CommitResult.Full() })
        {
            _node.Store.BeforeCommit = _ => Task.FromResult<CommitResult?>(result);
            Assert.IsType<KindResult.Unavailable>(await _node.WriteAsync("a", Load));
        }

        _node.Store.BeforeCommit = _ => Task.FromResult<CommitResult?>(new CommitResult.TooLarge("1 write"));
        Assert.Equal(ProblemTypes.ChangeTooLarge, Assert.IsType<KindResult.Refused>(await _node.WriteAsync("a", Load)).Problem.Type);
        var app = await _node.ReadAsync("a");
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await _node.Kinds.WriteAsync(app, Load, null, new(canceled: true)));
    }

    [Fact]
    public async Task Beyond_the_limits_is_a_mistake_of_the_controller()
    {
        (await _node.SendAsync("PUT", "/apps/a", "{}")).Expect(201);
        KindChange[] mistakes =
        [
            new() { Status = new JsonObject { ["text"] = new string('x', KindStatus.BytesMax) } },
            new() { Conditions = [.. Enumerable.Range(0, KindStatus.ConditionsMax + 1).Select(i => new KindCondition($"c{i}", true, "", ""))] },
            new() { Finalizers = [.. Enumerable.Range(0, KindStore.FinalizersMax + 1).Select(i => $"f{i}")] },
            new() { Finalizers = [""] },
            new() { Finalizers = [new string('f', KindStore.FinalizerLengthMax + 1)] },
        ];
        foreach (var mistake in mistakes) await Assert.ThrowsAsync<ArgumentException>(() => _node.WriteAsync("a", mistake));
    }

    private static string Text(ReadOnlyMemory<byte> json) => System.Text.Encoding.UTF8.GetString(json.Span);
}

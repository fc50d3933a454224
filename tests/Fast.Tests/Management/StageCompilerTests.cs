using System.Text.Json.Nodes;
using Stateway.Collections;
using Stateway.Collections.Kinds;
using Stateway.Fast.Tests.Program;
using Stateway.Management;
using Stateway.Secrets;
using Stateway.Store;
using Stateway.TestKit;
using Xunit;

namespace Stateway.Fast.Tests.Management;

/// <summary>What is served is a matter of what is stored, never of what a node has seen before.</summary>
public sealed class StageCompilerTests : IAsyncLifetime
{
    private const string Document = """
        openapi: 3.1.0
        info: { title: Notes, version: "1" }
        servers: [ { url: /notes } ]
        x-stateway-collections: { notes: { schema: { type: object } } }
        paths: {}
        """;

    private const string Borrowing = """
        openapi: 3.1.0
        info: { title: Reader, version: "1" }
        paths:
          /all-notes:
            get:
              x-stateway-target: { collection: notes/notes }
              responses: { '200': { description: All. } }
        """;

    private readonly ManualTime _time = new();
    private readonly SmallStore _store;
    private readonly Catalog _catalog = new([Kinds.Read()]);
    private readonly KindStore _kinds;

    public StageCompilerTests()
    {
        _store = new(_time);
        _kinds = new(_catalog, _store, _time, "controller test");
    }

    private StageCompiler Compiler() => new(_store, new(new SecretReader(new SecretKeys(_store, [], "", _catalog, _time))));

    public ValueTask InitializeAsync() => _store.DeclareAsync(_catalog.ToSpecs(), default);

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Of_two_that_clash_the_older_is_served_wherever_and_whenever_it_is_compiled()
    {
        var random = new Random(5);
        for (int round = 0; round < 10; round++)
        {
            string api = $"api{round}";
            await CreateAsync(new(Kinds.Api, api), []);
            await DeployAsync(api, "v1", Document.Replace("/notes", $"/{api}", StringComparison.Ordinal));
            var patient = Compiler();
            string[] stages = ["a", "b", "c", "d"];
            random.Shuffle(stages);
            foreach (string stage in stages)
            {
                _time.Advance(TimeSpan.FromMilliseconds(random.Next(2))); // often of the same age
                await PointAsync($"{api}/{stage}", "v1", random.Next(2) == 0 ? "" : "/other");
                await patient.CompileAsync(default);
            }

            // One is changed after all of them have been seen: it may clash now, and it may make room.
            await PointAsync($"{api}/{stages[random.Next(4)]}", "v1", random.Next(3) switch { 0 => "", 1 => "/other", _ => "/third" });

            var (one, other) = (await patient.CompileAsync(default), await Compiler().CompileAsync(default));
            Assert.Equal(Text(other), Text(one));
            Assert.Equal(stages.Length, one.Stages.Count(stage => stage.Api.Name == api) + one.Faults.Count(fault => fault.Path.StartsWith(api + "/", StringComparison.Ordinal)));
            Assert.All(one.Faults, fault => Assert.Equal(StageFault.Clash, fault.Reason));
        }
    }

    [Fact]
    public async Task What_another_API_no_longer_serves_is_missed_by_the_one_that_is_answered_by_it_and_by_no_other()
    {
        foreach (string api in (string[])["notes", "reader", "third"]) await CreateAsync(new(Kinds.Api, api), []);
        await DeployAsync("notes", "v1", Document);
        await DeployAsync("notes", "v2", Document.Replace("{ notes: {", "{ memos: {", StringComparison.Ordinal));
        await DeployAsync("reader", "v1", Borrowing);
        await DeployAsync("third", "v1", Document.Replace("/notes", "/third", StringComparison.Ordinal));
        foreach (string api in (string[])["notes", "reader", "third"]) await PointAsync($"{api}/live", "v1", "");
        var compiler = Compiler();
        Assert.Equal("notes/live v1, reader/live v1, third/live v1; ", Text(await compiler.CompileAsync(default)));

        await PointAsync("notes/live", "v2", "");
        Assert.Equal("notes/live v2, third/live v1; reader/live NoSuchCollection It is answered by notes/notes, which no stage that is served has.", Text(await compiler.CompileAsync(default)));

        await PointAsync("notes/live", "v1", "");
        Assert.Equal("notes/live v1, reader/live v1, third/live v1; ", Text(await compiler.CompileAsync(default)));
    }

    private static string Text(StageCompilation compilation) =>
        string.Join(", ", compilation.Stages.Select(stage => $"{stage.Path} {stage.Deployment}{stage.Prefix}")) + "; "
        + string.Join(", ", compilation.Faults.Select(fault => $"{fault.Path} {fault.Reason} {fault.Message}").Order(StringComparer.Ordinal));

    private Task DeployAsync(string api, string id, string document) =>
        CreateAsync(new(Kinds.Deployment, $"{api}/{id}"), new() { ["file"] = "api.yaml", ["files"] = new JsonObject { ["api.yaml"] = document } });

    private async Task PointAsync(string path, string deployment, string prefix)
    {
        var spec = new JsonObject { ["deployment"] = deployment, ["path"] = prefix };
        var key = new Key(Kinds.Stage, path);
        if (await _kinds.ReadAsync(key, default) is not { } stage)
        {
            await CreateAsync(key, spec);
            return;
        }

        var plan = _kinds.Plan();
        plan.Change(stage, spec);
        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(plan.ToTransaction(), default));
    }

    private async Task CreateAsync(Key key, JsonObject spec)
    {
        var plan = _kinds.Plan();
        plan.Create(key, spec);
        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(plan.ToTransaction(), default));
    }
}

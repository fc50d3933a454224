using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Stateway.Collections.Kinds;
using Stateway.Fast.Tests.Content;
using Stateway.Model.Problems;
using Xunit;

namespace Stateway.Fast.Tests.Collections.Kinds;

/// <summary>Clients and controllers on one resource, in whatever order: compared with what must be true of it.</summary>
public sealed class KindHistoryTests : IAsyncLifetime
{
    private static readonly string[] Titles = ["a", "b", "c"];

    private KindsNode _node = null!;
    private int _ids;

    public async ValueTask InitializeAsync() => _node = await KindsNode.StartAsync();
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    [Fact]
    public void Whatever_clients_and_controllers_do_the_generation_counts_the_changes_of_the_spec_and_nothing_is_lost() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(Seeds.All, seed => RunAsync(new Random(seed)).GetAwaiter().GetResult()));

    [Fact]
    public async Task Of_many_at_once_none_is_lost()
    {
        const int Each = 25;
        (await _node.SendAsync("PUT", "/apps/a", """{"size":0}""")).Expect(201);
        await Task.WhenAll(Enumerable.Range(0, 3).SelectMany(_ => new[] { Task.Run(ClientAsync), Task.Run(ControllerAsync) }));

        var app = await _node.ReadAsync("a");
        Assert.Equal((1 + 3 * Each, 3 * Each, 3 * Each), (app.Generation, (int)JsonNode.Parse(app.Spec.Span)!["size"]!, (int)JsonNode.Parse(app.Status.Span)!["load"]!));

        async Task ClientAsync()
        {
            for (int done = 0; done < Each;)
            {
                var read = (await _node.SendAsync("GET", "/apps/a")).Expect(200);
                var body = new JsonObject { ["size"] = (int)read.Json["size"]! + 1 };
                var written = await _node.SendAsync("PUT", "/apps/a", body.ToJsonString(), "If-Match: " + read.Headers.ETag);
                if (written.Problem is null) done++;
                else Assert.Contains(written.Problem.Type, (ProblemType[])[ProblemTypes.PreconditionFailed, ProblemTypes.TooMuchContention]);
            }
        }

        async Task ControllerAsync()
        {
            for (int done = 0; done < Each;)
            {
                var read = await _node.ReadAsync("a");
                int load = (int?)JsonNode.Parse(read.Status.Span)!["load"] ?? 0;
                if (await _node.Kinds.WriteAsync(read, new() { Status = new JsonObject { ["load"] = load + 1 } }, null, default) is KindResult.Written) done++;
            }
        }
    }

    /// <summary>Each of two clients and two controllers holds what it has last read, and writes on that.</summary>
    private async Task RunAsync(Random random)
    {
        string id = $"r{_ids++}";
        var (title, generation, load, finalizers, isDeleting) = ("none", 1, 0, new List<string>(), false);
        string?[] tags = [null, null];
        int[] tagged = [0, 0];
        KindResource?[] read = [null, null];
        long revision = long.Parse((await _node.SendAsync("PUT", "/apps/" + id, "{}")).Expect(201).Headers["Stateway-Revision"]!);

        int steps = random.Next(1, 30);
        for (int i = 0; i < steps; i++)
        {
            int who = random.Next(2);
            switch (random.Next(8))
            {
                case 0: // a client reads
                    tags[who] = (await _node.SendAsync("GET", "/apps/" + id)).Expect(200).Headers.ETag;
                    tagged[who] = generation;
                    break;

                case 1 or 2 or 3: // a client writes, on a condition or without
                    string next = Titles[random.Next(Titles.Length)];
                    bool isConditional = tags[who] is not null && random.Next(3) > 0;
                    var answer = await _node.SendAsync(random.Next(2) == 0 ? "PUT" : "PATCH", "/apps/" + id, $$$"""{"title":"{{{next}}}","status":{"load":-1}}""",
                        isConditional ? ["If-Match: " + tags[who]] : []);
                    if (isConditional && tagged[who] != generation) answer.Expect(ProblemTypes.PreconditionFailed);
                    else if (next != title && isDeleting) answer.Expect(ProblemTypes.BeingDeleted);
                    else
                    {
                        answer.Expect(200);
                        if (next != title) (title, generation, revision) = (next, generation + 1, _node.Store.Revision);
                        (tags[who], tagged[who]) = (answer.Headers.ETag, generation);
                    }

                    break;

                case 4: // a controller reads
                    read[who] = await _node.ReadAsync(id);
                    break;

                case 5 or 6 when read[who] is { } seen: // and writes on what it has read
                    bool isStatus = random.Next(3) > 0;
                    int said = random.Next(3);
                    var change = isStatus
                        ? new KindChange { Status = new JsonObject { ["load"] = said }, Conditions = [new("ready", said > 0, "Because", "")] }
                        : new KindChange { Finalizers = random.Next(2) == 0 && !isDeleting ? ["f"] : [.. seen.Finalizers] };
                    switch (await _node.Kinds.WriteAsync(seen, change, null, default))
                    {
                        case KindResult.Written written when ReferenceEquals(written.Resource, seen): // nothing to write
                            break;
                        case KindResult.Written written:
                            Assert.Equal(revision, seen.Revision);
                            (revision, read[who]) = (_node.Store.Revision, written.Resource);
                            if (isStatus) load = said;
                            else finalizers = [.. change.Finalizers!];
                            break;
                        case KindResult.Changed changed:
                            Assert.NotEqual(revision, seen.Revision);
                            Assert.Equal(revision, changed.Revision);
                            break;
                        case var other:
                            Assert.Fail(other.ToString());
                            break;
                    }

                    break;

                case 7 when finalizers.Count > 0:
                    (await _node.SendAsync("DELETE", "/apps/" + id)).Expect(202);
                    if (!isDeleting) revision = _node.Store.Revision;
                    isDeleting = true;
                    break;
            }

            var now = await _node.ReadAsync(id);
            Assert.Equal(
                (title, generation, load, isDeleting, revision, string.Join(' ', finalizers)),
                ((string?)JsonNode.Parse(now.Spec.Span)!["title"], now.Generation, (int?)JsonNode.Parse(now.Status.Span)!["load"] ?? 0, now.DeleteTime is not null, now.Revision, string.Join(' ', now.Finalizers)));
        }

        // Whoever knows the spec there is may change it, whatever was written to the status since.
        if (isDeleting) return;
        foreach (int who in new[] { 0, 1 })
        {
            if (tags[who] is null || tagged[who] != generation) continue;

            await _node.WriteLoadAsync(id, 100 + who);
            (await _node.SendAsync("PUT", "/apps/" + id, """{"title":"last"}""", "If-Match: " + tags[who])).Expect(200);
            break;
        }
    }
}

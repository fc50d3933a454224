using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Stateway.Store.Staging;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>
/// Transactions that are staged and sealed do what they would have done one after another, and say the same on the way.
/// </summary>
public sealed class StagedResourcesTests
{
    private static readonly CollectionSpec _spec = Collection(Generated.Collection, "a", "b", "o.x", "@t");

    [Fact]
    public void Staged_and_sealed_is_as_one_after_another() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(150),
        Prop.ForAll((
            from before in Gen.ListOf(Step.Any, 6)
            from steps in Gen.ListOf(Step.Any, 12)
            from queries in Gen.ListOf(Generated.QueryOf(_spec), 4)
            select (before, steps, queries)).ToArbitrary(), test => CompareAsync(test.before, test.steps, test.queries).GetAwaiter().GetResult()));

    [Fact]
    public void What_is_sealed_after_somebody_elses_change_is_as_if_it_had_come_after_it()
    {
        int conflicts = 0, commits = 0;
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(300),
            Prop.ForAll((
                from before in Gen.ListOf(Step.Any, 6)
                from steps in Gen.ListOf(Step.Any, 4)
                from others in Gen.ListOf(Step.Any, 6)
                select (before, steps, others)).ToArbitrary(), test =>
            {
                bool isSealed = InterfereAsync(test.before, test.steps, test.others).GetAwaiter().GetResult();
                if (isSealed) commits++;
                else conflicts++;
            }));

        Assert.True(conflicts > 20, $"{conflicts} conflicts, {commits} commits");
        Assert.True(commits > 20, $"{conflicts} conflicts, {commits} commits");
    }

    [Fact]
    public async Task Nothing_is_stored_before_it_is_sealed_and_then_all_of_it_at_one_revision()
    {
        await using var store = await StoreAsync();
        var staged = new StagedResources(store, Specs);
        Assert.IsType<CommitResult.Committed>(await staged.CommitAsync(Of(Put(Generated.Collection, "p/1", "{}")), CancellationToken.None));
        Assert.IsType<CommitResult.Committed>(await staged.CommitAsync(Of(Put(Generated.Collection, "p/2", "{}")), CancellationToken.None));
        Assert.True(StagedResources.IsStaged((await staged.GetAsync(new(Generated.Collection, "p/1"), CancellationToken.None))!.Revision));
        Assert.Null(await store.GetAsync(Generated.Collection, "p/1"));

        long revision = Assert.IsType<CommitResult.Committed>(await staged.SealAsync(CancellationToken.None)).Revision;
        Assert.Equal(revision, (await store.GetAsync(Generated.Collection, "p/1"))!.Revision);
        Assert.Equal(revision, (await store.GetAsync(Generated.Collection, "p/2"))!.Revision);
        Assert.Equal(1, revision);
    }

    [Fact]
    public async Task A_value_can_change_hands()
    {
        await using var store = await StoreAsync();
        await store.WriteAsync(Put(Generated.Collection, "p/1", """{"a":1}"""));
        var staged = new StagedResources(store, Specs);
        Assert.IsType<CommitResult.Conflict>(await TakeAsync());
        await staged.CommitAsync(Of(Put(Generated.Collection, "p/1", """{"a":2}""")), CancellationToken.None);
        Assert.IsType<CommitResult.Committed>(await TakeAsync());
        Assert.IsType<CommitResult.Committed>(await staged.SealAsync(CancellationToken.None));

        ValueTask<CommitResult> TakeAsync() => staged.CommitAsync(Of(Put(Generated.Collection, "p/2", """{"a":1.0}"""))
            .If(new Precondition.NoneWith(Generated.Collection, "a", Value.Of(1.0), ["p/2"])), CancellationToken.None);
    }

    [Fact]
    public async Task A_stage_takes_only_so_much()
    {
        await using var store = await StoreAsync();
        var staged = new StagedResources(store, Specs);
        string large = $"\"{new string('x', StagedResources.BytesMax / 2)}\"";
        Assert.IsType<CommitResult.Committed>(await staged.CommitAsync(Of(Put(Generated.Collection, "p/1", large)), CancellationToken.None));
        Assert.IsType<CommitResult.TooLarge>(await staged.CommitAsync(Of(Put(Generated.Collection, "p/2", large)), CancellationToken.None));
        Assert.Null(await staged.GetAsync(new(Generated.Collection, "p/2"), CancellationToken.None));
    }

    private static Dictionary<string, CollectionSpec> Specs => new() { [_spec.Name] = _spec };

    private static async Task<MemoryStore> StoreAsync()
    {
        var store = new MemoryStore();
        await store.DeclareAsync(_spec);
        return store;
    }

    private static async Task CompareAsync(IEnumerable<Step> before, IEnumerable<Step> steps, IEnumerable<Query> queries)
    {
        await using var plain = await StoreAsync();
        await using var below = await StoreAsync();
        foreach (var step in before)
        {
            await step.RunAsync(plain);
            await step.RunAsync(below);
        }

        var staged = new StagedResources(below, Specs);
        foreach (var step in steps)
        {
            AssertSame(await step.RunAsync(plain), await step.RunAsync(staged));
            foreach (var query in queries)
            {
                var expected = Assert.IsType<QueryResult.Page>(await plain.QueryAsync(query, CancellationToken.None));
                var actual = Assert.IsType<QueryResult.Page>(await staged.QueryAsync(query, CancellationToken.None));
                Assert.Equal(Texts(expected.Entries), Texts(actual.Entries));
                Assert.Equal((expected.TotalSize, expected.Next?.Path), (actual.TotalSize, actual.Next?.Path));
                if (actual.Next is null) continue;

                var next = query with { After = actual.Next };
                Assert.Equal(
                    Texts(Assert.IsType<QueryResult.Page>(await plain.QueryAsync(next, CancellationToken.None)).Entries),
                    Texts(Assert.IsType<QueryResult.Page>(await staged.QueryAsync(next, CancellationToken.None)).Entries));
            }
        }

        Assert.IsType<CommitResult.Committed>(await staged.SealAsync(CancellationToken.None));
        await AssertSameAsync(plain, below);
    }

    /// <returns>Whether it was sealed.</returns>
    private static async Task<bool> InterfereAsync(IEnumerable<Step> before, IEnumerable<Step> steps, IEnumerable<Step> others)
    {
        await using var plain = await StoreAsync();
        await using var below = await StoreAsync();
        foreach (var step in before)
        {
            await step.RunAsync(plain);
            await step.RunAsync(below);
        }

        // Only what was staged is promised to hold when sealing.
        var staged = new StagedResources(below, Specs);
        var done = new List<Step>();
        foreach (var step in steps)
        {
            if (await step.RunAsync(staged) is CommitResult.Committed) done.Add(step);
        }

        foreach (var other in others)
        {
            await other.RunAsync(plain);
            await other.RunAsync(below);
        }

        if (await staged.SealAsync(CancellationToken.None) is not CommitResult.Committed) return false;

        foreach (var step in done) Assert.IsType<CommitResult.Committed>(await step.RunAsync(plain));
        await AssertSameAsync(plain, below);
        return true;
    }

    private static void AssertSame(CommitResult expected, CommitResult actual)
    {
        Assert.Equal(expected.GetType(), actual.GetType());
        if (expected is not CommitResult.Conflict conflict) return;

        // Revisions are others; whether there is an entry is the same.
        var met = (CommitResult.Conflict)actual;
        Assert.Equal(KindOf(conflict.Precondition), KindOf(met.Precondition));
        Assert.Equal(conflict.Actual == 0, met.Actual == 0);
    }

    private static object KindOf(Precondition precondition) => precondition switch
    {
        Precondition.AtRevision at => ("at", at.Key),
        Precondition.NoneWith none => ("none", none.Field, string.Join(' ', none.Except)),
        _ => precondition,
    };

    private static async Task AssertSameAsync(IStore expected, IStore actual)
    {
        var all = new Query(Generated.Collection) { Limit = 1_000 };
        Assert.Equal(Texts((await expected.PageAsync(all)).Entries), Texts((await actual.PageAsync(all)).Entries));
    }

    private static IEnumerable<string> Texts(IEnumerable<Entry> entries) => entries.Select(entry => entry.Key.Path + " " + entry.Json());

    /// <summary>A transaction; its conditions on revisions are made of what there is when it runs.</summary>
    private sealed record Step(IEnumerable<Condition> Conditions, IEnumerable<Write> Writes)
    {
        private static Gen<Write> AnyWrite => Gen.Frequency(
            (6, from path in Generated.Path from json in Generated.Json select Put(Generated.Collection, path, json)),
            (2, Generated.Path.Select(path => Delete(Generated.Collection, path))),
            (1, Gen.Elements("p10", "p11", "p12").Select(parent => (Write)new Write.DeleteBelow(Generated.Collection, parent))));

        public static Gen<Step> Any =>
            from conditions in Gen.Choose(0, 2).SelectMany(count => Gen.ListOf(Condition.Any, count))
            from writes in Gen.Choose(0, 3).SelectMany(count => Gen.ListOf(AnyWrite, count))
            select new Step(conditions, writes);

        public async Task<CommitResult> RunAsync(IResources resources)
        {
            var preconditions = new List<Precondition>();
            foreach (var condition in Conditions) preconditions.Add(await condition.ResolveAsync(resources));
            return await resources.CommitAsync(Of([.. Writes]).If([.. preconditions]), CancellationToken.None);
        }
    }

    private sealed record Condition(string Path, string Other, int Kind, string Field, Value Value)
    {
        public static Gen<Condition> Any =>
            from path in Generated.Path
            from other in Generated.Path
            from kind in Gen.Choose(0, 5)
            from name in Gen.Elements("a", "b", "o.x", "t")
            from value in Generated.FieldValue
            select new Condition(path, other, kind, name, value);

        public async Task<Precondition> ResolveAsync(IResources resources)
        {
            var key = new Key(Generated.Collection, Path);
            return Kind switch
            {
                0 or 1 => new Precondition.AtRevision(key, (await resources.GetAsync(key, CancellationToken.None))?.Revision ?? 0),
                2 => new Precondition.AtRevision(key, 0),
                3 => new Precondition.Exists(key),
                4 => new Precondition.NoneWith(Generated.Collection, Field, Value, [Path]),
                _ => new Precondition.NoneWith(Generated.Collection, Field, Value, [Path, Other]),
            };
        }
    }
}

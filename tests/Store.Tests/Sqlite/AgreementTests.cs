using FsCheck;
using FsCheck.Fluent;
using Stateway.Model.Expressions;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

/// <summary>Whatever is done to it, SQLite answers as the plain store in memory does.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void Filters_and_orders_over_all_kinds_of_values_agree()
    {
        var cases =
            from spec in Generated.Spec
            from rows in Gen.ListOf(Generated.Json, 40)
            from queries in Gen.ListOf(Generated.QueryOf(spec), 30)
            select (spec, rows, queries);

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(30),
            Prop.ForAll(cases.ToArbitrary(), test => CompareQueriesAsync(test.spec, test.rows, test.queries).GetAwaiter().GetResult()));
    }

    [Fact]
    public void Histories_agree()
    {
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(50),
            Prop.ForAll(Gen.ListOf(Step.Any, 60).ToArbitrary(), steps => CompareHistoryAsync(steps).GetAwaiter().GetResult()));
    }

    private static async Task CompareQueriesAsync(CollectionSpec spec, IEnumerable<string> rows, IEnumerable<Query> queries)
    {
        using var folder = new TempFolder();
        await using var store = await OpenStore.InAsync(folder.Path);
        await using var oracle = new MemoryStore();
        await store.DeclareAsync(spec);
        await oracle.DeclareAsync(spec);
        var puts = rows.Select((json, i) => Put(Generated.Collection, $"p{i % 3}{i % 2}/i{i}", json)).ToArray();
        await store.WriteAsync(puts);
        await oracle.WriteAsync(puts);

        foreach (var query in queries) await ComparePagesAsync(store, oracle, query);
    }

    private static async Task CompareHistoryAsync(IEnumerable<Step> steps)
    {
        using var folder = new TempFolder();
        await using var oracle = new MemoryStore();
        var store = await OpenStore.InAsync(folder.Path);
        var spec = Collection(Generated.Collection);
        await store.DeclareAsync(spec);
        await oracle.DeclareAsync(spec);
        try
        {
            foreach (var step in steps)
            {
                switch (step)
                {
                    case Step.Commit commit:
                        Assert.Equal(Text(await oracle.CommitAsync(commit.Transaction)), Text(await store.CommitAsync(commit.Transaction)));
                        break;
                    case Step.Get get:
                        Assert.Equal(Text(await oracle.GetAsync(Generated.Collection, get.Path)), Text(await store.GetAsync(Generated.Collection, get.Path)));
                        break;
                    case Step.List list:
                        await ComparePagesAsync(store, oracle, list.Query);
                        break;
                    case Step.Declare declare:
                        await store.DeclareAsync(declare.Spec);
                        await oracle.DeclareAsync(declare.Spec);
                        break;
                    case Step.Reopen:
                        await store.DisposeAsync();
                        store = await OpenStore.InAsync(folder.Path);
                        break;
                }

                Assert.Equal(oracle.Revision, store.Revision);
            }
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    /// <summary>Walks through all pages, each store with the cursors that it gave.</summary>
    private static async Task ComparePagesAsync(SqliteStore store, MemoryStore oracle, Query query)
    {
        var mine = query;
        while (true)
        {
            var expected = await oracle.QueryAsync(query, CancellationToken.None);
            var actual = await store.QueryAsync(mine, CancellationToken.None);
            Assert.Equal(expected.GetType(), actual.GetType());
            if (expected is not QueryResult.Page page || actual is not QueryResult.Page found) return;

            Assert.Equal(page.Entries.Select(Text), found.Entries.Select(Text));
            Assert.Equal((page.Revision, page.TotalSize), (found.Revision, found.TotalSize));
            Assert.Equal(page.Next is null, found.Next is null);
            if (page.Next is null || found.Next is null) return;

            Assert.Equal(page.Next.Path, found.Next.Path);
            Assert.All(page.Next.Values.Zip(found.Next.Values), pair => Assert.Equal(0, ValueComparison.Sort(pair.First, pair.Second)));
            query = query with { After = page.Next };
            mine = mine with { After = found.Next };
        }
    }

    private static string Text(Entry? entry) =>
        entry is null ? "none" : $"{entry.Key} {entry.Revision} {entry.UpdateTime:O} {entry.Json()}";

    /// <summary>A reason's words may differ.</summary>
    private static string Text(CommitResult result) =>
        result is CommitResult.Unavailable ? "unavailable" : result.ToString();

    private abstract record Step
    {
        public sealed record Commit(Transaction Transaction) : Step;
        public sealed record Get(string Path) : Step;
        public sealed record List(Query Query) : Step;
        public sealed record Declare(CollectionSpec Spec) : Step;
        public sealed record Reopen : Step;

        private static readonly CollectionSpec _allFields = Collection(Generated.Collection, "a", "b", "o.x", "@t");

        private static Gen<Write> Write { get; } = Gen.Frequency(
            (6, from path in Generated.Path
                from json in Generated.Json
                from seconds in Gen.Choose(0, 100_000)
                select Put(Generated.Collection, path, json, Noon.AddSeconds(seconds))),
            (2, Generated.Path.Select(path => Delete(Generated.Collection, path))),
            (1, Gen.Elements("p0", "p10", "p").Select(parent => (Write)new Write.DeleteBelow(Generated.Collection, parent))));

        private static Gen<Precondition> Precondition { get; } = Gen.Frequency(
            (2, from path in Generated.Path
                from revision in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(0, 40)))
                select (Precondition)new Precondition.AtRevision(new(Generated.Collection, path), revision)),
            (1, Generated.Path.Select(path => (Precondition)new Precondition.Exists(new(Generated.Collection, path)))),
            (2, from field in Gen.Elements("a", "b", "o.x", "t")
                from value in Generated.FieldValue
                from except in Gen.OneOf(Gen.Constant<string[]>([]), Generated.Path.Select(path => new[] { path }), Gen.ArrayOf(Generated.Path, 2))
                select (Precondition)new Precondition.NoneWith(Generated.Collection, field, value, [.. except])));

        public static Gen<Step> Any { get; } = Gen.Frequency(
            (10, from writes in Gen.Choose(0, 4).SelectMany(count => Gen.ListOf(Write, count))
                 from preconditions in Gen.Choose(0, 2).SelectMany(count => Gen.ListOf(Precondition, count))
                 select (Step)new Commit(new([.. preconditions], [.. writes]))),
            (6, Generated.Path.Select(path => (Step)new Get(path))),
            (3, Generated.QueryOf(_allFields).Select(query => (Step)new List(query))),
            (1, Generated.Spec.Select(spec => (Step)new Declare(spec))),
            (1, Gen.Constant((Step)new Reopen())));
    }
}

using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Whatever is done to it, an engine answers as the plain store in memory does.</summary>
public abstract class AgreementCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    private readonly Config _config = Config.QuickThrowOnFailure.WithMaxTest(new TEngine().Histories);

    [Fact]
    public void Filters_and_orders_over_all_kinds_of_values_agree()
    {
        var cases =
            from spec in Generated.Spec
            from rows in Gen.ListOf(Generated.Json, 40)
            from queries in Gen.ListOf(Generated.QueryOf(spec), 30)
            select (spec, rows, queries);

        Check.One(
            _config,
            Prop.ForAll(cases.ToArbitrary(), test => CompareQueriesAsync(test.spec, test.rows, test.queries).GetAwaiter().GetResult()));
    }

    [Fact]
    public void Histories_agree()
    {
        var histories = Arb.From(Gen.ListOf(Step.Any, 60).Select(steps => steps.ToList()), Shorter);
        Check.One(_config, Prop.ForAll(histories, steps => CompareHistoryAsync(steps).GetAwaiter().GetResult()));
    }

    /// <summary>Pages of the rows as they are, and of the same rows after all have been replaced, as they were.</summary>
    private static async Task CompareQueriesAsync(CollectionSpec spec, IEnumerable<string> rows, IEnumerable<Query> queries)
    {
        await using var engine = new TEngine();
        await using var twins = await Twins.OpenAsync(engine, spec);
        var json = rows.ToList();
        await twins.CommitAsync(Of([.. json.Select(PutAt)]));
        foreach (var query in queries) await twins.ListAsync(query, null);

        json.Reverse();
        await twins.CommitAsync(Of([.. json.Select(PutAt).Take(30), .. json.Select((_, i) => Delete(Generated.Collection, PathOf(i))).Skip(35)]));
        foreach (var query in queries) await twins.ListAsync(query, 1);

        static Write PutAt(string json, int i) => Put(Generated.Collection, PathOf(i), json);

        static string PathOf(int i) => $"p{i % 3}{i % 2}/i{i}";
    }

    private static async Task CompareHistoryAsync(IEnumerable<Step> steps)
    {
        await using var engine = new TEngine();
        await using var twins = await Twins.OpenAsync(engine, Collection(Generated.Collection), Collection(Generated.OtherCollection, "a"));
        var done = new List<Step>();
        try
        {
            foreach (var step in steps)
            {
                done.Add(step);
                await step.RunAsync(twins);
            }

            await twins.CompareAllAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{string.Join("\n", done)}\n{e.Message}", e);
        }
    }

    /// <summary>Without a half, a quarter, …, one of the steps.</summary>
    private static IEnumerable<List<Step>> Shorter(List<Step> steps)
    {
        for (int size = steps.Count / 2; size > 0; size /= 2)
        {
            for (int start = 0; start + size <= steps.Count; start += size)
                yield return [.. steps[..start], .. steps[(start + size)..]];
        }
    }
}

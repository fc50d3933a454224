using System.Text.RegularExpressions;
using Stateway.Store.Sqlite;
using Stateway.TestKit;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Sqlite;

/// <summary>Which index SQLite reads, in its own words, for 3,000 things of three kinds: 1,500 a, 1,495 b, 5 rare.</summary>
public sealed class QueryPlanTests : IAsyncLifetime
{
    private const string Things = "test/things";

    private readonly TempFolder _folder = new();
    private SqliteStore _store = null!;       // set before each test
    private Connection _connection = null!;   // set before each test
    private CollectionTable _table = null!;   // set before each test

    public async ValueTask InitializeAsync()
    {
        _store = await OpenStore.InAsync(_folder.Path);
        await _store.DeclareAsync(Collection(Things, "kind", "price", "size"));
        for (int i = 0; i < 3_000; i += 500)
        {
            await _store.WriteAsync([.. Enumerable.Range(i, 500).Select(n =>
                Put(Things, $"o{n % 300}/x{n:0000}", $$"""{"kind":"{{(n % 600 == 1 ? "rare" : n % 2 == 0 ? "a" : "b")}}","price":{{n * 7 % 1000}},"size":{{n}}}"""))]);
        }

        _connection = Connection.Open(Path.Combine(_folder.Path, "store.db"), isWriter: false, cacheKiB: 1024, lockMilliseconds: 0);
        _table = SqliteFile.ReadTables(_connection).Single();
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("", "", "SCAN t1 USING INDEX sqlite_autoindex_t1_1")]
    [InlineData("kind == \"a\"", "", "SEARCH t1 USING INDEX i1_1 (c1=?)")]
    [InlineData("kind == \"rare\"", "", "SEARCH t1 USING INDEX i1_1 (c1=?)")]
    [InlineData("", "price", "SCAN t1 USING INDEX i1_2")]
    [InlineData("", "-price", "SCAN t1 USING INDEX i1_2")]
    [InlineData("price > 10 && price < 500", "price", "SEARCH t1 USING INDEX i1_2 (c2>? AND c2<?)")]
    [InlineData("price in [1, 2]", "-price", "SEARCH t1 USING INDEX i1_2 (c2=?)")]

    // Few rows are found by the filter and sorted; many are read in the order, and the others passed over.
    [InlineData("kind == \"rare\"", "price", "SEARCH t1 USING INDEX i1_1 (c1=?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("kind == \"a\"", "price", "SCAN t1 USING INDEX i1_2")]
    [InlineData("size < 7", "", "SEARCH t1 USING INDEX i1_3 (c3>? AND c3<?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("size > 7", "", "SCAN t1 USING INDEX sqlite_autoindex_t1_1")]
    [InlineData("kind == \"a\" && size < 7", "", "SEARCH t1 USING INDEX i1_3 (c3>? AND c3<?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("kind == \"a\" && size > 7", "", "SEARCH t1 USING INDEX i1_1 (c1=?)")]
    [InlineData("kind in [\"rare\", \"none\"]", "", "SEARCH t1 USING INDEX i1_1 (c1=?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("kind.startsWith(\"ra\")", "", "SEARCH t1 USING INDEX i1_1 (c1>? AND c1<?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("kind == \"rare\" || size == 2", "", "MULTI-INDEX OR | INDEX 1 | SEARCH t1 USING INDEX i1_1 (c1=?) | INDEX 2 | SEARCH t1 USING INDEX i1_3 (c3=?) | USE TEMP B-TREE FOR ORDER BY")]
    [InlineData("!(kind == \"a\")", "price", "SCAN t1 USING INDEX i1_2")]

    // The first field decides nearly everything; equal ones are sorted among themselves.
    [InlineData("", "price,-size", "SCAN t1 USING INDEX i1_2 | USE TEMP B-TREE FOR THE LAST OF ORDER BY")]
    public void A_page_is_read_by(string filter, string order, string plan)
    {
        Assert.Equal(plan, PlanOf(QueryOf(filter, order)));
    }

    [Theory]
    [InlineData("", "", "SEARCH t1 USING INDEX sqlite_autoindex_t1_1 (path>?)")]
    [InlineData("kind == \"a\"", "", "SEARCH t1 USING INDEX i1_1 (c1=? AND path>?)")]
    [InlineData("", "price", "SEARCH t1 USING INDEX i1_2 ((c2,path)>(?,?))")]
    [InlineData("", "-price", "SEARCH t1 USING INDEX i1_2 ((c2,path)<(?,?))")]
    [InlineData("", "price,-size", "SEARCH t1 USING INDEX i1_2 (c2>?) | USE TEMP B-TREE FOR THE LAST OF ORDER BY")]
    public async Task A_further_page_begins_at_its_place_in_the_index(string filter, string order, string plan)
    {
        var query = QueryOf(filter, order);
        var page = await _store.PageAsync(query);

        Assert.Equal(plan, PlanOf(query with { After = page.Next }));
    }

    [Theory]
    [InlineData("", "", "SEARCH t1 USING INDEX sqlite_autoindex_t1_1 (path>? AND path<?)")]
    [InlineData("kind == \"a\"", "", "SEARCH t1 USING INDEX i1_1 (c1=? AND path>? AND path<?)")]
    [InlineData("size > 7", "", "SEARCH t1 USING INDEX sqlite_autoindex_t1_1 (path>? AND path<?)")]
    [InlineData("", "price", "SEARCH t1 USING INDEX sqlite_autoindex_t1_1 (path>? AND path<?) | USE TEMP B-TREE FOR ORDER BY")]
    public void The_children_of_a_parent_are_found_by_their_paths(string filter, string order, string plan)
    {
        Assert.Equal(plan, PlanOf(QueryOf(filter, order) with { Parent = "o7" }));
    }

    [Fact]
    public void A_count_reads_the_index_alone()
    {
        var plan = QueryPlan.Of(QueryOf("kind == \"a\"", ""), _table, out _)!; // nothing is missing

        Assert.Equal("SEARCH t1 USING COVERING INDEX i1_1 (c1=?)", Explain(plan.CountText().ToString()));
    }

    private string PlanOf(Query query)
    {
        var plan = QueryPlan.Of(query, _table, out _)!; // nothing is missing
        return Explain(plan.PageText(plan.Choose(_connection)).ToString());
    }

    private string Explain(string sql)
    {
        var lines = new List<string>();
        using var statement = _connection.Prepare("EXPLAIN QUERY PLAN " + sql);
        while (statement.Step()) lines.Add(statement.Text(3));

        // Versions of SQLite have different words for the same plan.
        return Regex.Replace(string.Join(" | ", lines).Replace(" TABLE t1", " t1"), "FOR (RIGHT PART|LAST [0-9 A-Z]*TERMS?) OF", "FOR THE LAST OF");
    }

    private static Query QueryOf(string filter, string order) => new(Things)
    {
        Limit = 20,
        Filter = filter.Length == 0 ? null : Filter(filter),
        Order = [.. order.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(key => new OrderKey(key.TrimStart('-'), key[0] == '-'))],
    };
}

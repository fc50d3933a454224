using Stateway.Store.Postgres;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Postgres;

/// <summary>Several nodes on one database, and what is PostgreSQL's own.</summary>
public sealed class PostgresNodesTests
{
    private const string Things = "test/things";

    [Fact]
    public async Task Commits_of_two_nodes_make_one_row_of_revisions()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await using var __ = two;

        var revisions = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
            await (i % 2 == 0 ? one : two).WriteAsync(Put(Things, $"p{i % 50}", $$"""{"a":{{i}}}"""))));

        Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), revisions.Order());
        Assert.Empty((await one.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task A_change_that_the_log_has_lost_is_found_by_a_check()
    {
        string schema = SharedPostgres.NewSchema();
        await using var store = await SharedPostgres.OpenAsync(schema);
        await store.DeclareAsync(Collection(Things));
        long revision = await store.WriteAsync(Put(Things, "p", "{}"));
        Assert.Empty((await store.CheckAsync(null, CancellationToken.None)).Faults);

        // Its revision is in the log all the same: by the row that marks the begin of a batch.
        await (await SharedPostgres.Server).SqlAsync($"DELETE FROM {schema}.log WHERE revision={revision} AND path='p'");

        Assert.Contains("test/things:p", Assert.Single((await store.CheckAsync(null, CancellationToken.None)).Faults));
    }

    [Fact]
    public async Task Of_many_that_count_on_one_revision_one_wins()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await using var __ = two;
        long revision = await one.WriteAsync(Put(Things, "p", "{}"));

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
            await (i % 2 == 0 ? one : two).CommitAsync(Of(Put(Things, "p", "{}")).If(new Precondition.AtRevision(new(Things, "p"), revision)))));

        Assert.Single(results, result => result is CommitResult.Committed);
    }

    [Fact]
    public async Task Of_many_that_want_one_unique_value_one_wins()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await using var __ = two;
        var name = Model.Expressions.Value.Of("same");

        var results = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
            await (i % 2 == 0 ? one : two).CommitAsync(
                Of(Put(Things, $"p{i}", """{"a":"same"}""")).If(new Precondition.NoneWith(Things, "a", name, [$"p{i}"])))));

        Assert.Single(results, result => result is CommitResult.Committed);
    }

    [Fact]
    public async Task A_field_that_one_node_declares_is_filled_by_the_writes_of_another_that_has_not_heard_of_it()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await using var __ = two;
        await one.WriteAsync(Put(Things, "p1", """{"b":1}"""));
        await two.WriteAsync(Put(Things, "p2", """{"b":1}"""));

        await one.DeclareAsync(Collection(Things, "a", "b"));
        await two.WriteAsync(Put(Things, "p3", """{"b":1}"""));

        Assert.Equal(["p1", "p2", "p3"], await one.ListAsync(new(Things) { Limit = 10, Filter = Filter("b == 1") }));
        Assert.Equal(["p1", "p2", "p3"], await two.ListAsync(new(Things) { Limit = 10, Order = [new("b", false)] }));
    }

    [Fact]
    public async Task An_index_goes_only_when_no_other_node_may_need_it()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await one.DeclareAsync(Collection(Things, "a", "b"));

        await one.DeclareAsync(Collection(Things, "a"));
        Assert.Equal(["a", "b"], await FieldsAsync(one));

        await two.DisposeAsync();
        await one.DeclareAsync(Collection(Things, "a"));
        Assert.Equal(["a"], await FieldsAsync(one));
    }

    [Fact]
    public async Task What_a_declaration_left_half_done_the_next_one_finishes()
    {
        string schema = SharedPostgres.NewSchema();
        var server = await SharedPostgres.Server;
        await using (var store = await SharedPostgres.OpenAsync(schema))
        {
            await store.DeclareAsync(Collection(Things, "a", "b"));
            for (int i = 0; i < 700; i += 100)
                await store.WriteAsync([.. Enumerable.Range(i, 100).Select(n => Put(Things, $"p{n}", $$"""{"a":{{n}},"b":{{n}}}"""))]);
        }

        // As if it had ended while it filled b: columns are empty, the index is there but can't be trusted.
        await server.SqlAsync($"UPDATE {schema}.t1 SET c2='\\x10'");
        await server.SqlAsync($"UPDATE {schema}.collection SET fields=replace(fields, '\"column\":2,\"ready\":true', '\"column\":2,\"ready\":false')");
        await server.SqlAsync($"UPDATE pg_index SET indisvalid=false WHERE indexrelid='{schema}.i1_2'::regclass");

        await using var again = await SharedPostgres.OpenAsync(schema);
        Assert.IsType<QueryResult.Unavailable>(await again.QueryAsync(new(Things) { Limit = 10, Order = [new("b", false)] }, CancellationToken.None));
        await again.DeclareAsync(Collection(Things, "a", "b"));

        Assert.Equal(["p699", "p698"], (await again.PageAsync(new(Things) { Limit = 2, Order = [new("b", true)] })).Entries.Select(entry => entry.Key.Path));
        Assert.Empty((await again.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task Another_node_hears_of_a_commit()
    {
        var (one, two) = await TwoAsync();
        await using var _ = one;
        await using var __ = two;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));

        for (int i = 0; i < 5; i++)
        {
            var heard = two.WaitAsync(i, patience.Token);
            long revision = await one.WriteAsync(Put(Things, "p", "{}"));
            await heard;
            Assert.True(two.Revision >= revision);
        }
    }

    [Fact]
    public async Task Hints_alone_tell_of_every_single_commit_also_from_where_the_other_node_was_when_it_began()
    {
        var (one, two) = await TwoThatNeverLookAsync(SharedPostgres.NewSchema());
        await using var _ = one;
        await using var __ = two;
        for (int i = 0; i < 50; i++) await one.WriteAsync(Put(Things, "p", $"{i}"));

        long after = two.Revision;
        for (int i = 50; i < 400; i++)
        {
            long revision = await one.WriteAsync(Put(Things, "p", $"{i}"));
            after = await HearAsync(two, after, revision);
        }
    }

    [Fact]
    public async Task A_hint_that_a_broken_connection_swallowed_is_given_again()
    {
        string schema = SharedPostgres.NewSchema();
        var (one, two) = await TwoThatNeverLookAsync(schema);
        await using var _ = one;
        await using var __ = two;
        long after = await HearAsync(two, 0, await one.WriteAsync(Put(Things, "p", "0")));

        // Those that give hints hold the lock by which nodes see each other; those that get them end with a LISTEN.
        foreach (string which in (string[])["pid IN (SELECT pid FROM pg_locks WHERE locktype='advisory' AND mode='ShareLock')", "query LIKE 'LISTEN%'"])
        {
            string ended = await (await SharedPostgres.Server).SqlAsync(
                $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name='{schema}' AND {which}");
            Assert.NotEqual("0", ended);
            after = await HearAsync(two, after, await one.WriteAsync(Put(Things, "p", "1")));
        }
    }

    [Fact]
    public async Task Long_texts_are_found_ordered_and_paged()
    {
        await using var store = await SharedPostgres.OpenAsync(SharedPostgres.NewSchema());
        await store.DeclareAsync(Collection(Things, "a"));
        string start = new('x', 1_500);
        for (int i = 0; i < 12; i++) await store.WriteAsync(Put(Things, $"p{i:00}", $$"""{"a":"{{start}}{{i % 6}}"}"""));
        await store.WriteAsync(Put(Things, "first", """{"a":"w"}"""), Put(Things, "last", """{"a":"y"}"""));

        var paths = await store.ListAsync(new(Things) { Limit = 1, Order = [new("a", false)] });
        var back = await store.ListAsync(new(Things) { Limit = 3, Order = [new("a", true)] });

        Assert.Equal(14, paths.Distinct().Count());
        Assert.Equal(("first", "last"), (paths[0], paths[^1]));
        Assert.Equal(Enumerable.Reverse(paths), back);
        Assert.Equal(["p03", "p09"], await store.ListAsync(new(Things) { Limit = 1, Filter = Filter($"a == '{start}3'") }));
        Assert.Equal(["last", "p05", "p11"], await store.ListAsync(new(Things) { Limit = 2, Filter = Filter($"a > '{start}4'") }));
        Assert.Equal(12, (await store.ListAsync(new(Things) { Limit = 5, Filter = Filter($"a.startsWith('{start}')") })).Count);
        Assert.Equal(12, (await store.ListAsync(new(Things) { Limit = 5, Filter = Filter($"a.startsWith('{start[..1000]}')") })).Count);
        var none = new Precondition.NoneWith(Things, "a", Model.Expressions.Value.Of(start + "3"), ["p03"]);
        Assert.IsType<CommitResult.Conflict>(await store.CommitAsync(new([none], [])));
    }

    [Fact]
    public async Task A_path_too_long_for_an_index_fails_alone()
    {
        await using var store = await SharedPostgres.OpenAsync(SharedPostgres.NewSchema());
        await store.DeclareAsync(Collection(Things, "a"));
        string text = new('t', 1_000);
        string longest = string.Concat(Enumerable.Range(0, 533).Select(i => char.ConvertFromUtf32(0x4E00 + i * 7)));

        var tooLong = store.CommitAsync(Of(Put(Things, longest + "xx", "{}")));
        var good = store.CommitAsync(Of(Put(Things, longest, $$"""{"a":"{{text}}"}""")));

        Assert.IsType<CommitResult.TooLarge>(await tooLong);
        Assert.IsType<CommitResult.Committed>(await good);
        Assert.NotNull(await store.GetAsync(Things, longest));
    }

    [Fact]
    public async Task What_is_no_text_to_the_database_is_nowhere()
    {
        await using var store = await SharedPostgres.OpenAsync(SharedPostgres.NewSchema());
        await store.DeclareAsync(Collection(Things, "a"));

        Assert.Null(await store.GetAsync(Things, "a\0b"));
        Assert.Null(await store.GetAsync(Things, "\ud800"));
        Assert.Empty(await store.ListAsync(new(Things) { Limit = 1, Parent = "a\0" }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.CommitAsync(Of(Put(Things, "a\0b", "{}"))));
    }

    [Fact]
    public async Task A_check_finds_what_was_tampered_with()
    {
        string schema = SharedPostgres.NewSchema();
        await using var store = await SharedPostgres.OpenAsync(schema);
        await store.DeclareAsync(Collection(Things, "a"));
        for (int i = 0; i < 8; i++) await store.WriteAsync(Put(Things, $"p{i}", $$"""{"a":{{i}}}"""));
        await store.WriteAsync(Put(Things, "p7", "{}"));
        Assert.Empty((await store.CheckAsync(null, CancellationToken.None)).Faults);

        await (await SharedPostgres.Server).SqlAsync(
            $"""
            DELETE FROM {schema}.log WHERE revision=3;
            UPDATE {schema}.t1 SET c1='\x40' WHERE path='p1';
            UPDATE {schema}.t1 SET value='x' WHERE path='p2';
            UPDATE {schema}.t1 SET revision=77 WHERE path='p4';
            UPDATE {schema}.log SET old_value='y' WHERE old_revision=8;
            DROP INDEX {schema}.i1_1;
            """);
        var report = await store.CheckAsync(null, CancellationToken.None);

        Assert.Equal(report.FaultsCount, report.Faults.Length);
        foreach (string fault in (string[])["revisions 3 to 3 are missing", "p1: the index of 'a'", "p2: its value is not JSON", "p4: its revision is 77", "p7 at revision 8 has no value", "made of test/things:p4 is nowhere", "index of 'a' is missing"])
            Assert.Contains(report.Faults, found => found.Contains(fault));
    }

    [Fact]
    public async Task Indexed_pages_are_read_by_an_index()
    {
        string schema = SharedPostgres.NewSchema();
        var server = await SharedPostgres.Server;
        await using var store = await SharedPostgres.OpenAsync(schema);
        await store.DeclareAsync(Collection(Things, "a", "b"));
        await server.SqlAsync(
            $"""
            INSERT INTO {schema}.t1(path,revision,update_time,value,c1,c2) SELECT 'p'||i, 1, 1, '{"{}"}',
              '\x30'||decode(md5((i%1000)::text),'hex'), '\x30'||decode(md5(i::text),'hex') FROM generate_series(1,60000) i;
            ANALYZE {schema}.t1;
            """);
        await using var database = new Database(await SharedPostgres.OptionsAsync(schema));
        var table = (await new Catalog(database).ReloadAsync(CancellationToken.None)).Get(Things);

        foreach (var query in (Query[])
        [
            new(Things) { Limit = 20 },
            new(Things) { Limit = 20, Order = [new("a", false)] },
            new(Things) { Limit = 20, Order = [new("b", true)] },
            new(Things) { Limit = 20, Filter = Filter("a == 'x'") },
            new(Things) { Limit = 20, Filter = Filter("b > 'x' && b < 'y'") },
            new(Things) { Limit = 20, Filter = Filter("a == 'x'"), Order = [new("b", false)] },
            new(Things) { Limit = 20, Order = [new("a", false)], After = new([Model.Expressions.Value.Of("x")], "p5") },
        ])
        {
            var command = QueryPlan.Of(query, table, out _)!.PageCommand();
            await using var connection = new Npgsql.NpgsqlConnection((await SharedPostgres.Server).ConnectionString + $";SearchPath={schema}");
            await connection.OpenAsync();
            await using var explain = new Npgsql.NpgsqlCommand("EXPLAIN " + command.CommandText, connection);
            foreach (var parameter in command.Parameters.ToArray())
                explain.Parameters.Add(new() { Value = parameter.Value, NpgsqlDbType = parameter.NpgsqlDbType });
            var lines = new List<string>();
            await using var reader = await explain.ExecuteReaderAsync();
            while (await reader.ReadAsync()) lines.Add(reader.GetString(0));

            Assert.DoesNotContain(lines, line => line.Contains("Seq Scan"));
        }
    }

    private static async Task<(PostgresStore One, PostgresStore Two)> TwoAsync()
    {
        string schema = SharedPostgres.NewSchema();
        var stores = (await SharedPostgres.OpenAsync(schema), await SharedPostgres.OpenAsync(schema));
        await stores.Item1.DeclareAsync(Collection(Things, "a"));
        await stores.Item2.DeclareAsync(Collection(Things, "a"));
        return stores;
    }

    /// <summary>Two nodes that hear of each other by hints only.</summary>
    private static async Task<(PostgresStore One, PostgresStore Two)> TwoThatNeverLookAsync(string schema)
    {
        var options = await SharedPostgres.OptionsAsync(schema);
        options = options with { PollInterval = TimeSpan.FromHours(1), ConnectionString = options.ConnectionString + $";Application Name={schema}" };
        var stores = (await SharedPostgres.OpenAsync(options), await SharedPostgres.OpenAsync(options));
        await stores.Item1.DeclareAsync(Collection(Things, "a"));
        await stores.Item2.DeclareAsync(Collection(Things, "a"));
        return stores;
    }

    /// <summary>Follows the log until it has a revision.</summary>
    private static async Task<long> HearAsync(IStore store, long after, long revision)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (after < revision)
        {
            await store.WaitAsync(after, patience.Token);
            after = Assert.IsType<LogResult.Commits>(await store.ReadLogAsync(after, 100, patience.Token)).Through;
        }

        return after;
    }

    private static async Task<IEnumerable<string>> FieldsAsync(IStore store) =>
        (await store.DescribeAsync(CancellationToken.None)).Single().Fields.Select(field => field.Name).Order();
}

using Stateway.Model.Expressions;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>What every store promises. Each one has a subclass, of a few lines, that opens it.</summary>
public abstract class StoreCompliance : IAsyncLifetime
{
    private const string Products = "shop/products";
    private const string Items = "shop/orders/items";

    private IStore _store = null!; // set before each test

    protected abstract ValueTask<IStore> OpenAsync();

    public async ValueTask InitializeAsync()
    {
        _store = await OpenAsync();
        await _store.DeclareAsync(Collection(Products, "price", "name", "address.city", "@made"), Collection(Items, "price"));
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_put_is_got_byte_for_byte()
    {
        var time = new DateTimeOffset(2024, 2, 29, 23, 59, 59, TimeSpan.FromHours(-5)).AddTicks(1);
        const string json = """{ "price": 1.50, "name": "a\u0000b", "x": [] }""";
        long revision = await _store.WriteAsync(Put(Products, "p1", json, time));

        var entry = await _store.GetAsync(Products, "p1");

        Assert.Equal(json, entry!.Json());
        Assert.Equal((new Key(Products, "p1"), revision, time.ToUniversalTime()), (entry!.Key, entry.Revision, entry.UpdateTime));
        Assert.Equal(TimeSpan.Zero, entry.UpdateTime.Offset);
    }

    [Fact]
    public async Task There_is_nothing_where_nothing_was_put()
    {
        await _store.WriteAsync(Put(Products, "p1", "{}"));

        Assert.Null(await _store.GetAsync(Products, "p2"));
        Assert.Null(await _store.GetAsync(Items, "p1"));
    }

    [Fact]
    public async Task A_second_get_gives_the_same()
    {
        await _store.WriteAsync(Put(Products, "p1", """{"price":1}"""));
        var first = await _store.GetAsync(Products, "p1");

        var second = await _store.GetAsync(Products, "p1");

        Assert.Equal((first!.Revision, first.Json()), (second!.Revision, second.Json()));
    }

    [Fact]
    public async Task A_put_replaces_what_was_there()
    {
        await _store.WriteAsync(Put(Products, "p1", """{"price":1,"name":"a"}"""));
        await _store.GetAsync(Products, "p1");
        long revision = await _store.WriteAsync(Put(Products, "p1", """{"price":2}"""));

        var entry = await _store.GetAsync(Products, "p1");

        Assert.Equal(("""{"price":2}""", revision), (entry!.Json(), entry!.Revision));
        Assert.Empty(await _store.ListAsync(new(Products) { Limit = 10, Filter = Filter("has(name) || price == 1") }));
    }

    [Fact]
    public async Task Every_commit_takes_the_next_revision_for_all_that_it_writes()
    {
        long first = await _store.WriteAsync(Put(Products, "p1", "{}"), Put(Items, "o1/i1", "{}"));
        long second = await _store.WriteAsync(Put(Products, "p2", "{}"));

        Assert.Equal(first + 1, second);
        Assert.Equal(second, _store.Revision);
        Assert.Equal(first, (await _store.GetAsync(Items, "o1/i1"))!.Revision);
        Assert.Equal(first, (await _store.GetAsync(Products, "p1"))!.Revision);
    }

    [Fact]
    public async Task A_delete_takes_a_revision_even_of_nothing()
    {
        long revision = await _store.WriteAsync(Put(Products, "p1", "{}"));
        await _store.GetAsync(Products, "p1");

        Assert.Equal(revision + 1, await _store.WriteAsync(Delete(Products, "p1")));
        Assert.Equal(revision + 2, await _store.WriteAsync(Delete(Products, "p1")));
        Assert.Null(await _store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task Of_two_writes_to_one_key_the_last_one_counts()
    {
        await _store.WriteAsync(Put(Products, "p1", "{}"), Put(Products, "p1", """{"price":2}"""));
        await _store.WriteAsync(Put(Products, "p2", "{}"), Delete(Products, "p2"));
        await _store.WriteAsync(Delete(Products, "p3"), Put(Products, "p3", "{}"));

        Assert.Equal("""{"price":2}""", (await _store.GetAsync(Products, "p1"))!.Json());
        Assert.Null(await _store.GetAsync(Products, "p2"));
        Assert.NotNull(await _store.GetAsync(Products, "p3"));
    }

    [Fact]
    public async Task A_transaction_without_writes_only_checks()
    {
        long revision = await _store.WriteAsync(Put(Products, "p1", "{}"));

        var held = await _store.CommitAsync(Of().If(new Precondition.Exists(new(Products, "p1"))));
        var failed = await _store.CommitAsync(Of().If(new Precondition.Exists(new(Products, "p2"))));

        Assert.Equal(new CommitResult.Committed(revision), held);
        Assert.IsType<CommitResult.Conflict>(failed);
        Assert.Equal(revision, _store.Revision);
    }

    [Fact]
    public async Task At_revision_0_means_that_there_is_no_entry()
    {
        var precondition = new Precondition.AtRevision(new(Products, "p1"), 0);
        var create = Of(Put(Products, "p1", "{}")).If(precondition);

        var first = Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(create));
        var second = await _store.CommitAsync(create);

        Assert.Equal(new CommitResult.Conflict(precondition, first.Revision), second);
    }

    [Fact]
    public async Task At_another_revision_is_a_conflict_that_tells_the_actual_one()
    {
        long revision = await _store.WriteAsync(Put(Products, "p1", "{}"));
        var stale = new Precondition.AtRevision(new(Products, "p1"), revision - 1);
        var gone = new Precondition.AtRevision(new(Products, "p2"), 5);

        Assert.Equal(new CommitResult.Conflict(stale, revision), await _store.CommitAsync(Of(Delete(Products, "p1")).If(stale)));
        Assert.Equal(new CommitResult.Conflict(gone, 0), await _store.CommitAsync(Of(Delete(Products, "p2")).If(gone)));
        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(
            Of(Delete(Products, "p1")).If(new Precondition.AtRevision(new(Products, "p1"), revision))));
    }

    [Fact]
    public async Task A_conflict_writes_nothing_of_its_transaction()
    {
        long revision = await _store.WriteAsync(Put(Products, "p1", "{}"));

        var result = await _store.CommitAsync(Of(Put(Products, "p2", "{}"), Put(Products, "p1", """{"price":1}"""))
            .If(new Precondition.Exists(new(Products, "p1")), new Precondition.Exists(new(Products, "p9"))));

        Assert.IsType<CommitResult.Conflict>(result);
        Assert.Equal(revision, _store.Revision);
        Assert.Null(await _store.GetAsync(Products, "p2"));
        Assert.Equal("{}", (await _store.GetAsync(Products, "p1"))!.Json());
    }

    [Fact]
    public async Task None_with_finds_equal_numbers_text_and_times()
    {
        await _store.WriteAsync(Put(Products, "p1",
            """{"price":1,"name":"a","address":{"city":"Bern"},"made":"2024-05-01T12:00:00+02:00"}"""));

        await AssertTaken("price", Value.Of(1), true);
        await AssertTaken("price", Value.Of(1.0), true);
        await AssertTaken("price", Value.Of("1"), false);
        await AssertTaken("name", Value.Of("a"), true);
        await AssertTaken("name", Value.Of("A"), false);
        await AssertTaken("address.city", Value.Of("Bern"), true);
        await AssertTaken("made", Value.Of(new DateTimeOffset(2024, 5, 1, 10, 0, 0, TimeSpan.Zero)), true);
        await AssertTaken("made", Value.Of("2024-05-01T10:00:00Z"), true);
        await AssertTaken("made", Value.Of("2024-05-01T10:00:01Z"), false);

        async Task AssertTaken(string field, Value value, bool isTaken)
        {
            var result = await _store.CommitAsync(Of().If(new Precondition.NoneWith(Products, field, value, [])));
            Assert.True(result is CommitResult.Conflict == isTaken, $"{field} {value}: {result}");
        }
    }

    [Fact]
    public async Task None_with_leaves_out_the_one_that_is_replaced()
    {
        await _store.WriteAsync(Put(Products, "p1", """{"name":"a"}"""));

        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(
            Of().If(new Precondition.NoneWith(Products, "name", Value.Of("a"), ["p1"]))));
        Assert.IsType<CommitResult.Conflict>(await _store.CommitAsync(
            Of().If(new Precondition.NoneWith(Products, "name", Value.Of("a"), ["p2"]))));
    }

    [Fact]
    public async Task None_with_over_a_field_without_an_index_is_refused()
    {
        Assert.IsType<CommitResult.Unavailable>(await _store.CommitAsync(
            Of(Put(Products, "p1", "{}")).If(new Precondition.NoneWith(Products, "colour", Value.Of("red"), []))));
        Assert.Null(await _store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task Delete_below_deletes_the_children_of_this_parent_only()
    {
        await _store.WriteAsync(
            Put(Items, "o1/i1", "{}"), Put(Items, "o1/i2", "{}"), Put(Items, "o10/i1", "{}"), Put(Items, "o1-/i1", "{}"),
            Put(Items, "o1", "{}"), Put(Products, "o1/i1", "{}"));
        await _store.GetAsync(Items, "o1/i1");

        await _store.WriteAsync(new Write.DeleteBelow(Items, "o1"));

        Assert.Equal(["o1", "o1-/i1", "o10/i1"], await _store.ListAsync(new(Items) { Limit = 10 }));
        Assert.Null(await _store.GetAsync(Items, "o1/i1"));
        Assert.NotNull(await _store.GetAsync(Products, "o1/i1"));
    }

    [Fact]
    public async Task Of_concurrent_writers_with_a_condition_each_change_is_made_once()
    {
        await _store.WriteAsync(Put(Products, "p1", "0"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 10; i++) await IncrementAsync();
        })));

        Assert.Equal("80", (await _store.GetAsync(Products, "p1"))!.Json());

        async Task IncrementAsync()
        {
            while (true)
            {
                var entry = (await _store.GetAsync(Products, "p1"))!;
                var result = await _store.CommitAsync(Of(Put(Products, "p1", $"{int.Parse(entry.Json()) + 1}"))
                    .If(new Precondition.AtRevision(entry.Key, entry.Revision)));
                if (result is CommitResult.Committed) return;
            }
        }
    }

    [Fact]
    public async Task A_collection_that_was_never_declared_is_a_mistake()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.GetAsync("shop/none", "p1"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.WriteAsync(Put("shop/none", "p1", "{}")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _store.PageAsync(new("shop/none") { Limit = 1 }));
    }

    [Fact]
    public async Task A_list_is_in_the_order_of_the_paths_page_by_page()
    {
        await _store.WriteAsync([.. "dacb".Select(c => Put(Products, c.ToString(), "{}"))]);

        var first = await _store.PageAsync(new(Products) { Limit = 3 });
        var second = await _store.PageAsync(new(Products) { Limit = 3, After = first.Next });
        var whole = await _store.PageAsync(new(Products) { Limit = 4 });

        Assert.Equal(["a", "b", "c"], first.Entries.Select(entry => entry.Key.Path));
        Assert.Equal(["d"], second.Entries.Select(entry => entry.Key.Path));
        Assert.Null(second.Next);
        Assert.Equal((4, null), (whole.Entries.Length, whole.Next));
    }

    [Fact]
    public async Task A_page_tells_its_revision_and_on_request_how_many_there_are()
    {
        await _store.WriteAsync([.. "dacb".Select(c => Put(Products, c.ToString(), """{"price":1}"""))]);
        long revision = await _store.WriteAsync(Put(Products, "e", "{}"));
        var query = new Query(Products) { Limit = 2, Filter = Filter("price == 1") };

        var page = await _store.PageAsync(query with { Count = true });
        var next = await _store.PageAsync(query with { Count = true, After = page.Next });

        Assert.Equal((revision, 4, 2), (page.Revision, page.TotalSize, page.Entries.Length));
        Assert.Equal((4, 2, null), (next.TotalSize, next.Entries.Length, next.Next));
        Assert.Null((await _store.PageAsync(query)).TotalSize);
    }

    [Fact]
    public async Task A_parent_narrows_a_list_to_its_children()
    {
        await _store.WriteAsync(
            Put(Items, "o1/b", """{"price":1}"""), Put(Items, "o1/a", """{"price":2}"""), Put(Items, "o1/c", """{"price":1}"""),
            Put(Items, "o10/a", """{"price":1}"""), Put(Items, "o0/z", """{"price":1}"""));
        var query = new Query(Items) { Parent = "o1", Limit = 2, Count = true };

        Assert.Equal(["o1/a", "o1/b", "o1/c"], await _store.ListAsync(query));
        Assert.Equal(["o1/b", "o1/c"], await _store.ListAsync(query with { Filter = Filter("price == 1") }));
        Assert.Equal(["o1/b", "o1/c", "o1/a"], await _store.ListAsync(query with { Order = [new("price", false)] }));
        Assert.Equal(3, (await _store.PageAsync(query)).TotalSize);
    }

    [Fact]
    public async Task Values_sort_missing_numbers_text_null_false_true_other_and_equal_ones_by_path()
    {
        string[] inOrder =
        [
            "{}", """{"price":-1e308}""", """{"price":-3}""", """{"price":0.5}""", """{"price":9007199254740992}""",
            """{"price":9007199254740993}""", """{"price":9223372036854775807}""", """{"price":9223372036854775808}""",
            """{"price":""}""", """{"price":"\u0000"}""", """{"price":"B"}""", """{"price":"a"}""", """{"price":"a\u0000"}""",
            """{"price":"ab"}""", """{"price":"～"}""", """{"price":"😀"}""",
            """{"price":null}""", """{"price":false}""", """{"price":true}""", """{"price":[]}""", """{"price":{}}""",
        ];
        await _store.WriteAsync([.. inOrder.Select((json, i) => Put(Products, $"p{i:00}", json))]);
        var paths = inOrder.Select((_, i) => $"p{i:00}").ToList();

        var query = new Query(Products) { Limit = 2, Order = [new("price", false)] };
        Assert.Equal(paths, await _store.ListAsync(query));
        paths.Reverse();
        Assert.Equal(paths, await _store.ListAsync(query with { Order = [new("price", true)] }));
    }

    [Fact]
    public async Task Orders_of_several_fields_may_go_either_way()
    {
        await _store.WriteAsync(
            Put(Products, "a", """{"price":1,"name":"x"}"""), Put(Products, "b", """{"price":2,"name":"x"}"""),
            Put(Products, "c", """{"price":1,"name":"y"}"""), Put(Products, "d", """{"price":1,"name":"x"}"""),
            Put(Products, "e", """{"name":"y"}"""));

        foreach (int limit in (int[])[1, 2, 10])
        {
            Assert.Equal(["e", "a", "d", "c", "b"], await ListBy(limit, new("price", false), new("name", false)));
            Assert.Equal(["e", "c", "d", "a", "b"], await ListBy(limit, new("price", false), new("name", true)));
            Assert.Equal(["b", "a", "d", "c", "e"], await ListBy(limit, new("price", true), new("name", false)));
            Assert.Equal(["b", "c", "d", "a", "e"], await ListBy(limit, new("price", true), new("name", true)));
            Assert.Equal(["e", "d", "c", "a", "b"], await ListBy(limit, new("price", false), new("", true)));
            Assert.Equal(["b", "a", "c", "d", "e"], await ListBy(limit, new("price", true), new("", false)));
            Assert.Equal(["a", "b", "c", "d", "e"], await ListBy(limit, new OrderKey("", false)));
            Assert.Equal(["e", "d", "c", "b", "a"], await ListBy(limit, new OrderKey("", true)));
        }

        Task<List<string>> ListBy(int limit, params OrderKey[] order) =>
            _store.ListAsync(new(Products) { Limit = limit, Order = [.. order] });
    }

    [Fact]
    public async Task Times_are_compared_as_instants()
    {
        await _store.WriteAsync(
            Put(Products, "a", """{"made":"2024-05-01T12:00:00+02:00"}"""),
            Put(Products, "b", """{"made":"2024-05-01T11:00:00Z"}"""),
            Put(Products, "c", """{"made":"2024-05-01T10:00:00.0000001Z"}"""),
            Put(Products, "d", """{"made":"yesterday"}"""), Put(Products, "e", """{"made":5}"""), Put(Products, "f", "{}"));

        Assert.Equal(["b", "c"], await ListWhere("@made > timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["a"], await ListWhere("@made == timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["b", "c", "d", "e"], await ListWhere("@made != timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["e"], await ListWhere("@made == 5"));
        Assert.Equal(["f", "a", "c", "b", "d", "e"], await _store.ListAsync(new(Products) { Limit = 1, Order = [new("made", false)] }));
    }

    [Theory]
    [InlineData("price == 1", "a b")]
    [InlineData("price != 1", "c d e")]
    [InlineData("!(price == 1)", "c d e f")]
    [InlineData("price > 1", "c")]
    [InlineData("price >= 1", "a b c")]
    [InlineData("!(price >= 1)", "d e f")]
    [InlineData("2 > price", "a b")]
    [InlineData("price in [2, \"1\"]", "c d")]
    [InlineData("!(price in [2, \"1\"])", "a b e f")]
    [InlineData("price == null", "e")]
    [InlineData("price != null", "a b c d")]
    [InlineData("has(price)", "a b c d e")]
    [InlineData("!has(price)", "f")]
    [InlineData("name.startsWith(\"an\")", "a b")]
    [InlineData("!name.startsWith(\"an\")", "c d e f")]
    [InlineData("name.startsWith(\"\")", "a b c")]
    [InlineData("name < \"b\"", "a b")]
    [InlineData("name", "d")]
    [InlineData("!name", "a b c e f")]
    [InlineData("name > false", "d")]
    [InlineData("name.contains(\"n\") && price == 1", "a b")]
    [InlineData("name.contains(\"na\") || price == 2", "c")]
    [InlineData("note == 7", "a")]
    [InlineData("note == 7 || price == 2", "a c")]
    [InlineData("true", "a b c d e f")]
    [InlineData("1 > 2 || price == 2", "c")]
    [InlineData("price == 1 && !(price == 1)", "")]
    [InlineData("timestamp(\"never\") == price || price == 2", "c")]
    public async Task A_filter_holds_for(string filter, string paths)
    {
        await _store.WriteAsync(
            Put(Products, "a", """{"price":1,"name":"ann","note":7}"""), Put(Products, "b", """{"price":1.0,"name":"an"}"""),
            Put(Products, "c", """{"price":2,"name":"bo"}"""), Put(Products, "d", """{"price":"1","name":true}"""),
            Put(Products, "e", """{"price":null,"name":5}"""), Put(Products, "f", "{}"));

        Assert.Equal(paths.Split(' ', StringSplitOptions.RemoveEmptyEntries), await ListWhere(filter));
        Assert.Equal(
            paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length,
            (await _store.PageAsync(new(Products) { Limit = 1, Filter = Filter(filter), Count = true })).TotalSize);
    }

    [Fact]
    public async Task An_order_by_a_field_without_an_index_is_refused()
    {
        var result = await _store.QueryAsync(new(Products) { Limit = 1, Order = [new("colour", false)] }, CancellationToken.None);

        Assert.IsType<QueryResult.Unavailable>(result);
    }

    [Fact]
    public async Task No_unchanged_entry_is_skipped_or_doubled_while_others_change()
    {
        await _store.WriteAsync([.. Enumerable.Range(0, 60).Select(i => Put(Products, $"p{i:00}", $$"""{"price":{{i % 7}}}"""))]);
        var query = new Query(Products) { Limit = 7, Order = [new("price", true)] };
        var seen = new List<string>();
        for (int round = 0; ; round++)
        {
            var page = await _store.PageAsync(query);
            seen.AddRange(page.Entries.Select(entry => entry.Key.Path));
            if (page.Next is null) break;

            // Every third entry is moved about, and the one that the cursor stands on is deleted.
            query = query with { After = page.Next };
            await _store.WriteAsync(
                Put(Products, $"p{round * 3 % 60:00}", $$"""{"price":{{round}}}"""), Put(Products, $"new{round}", """{"price":3}"""));
            if (int.Parse(page.Next.Path[^2..].TrimStart('w')) % 3 == 0) await _store.WriteAsync(Delete(Products, page.Next.Path));
        }

        var unchanged = Enumerable.Range(0, 60).Where(i => i % 3 != 0).Select(i => $"p{i:00}");
        Assert.Equal(unchanged, seen.Where(path => path[0] == 'p' && int.Parse(path[1..]) % 3 != 0).Order());
    }

    [Fact]
    public async Task A_new_declaration_indexes_what_is_stored_and_forgets_what_is_not_declared()
    {
        await _store.WriteAsync(
            Put(Products, "a", """{"colour":"red","price":1,"made":"2024-05-01T12:00:00+02:00"}"""),
            Put(Products, "b", """{"colour":"blue","price":2,"made":"2024-05-01T10:30:00Z"}"""));

        await _store.DeclareAsync(Collection(Products, "colour", "made", "name"));
        await _store.WriteAsync(Put(Products, "c", """{"colour":"green","price":0,"made":"2024"}"""));

        Assert.Equal(["b", "c", "a"], await _store.ListAsync(new(Products) { Limit = 2, Order = [new("colour", false)] }));
        Assert.Equal(["c", "b", "a"], await _store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] }));
        Assert.Equal(["a"], await ListWhere("price == 1"));
        Assert.IsType<QueryResult.Unavailable>(
            await _store.QueryAsync(new(Products) { Limit = 1, Order = [new("price", false)] }, CancellationToken.None));

        await _store.DeclareAsync(Collection(Products, "@made", "price"));

        Assert.Equal(["a", "b", "c"], await _store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] }));
        Assert.Equal(["c", "a", "b"], await _store.ListAsync(new(Products) { Limit = 2, Order = [new("price", false)] }));
    }

    [Fact]
    public async Task A_cancelled_commit_does_not_begin()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await _store.CommitAsync(Of(Put(Products, "p1", "{}")), new CancellationToken(canceled: true)));
        Assert.Equal(0, _store.Revision);
    }

    private Task<List<string>> ListWhere(string filter) =>
        _store.ListAsync(new(Products) { Limit = 2, Filter = Filter(filter) });
}

using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Pages of a collection as it is now: filters, orders, counts.</summary>
public abstract class QueryingCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task A_list_is_in_the_order_of_the_paths_page_by_page()
    {
        await Store.WriteAsync([.. "dacb".Select(c => Put(Products, c.ToString(), "{}"))]);

        var first = await Store.PageAsync(new(Products) { Limit = 3 });
        var second = await Store.PageAsync(new(Products) { Limit = 3, After = first.Next });
        var whole = await Store.PageAsync(new(Products) { Limit = 4 });

        Assert.Equal(["a", "b", "c"], first.Entries.Select(entry => entry.Key.Path));
        Assert.Equal(["d"], second.Entries.Select(entry => entry.Key.Path));
        Assert.Null(second.Next);
        Assert.Equal((4, null), (whole.Entries.Length, whole.Next));
    }

    [Fact]
    public async Task A_page_tells_its_revision_and_on_request_how_many_there_are()
    {
        await Store.WriteAsync([.. "dacb".Select(c => Put(Products, c.ToString(), """{"price":1}"""))]);
        long revision = await Store.WriteAsync(Put(Products, "e", "{}"));
        var query = new Query(Products) { Limit = 2, Filter = Filter("price == 1") };

        var page = await Store.PageAsync(query with { Count = true });
        var next = await Store.PageAsync(query with { Count = true, After = page.Next });

        Assert.Equal((revision, 4, 2), (page.Revision, page.TotalSize, page.Entries.Length));
        Assert.Equal((4, 2, null), (next.TotalSize, next.Entries.Length, next.Next));
        Assert.Null((await Store.PageAsync(query)).TotalSize);
    }

    [Fact]
    public async Task A_parent_narrows_a_list_to_its_children()
    {
        await Store.WriteAsync(
            Put(Items, "o1/b", """{"price":1}"""), Put(Items, "o1/a", """{"price":2}"""), Put(Items, "o1/c", """{"price":1}"""),
            Put(Items, "o10/a", """{"price":1}"""), Put(Items, "o0/z", """{"price":1}"""));
        var query = new Query(Items) { Parent = "o1", Limit = 2, Count = true };

        Assert.Equal(["o1/a", "o1/b", "o1/c"], await Store.ListAsync(query));
        Assert.Equal(["o1/b", "o1/c"], await Store.ListAsync(query with { Filter = Filter("price == 1") }));
        Assert.Equal(["o1/b", "o1/c", "o1/a"], await Store.ListAsync(query with { Order = [new("price", false)] }));
        Assert.Equal(3, (await Store.PageAsync(query)).TotalSize);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Those_with_one_value_come_by_path_either_way_page_by_page(bool descending)
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 60).Select(i => Put(Items, $"o{i % 3}/i{i:00}", $$"""{"price":{{i % 4}}.0}"""))]);
        var query = new Query(Items) { Limit = 3, Filter = Filter("price == 1"), Order = [new("", descending)] };

        foreach (string? parent in (string?[])[null, "o0", "o1", "o2", "o", "o3"])
        {
            var expected = Enumerable.Range(0, 60).Where(i => i % 4 == 1).Select(i => $"o{i % 3}/i{i:00}")
                .Where(path => parent is null || path.StartsWith(parent + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Assert.Equal(descending ? expected.Reverse() : expected, await Store.ListAsync(query with { Parent = parent }));
        }
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
        await Store.WriteAsync([.. inOrder.Select((json, i) => Put(Products, $"p{i:00}", json))]);
        var paths = inOrder.Select((_, i) => $"p{i:00}").ToList();

        var query = new Query(Products) { Limit = 2, Order = [new("price", false)] };
        Assert.Equal(paths, await Store.ListAsync(query));
        paths.Reverse();
        Assert.Equal(paths, await Store.ListAsync(query with { Order = [new("price", true)] }));
    }

    [Fact]
    public async Task Orders_of_several_fields_may_go_either_way()
    {
        await Store.WriteAsync(
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
            Store.ListAsync(new(Products) { Limit = limit, Order = [.. order] });
    }

    [Fact]
    public async Task Times_are_compared_as_instants()
    {
        await Store.WriteAsync(
            Put(Products, "a", """{"made":"2024-05-01T12:00:00+02:00"}"""),
            Put(Products, "b", """{"made":"2024-05-01T11:00:00Z"}"""),
            Put(Products, "c", """{"made":"2024-05-01T10:00:00.0000001Z"}"""),
            Put(Products, "d", """{"made":"yesterday"}"""), Put(Products, "e", """{"made":5}"""), Put(Products, "f", "{}"));

        Assert.Equal(["b", "c"], await ListWhere("@made > timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["a"], await ListWhere("@made == timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["b", "c", "d", "e"], await ListWhere("@made != timestamp(\"2024-05-01T10:00:00Z\")"));
        Assert.Equal(["e"], await ListWhere("@made == 5"));
        Assert.Equal(["f", "a", "c", "b", "d", "e"], await Store.ListAsync(new(Products) { Limit = 1, Order = [new("made", false)] }));
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
        await Store.WriteAsync(
            Put(Products, "a", """{"price":1,"name":"ann","note":7}"""), Put(Products, "b", """{"price":1.0,"name":"an"}"""),
            Put(Products, "c", """{"price":2,"name":"bo"}"""), Put(Products, "d", """{"price":"1","name":true}"""),
            Put(Products, "e", """{"price":null,"name":5}"""), Put(Products, "f", "{}"));

        Assert.Equal(paths.Split(' ', StringSplitOptions.RemoveEmptyEntries), await ListWhere(filter));
        Assert.Equal(
            paths.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length,
            (await Store.PageAsync(new(Products) { Limit = 1, Filter = Filter(filter), Count = true })).TotalSize);
    }

    [Fact]
    public async Task An_order_by_a_field_without_an_index_is_refused()
    {
        var result = await Store.QueryAsync(new(Products) { Limit = 1, Order = [new("colour", false)] }, CancellationToken.None);

        Assert.IsType<QueryResult.Unavailable>(result);
    }

    [Fact]
    public async Task No_unchanged_entry_is_skipped_or_doubled_while_others_change()
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 60).Select(i => Put(Products, $"p{i:00}", $$"""{"price":{{i % 7}}}"""))]);
        var query = new Query(Products) { Limit = 7, Order = [new("price", true)] };
        var seen = new List<string>();
        for (int round = 0; ; round++)
        {
            var page = await Store.PageAsync(query);
            seen.AddRange(page.Entries.Select(entry => entry.Key.Path));
            if (page.Next is null) break;

            // Every third entry is moved about, and the one that the cursor stands on is deleted.
            query = query with { After = page.Next };
            await Store.WriteAsync(
                Put(Products, $"p{round * 3 % 60:00}", $$"""{"price":{{round}}}"""), Put(Products, $"new{round}", """{"price":3}"""));
            if (int.Parse(page.Next.Path[^2..].TrimStart('w')) % 3 == 0) await Store.WriteAsync(Delete(Products, page.Next.Path));
        }

        var unchanged = Enumerable.Range(0, 60).Where(i => i % 3 != 0).Select(i => $"p{i:00}");
        Assert.Equal(unchanged, seen.Where(path => path[0] == 'p' && int.Parse(path[1..]) % 3 != 0).Order());
    }
}

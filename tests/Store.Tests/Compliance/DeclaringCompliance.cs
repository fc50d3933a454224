using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Collections and their indexes.</summary>
public abstract class DeclaringCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task A_collection_that_was_never_declared_is_a_mistake()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.GetAsync("shop/none", "p1"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.GetAsync("shop/none", "p1", Start));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.VersionsAsync("shop/none", "p1"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.WriteAsync(Put("shop/none", "p1", "{}")));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.PageAsync(new("shop/none") { Limit = 1 }));
    }

    [Fact]
    public async Task A_new_declaration_indexes_what_is_stored_and_forgets_what_is_not_declared()
    {
        await Store.WriteAsync(
            Put(Products, "a", """{"colour":"red","price":1,"made":"2024-05-01T12:00:00+02:00"}"""),
            Put(Products, "b", """{"colour":"blue","price":2,"made":"2024-05-01T10:30:00Z"}"""));

        await Store.DeclareAsync(Collection(Products, "colour", "made", "name"));
        await Store.WriteAsync(Put(Products, "c", """{"colour":"green","price":0,"made":"2024"}"""));

        Assert.Equal(["b", "c", "a"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("colour", false)] }));
        Assert.Equal(["c", "b", "a"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] }));
        Assert.Equal(["a"], await ListWhere("price == 1"));
        if (Engine.DropsIndexesAtOnce)
        {
            Assert.IsType<QueryResult.Unavailable>(
                await Store.QueryAsync(new(Products) { Limit = 1, Order = [new("price", false)] }, CancellationToken.None));
        }

        await Store.DeclareAsync(Collection(Products, "@made", "price"));

        Assert.Equal(["a", "b", "c"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] }));
        Assert.Equal(["c", "a", "b"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("price", false)] }));
    }

    [Fact]
    public async Task What_was_ever_declared_is_described_by_name_with_its_fields()
    {
        await Store.DeclareAsync(Collection("shop/a-last", "a"), Collection("shop/Zoo"), Collection("shop/products", "@made", "address.city"));

        await CompareAsync();
        Store = await Engine.ReopenAsync(Store);
        await CompareAsync();

        async Task CompareAsync()
        {
            var described = await Store.DescribeAsync(CancellationToken.None);
            Assert.Equal(["shop/Zoo", "shop/a-last", Items, Products], described.Select(spec => spec.Name));
            Assert.Equal(["", "a False", "price False", "address.city False, made True"], described.Select(spec => string.Join(", ",
                spec.Fields.Where(field => Engine.DropsIndexesAtOnce || field.Name is not ("price" or "name") || spec.Name == Items)
                    .Select(field => $"{string.Join('.', field.Path)} {field.IsTimestamp}").Order(StringComparer.Ordinal))));
        }
    }

    [Fact]
    public async Task A_declaration_of_the_same_changes_nothing()
    {
        long revision = await Store.WriteAsync(Put(Products, "p1", """{"price":1}"""));

        await Store.DeclareAsync(Collection(Products, "price", "name", "address.city", "@made"));

        Assert.Equal(revision, (await Store.StateAsync()).Revision);
        Assert.Equal(["p1"], await ListWhere("price == 1"));
        Assert.Empty(await Store.LogAsync(revision));
    }

    [Fact]
    public async Task A_field_can_become_a_timestamp_and_back()
    {
        await Store.WriteAsync(
            Put(Products, "a", """{"made":"2024-05-01T12:00:00+02:00"}"""), Put(Products, "b", """{"made":"2024-05-01T11:00:00Z"}"""));

        Assert.Equal(["a", "b"], await ListBy());
        await Store.DeclareAsync(Collection(Products, "made"));
        Assert.Equal(["b", "a"], await ListBy());
        await Store.DeclareAsync(Collection(Products, "@made"));
        Assert.Equal(["a", "b"], await ListBy());

        Task<List<string>> ListBy() => Store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] });
    }

    [Fact]
    public async Task Writers_go_on_while_an_index_is_made()
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 60).Select(i => Put(Products, $"old{i:00}", $$"""{"colour":{{i}}}"""))]);

        var declaring = Task.Run(() => Store.DeclareAsync(Collection(Products, "price", "colour")).AsTask());
        int written = 0;
        do await Store.WriteAsync(Put(Products, $"new{written}", $$"""{"colour":{{60 + written++}}}"""), Put(Products, "old07", """{"colour":7.0}"""));
        while (!declaring.IsCompleted && written < 1_000);
        await declaring;

        var byColour = await Store.ListAsync(new(Products) { Limit = 500, Order = [new("colour", false)] });
        Assert.Equal([.. Enumerable.Range(0, 60).Select(i => $"old{i:00}"), .. Enumerable.Range(0, written).Select(i => $"new{i}")], byColour);
        Assert.Empty((await Store.CheckAsync(null, CancellationToken.None)).Faults);
    }
}

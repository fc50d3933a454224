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
        Assert.IsType<QueryResult.Unavailable>(
            await Store.QueryAsync(new(Products) { Limit = 1, Order = [new("price", false)] }, CancellationToken.None));

        await Store.DeclareAsync(Collection(Products, "@made", "price"));

        Assert.Equal(["a", "b", "c"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("made", false)] }));
        Assert.Equal(["c", "a", "b"], await Store.ListAsync(new(Products) { Limit = 2, Order = [new("price", false)] }));
    }
}

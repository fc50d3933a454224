using Stateway.Model.Expressions;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>Several nodes on one store. Only of engines that take more than one.</summary>
public abstract class NodesCompliance<TEngine> : StoreCompliance<TEngine>
    where TEngine : StoreEngine, new()
{
    [Fact]
    public async Task An_index_that_one_node_declares_is_right_for_what_another_writes_that_did_not_declare_it()
    {
        await using var other = await OtherNodeAsync();
        await other.DeclareAsync(Collection(Products, "price"));
        await Store.WriteAsync(Put(Products, "a", """{"colour":"red","price":1}"""));

        await other.DeclareAsync(Collection(Products, "price", "colour"));
        await Store.WriteAsync(Put(Products, "b", """{"colour":"blue","price":2}"""));
        await Store.WriteAsync(Put(Products, "a", """{"colour":"green","price":3}"""));

        Assert.Equal(["b", "a"], await other.ListAsync(new(Products) { Limit = 1, Order = [new("colour", false)] }));
        Assert.Equal(["a"], await other.ListAsync(new(Products) { Limit = 1, Filter = Filter("colour == \"green\"") }));
        Assert.Empty(await other.ListAsync(new(Products) { Limit = 1, Filter = Filter("colour == \"red\"") }));
        Assert.IsType<CommitResult.Conflict>(await other.CommitAsync(
            Of().If(new Precondition.NoneWith(Products, "colour", Value.Of("blue"), []))));
    }

    [Fact]
    public async Task A_collection_declared_by_one_node_can_be_declared_and_written_by_another()
    {
        await using var other = await OtherNodeAsync();

        await Task.WhenAll(
            Store.DeclareAsync(Collection("shop/new", "a"), Collection("shop/more", "b")).AsTask(),
            other.DeclareAsync(Collection("shop/more", "b"), Collection("shop/new", "a")).AsTask());
        await Store.WriteAsync(Put("shop/new", "one", """{"a":1}"""));
        await other.WriteAsync(Put("shop/new", "two", """{"a":0}"""));

        Assert.Equal(["two", "one"], await Store.ListAsync(new("shop/new") { Limit = 1, Order = [new("a", false)] }));
        Assert.Equal(["two", "one"], await other.ListAsync(new("shop/new") { Limit = 1, Order = [new("a", false)] }));
    }

    [Fact]
    public async Task An_index_that_one_node_no_longer_declares_stays_while_another_may_need_it()
    {
        await using var other = await OtherNodeAsync();
        await Store.WriteAsync(Put(Products, "a", """{"name":"x"}"""), Put(Products, "b", """{"name":"w"}"""));

        await other.DeclareAsync(Collection(Products, "price"));
        await other.WriteAsync(Put(Products, "c", """{"name":"v"}"""));

        Assert.Equal(["c", "b", "a"], await Store.ListAsync(new(Products) { Limit = 1, Order = [new("name", false)] }));
        Assert.Equal(["c"], await Store.ListAsync(new(Products) { Limit = 1, Filter = Filter("name == \"v\"") }));
    }

    [Fact]
    public async Task Of_concurrent_writers_on_two_nodes_each_change_is_made_once()
    {
        await using var other = await OtherNodeAsync();
        await Store.WriteAsync(Put(Products, "p1", "0"));

        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var store = writer % 2 == 0 ? Store : other;
            for (int done = 0; done < 10;)
            {
                var entry = (await store.GetAsync(Products, "p1"))!;
                var result = await store.CommitAsync(Of(Put(Products, "p1", $"{int.Parse(entry.Json()) + 1}"))
                    .If(new Precondition.AtRevision(entry.Key, entry.Revision)));
                if (result is CommitResult.Committed) done++;
            }
        })));

        Assert.Equal("40", (await Store.GetAsync(Products, "p1"))!.Json());
        Assert.Equal("40", (await other.GetAsync(Products, "p1"))!.Json());
        Assert.Equal(41, (await Store.LogAsync(Start)).Count);
    }

    [Fact]
    public async Task Who_follows_the_writers_of_another_node_sees_every_commit_once_and_in_order()
    {
        await using var other = await OtherNodeAsync();

        await CheckFollowingAsync(Store, other);
    }

    [Fact]
    public async Task What_one_node_has_committed_all_nodes_see_at_once()
    {
        await using var other = await OtherNodeAsync();

        for (int i = 0; i < 20; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (Store, other) : (other, Store);
            long revision = await writer.WriteAsync(Put(Products, "p1", $$"""{"price":{{i}}}"""), Put(Items, $"o1/i{i}", "{}"));

            Assert.Equal($$"""{"price":{{i}}}""", (await reader.GetAsync(Products, "p1"))!.Json());
            Assert.Equal(["p1"], await reader.ListAsync(new(Products) { Limit = 1, Filter = Filter($"price == {i}") }));
            Assert.True((await reader.StateAsync()).Revision >= revision);
            Assert.Equal(revision, (await reader.LogAsync(revision - 1))[0].Revision);
            Assert.Equal($$"""{"price":{{i}}}""", await reader.PastAsync(Products, "p1", revision));
        }
    }

    private async Task<IStore> OtherNodeAsync()
    {
        var other = await JoinAsync();
        Assert.NotNull(other);
        Assert.NotSame(Store, other);
        return other;
    }
}

using Stateway.Model.Expressions;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests.Etcd;

/// <summary>Batches, limits and races of the committers.</summary>
public sealed class EtcdCommitterTests : IAsyncLifetime
{
    private const string Products = "shop/products";
    private const string Items = "shop/orders/items";

    private readonly EtcdEngine _engine = new();
    private IStore _store = null!; // set before each test

    public async ValueTask InitializeAsync()
    {
        _store = await _engine.OpenAsync();
        await _store.DeclareAsync(Collection(Products, "name"), Collection(Items));
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task A_transaction_of_127_writes_is_taken_and_one_more_is_too_large()
    {
        Write[] writes = [.. Enumerable.Range(0, 128).Select(i => Put(Products, $"p{i:000}", "1"))];

        Assert.IsType<CommitResult.Committed>(await _store.CommitAsync(Of(writes[..127])));
        Assert.Equal(new CommitResult.TooLarge("127 writes"), await _store.CommitAsync(Of(writes)));
        Assert.Equal(127, (await _store.ListAsync(new(Products) { Limit = 1_000 })).Count);
    }

    [Fact]
    public async Task A_transaction_of_too_many_bytes_is_too_large()
    {
        byte[] value = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 1_500_000), .. "\""u8];

        Assert.IsType<CommitResult.TooLarge>(await _store.CommitAsync(Of(new Write.Put(new(Products, "p1"), Noon, value))));
        Assert.Null(await _store.GetAsync(Products, "p1"));
    }

    [Fact]
    public async Task Many_small_and_large_writers_share_transactions_and_each_is_answered()
    {
        byte[] large = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 600_000), .. "\""u8];
        var commits = Enumerable.Range(0, 300).Select(i => _store.CommitAsync(Of(
            i % 50 == 0 ? new Write.Put(new(Products, $"p{i}"), Noon, large) : Put(Products, $"p{i}", $"{i}"))).AsTask());

        var results = await Task.WhenAll(commits);

        Assert.All(results, result => Assert.IsType<CommitResult.Committed>(result));
        Assert.True(results.Distinct().Count() < 300, "Nothing was shared.");
        for (int i = 0; i < 300; i++) Assert.Equal(((CommitResult.Committed)results[i]).Revision, (await _store.GetAsync(Products, $"p{i}"))!.Revision);
    }

    [Fact]
    public async Task A_delete_below_is_one_operation_however_many_it_deletes()
    {
        for (int batch = 0; batch < 3; batch++)
            await _store.WriteAsync([.. Enumerable.Range(0, 100).Select(i => Put(Items, $"o1/i{batch}{i:00}", "1"))]);

        await _store.WriteAsync(Put(Items, "o1/i150", "2"), new Write.DeleteBelow(Items, "o1"), Put(Items, "o1/i120", "3"), Put(Items, "o1/z", "4"));

        Assert.Equal(["o1/i120", "o1/z"], await _store.ListAsync(new(Items) { Limit = 10 }));
        Assert.Empty((await _store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task Paths_beyond_the_basic_plane_are_deleted_below_their_parent_only()
    {
        await _store.WriteAsync(Put(Items, "o1/\uff5e", "1"), Put(Items, "o1/\U0001F600", "1"), Put(Items, "o1/a", "1"), Put(Items, "o10/a", "1"));

        await _store.WriteAsync(new Write.DeleteBelow(Items, "o1"), Put(Items, "o1/\U0001F601", "2"));

        Assert.Equal(["o1/\U0001F601", "o10/a"], await _store.ListAsync(new(Items) { Limit = 10 }));
        Assert.Empty((await _store.CheckAsync(null, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task Of_equal_unique_values_by_two_nodes_at_once_one_comes_through()
    {
        await using var other = (await _engine.JoinAsync(_store))!; // etcd takes any number
        await other.DeclareAsync(Collection(Products, "name"), Collection(Items));
        for (int round = 0; round < 20; round++)
        {
            string name = $"name {round}";
            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() =>
                (i % 2 == 0 ? _store : other).CommitAsync(Of(Put(Products, $"r{round}-{i}", $$"""{"name":"{{name}}"}"""))
                    .If(new Precondition.NoneWith(Products, "name", Value.Of(name), []))).AsTask())));

            Assert.Single(results.OfType<CommitResult.Committed>());
            Assert.Equal(5, results.OfType<CommitResult.Conflict>().Count());
        }
    }

    [Fact]
    public async Task Counters_incremented_by_three_nodes_lose_nothing()
    {
        var nodes = new List<IStore> { _store };
        for (int i = 0; i < 2; i++)
        {
            nodes.Add((await _engine.JoinAsync(_store))!); // etcd takes any number
            await nodes[^1].DeclareAsync(Collection(Products, "name"), Collection(Items));
        }

        await _store.WriteAsync(Put(Products, "n", "0"));
        await Task.WhenAll(nodes.Select(node => Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                while (true)
                {
                    var entry = (await node.GetAsync(Products, "n"))!; // never deleted
                    var put = Of(Put(Products, "n", $"{int.Parse(entry.Json()) + 1}")).If(new Precondition.AtRevision(entry.Key, entry.Revision));
                    if (await node.CommitAsync(put) is CommitResult.Committed) break;
                }
            }
        })));

        foreach (var node in nodes) Assert.Equal("60", (await node.GetAsync(Products, "n"))!.Json());
    }
}

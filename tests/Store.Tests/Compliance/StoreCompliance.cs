using System.Collections.Concurrent;
using Xunit;
using static Stateway.Store.Tests.Stores;

namespace Stateway.Store.Tests;

/// <summary>
/// What every store promises, by subject: one class of facts each, which every engine has a subclass of, a line long.
/// Revisions rise, but nothing here counts on the next one being one higher.
/// </summary>
public abstract class StoreCompliance<TEngine> : IAsyncLifetime
    where TEngine : StoreEngine, new()
{
    protected const string Products = "shop/products";
    protected const string Items = "shop/orders/items";

    private static readonly CollectionSpec[] _collections =
        [Collection(Products, "price", "name", "address.city", "@made"), Collection(Items, "price")];

    /// <summary>For what happens soon on an idle machine. A store that is right never comes near it.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected TEngine Engine { get; } = new();

    /// <summary>New and empty, with two collections.</summary>
    protected IStore Store { get; set; } = null!; // set before each test

    /// <summary>The revision of the empty store.</summary>
    protected long Start { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Store = await Engine.OpenAsync();
        await Store.DeclareAsync(_collections);
        Start = Store.Revision;
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another node, which has declared the same.</summary>
    /// <returns>Null when there can be only one.</returns>
    protected async Task<IStore?> JoinAsync()
    {
        var other = await Engine.JoinAsync(Store);
        if (other is not null) await other.DeclareAsync(_collections);
        return other;
    }

    /// <summary>Asks until it is so.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
    }

    protected Task<List<string>> ListWhere(string filter) =>
        Store.ListAsync(new(Products) { Limit = 2, Filter = Filter(filter) });

    /// <summary>
    /// Each commit of the writers puts its number under two keys, so that half a commit would show, and counts up a key
    /// that all write, so that the log of that key has to rise one by one.
    /// </summary>
    protected async Task CheckFollowingAsync(IStore written, IStore followed)
    {
        const int Writers = 8;
        const int CommitsEach = 25;
        var committed = new ConcurrentBag<(long Revision, string Value)>();
        using var patience = new CancellationTokenSource(Patience);

        var following = Task.Run(() => FollowAsync(followed, Writers * CommitsEach, patience.Token));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; i < CommitsEach; i++)
            {
                string value = $"{writer * 1_000 + i}";
                long revision = await written.WriteAsync(
                    Put(Products, $"w{writer}-{i % 3}", value), Put(Items, $"w{writer}/{i % 3}", value), Put(Items, $"n{writer}/{i}", value));
                committed.Add((revision, value));
            }
        })));
        var seen = await following;

        Assert.True(seen.Zip(seen.Skip(1)).All(pair => pair.First.Revision < pair.Second.Revision), "The log is not in order.");
        var changes = seen.SelectMany(commit => commit.Changes.Select(change => (commit.Revision, Value: change.After!.Json(), change.Key.Collection)));
        var expected = committed.SelectMany(one => ((string[])[Products, Items, Items]).Select(name => (one.Revision, one.Value, Collection: name)));
        Assert.Equal(expected.Order(), changes.Order());
        if (Engine.HasConsecutiveRevisions)
            Assert.Equal(Enumerable.Range((int)Start + 1, Writers * CommitsEach), seen.Select(commit => (int)commit.Revision));

        // What each change says was there is what the change before it left.
        var state = new Dictionary<Key, string>();
        foreach (var change in seen.SelectMany(commit => commit.Changes))
        {
            Assert.Equal(state.GetValueOrDefault(change.Key, Text((Entry?)null)), Text(change.Before));
            state[change.Key] = Text(change.After);
        }
    }

    /// <summary>Reads until as many transactions were seen, each of which has three changes.</summary>
    private async Task<List<Commit>> FollowAsync(IStore store, int transactions, CancellationToken ct)
    {
        var seen = new List<Commit>();
        long after = Start;
        while (seen.Sum(commit => commit.Changes.Length) < transactions * 3)
        {
            await store.WaitAsync(after, ct);
            var read = Assert.IsType<LogResult.Commits>(await store.ReadLogAsync(after, 40, ct));
            seen.AddRange(read.Items);
            after = read.Through;
        }

        return seen;
    }
}

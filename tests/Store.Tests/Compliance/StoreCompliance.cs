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

    /// <summary>The same, for a fact about two nodes.</summary>
    protected async Task<IStore> JoinOrSkipAsync()
    {
        var other = await JoinAsync();
        Assert.SkipWhen(other is null, "There can be only one node.");
        return other!; // or skipped
    }

    /// <summary>Asks until it is so.</summary>
    protected static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
    }

    protected Task<List<string>> ListWhere(string filter) =>
        Store.ListAsync(new(Products) { Limit = 2, Filter = Filter(filter) });
}

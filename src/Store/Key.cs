namespace Stateway.Store;

/// <summary>
/// Where an entry is kept. A child's path begins with its parent's:
/// (<c>shop/orders/items</c>, <c>o1/i1</c>) is item <c>i1</c> of order <c>o1</c>.
/// </summary>
/// <param name="Collection">API and collection names: <c>shop/products</c>, <c>shop/orders/items</c>.</param>
/// <param name="Path">One id for each level, separated by <c>/</c>.</param>
public readonly record struct Key(string Collection, string Path)
{
    public override string ToString() => Collection + ":" + Path;
}

/// <summary>A resource as stored. <see cref="Value"/> is JSON in UTF-8, as it is served.</summary>
public sealed record Entry(Key Key, long Revision, DateTimeOffset UpdateTime, ReadOnlyMemory<byte> Value);

using System.Collections.Frozen;

namespace Stateway.Store.Postgres;

/// <summary>The collections that the database had after so many declarations. Another node may have declared since.</summary>
internal sealed class CollectionTables
{
    private readonly FrozenDictionary<string, CollectionTable> _byName;
    private readonly FrozenDictionary<int, CollectionTable> _byNumber;

    /// <param name="declarations">Counts the declarations that changed something.</param>
    public CollectionTables(long declarations, IReadOnlyList<CollectionTable> tables)
    {
        Declarations = declarations;
        _byName = tables.ToFrozenDictionary(table => table.Collection, StringComparer.Ordinal);
        _byNumber = tables.ToFrozenDictionary(table => table.Number);
    }

    public long Declarations { get; }

    public IEnumerable<CollectionTable> All => _byName.Values;

    public CollectionTable? Find(string collection) => _byName.GetValueOrDefault(collection);

    public CollectionTable? Find(int number) => _byNumber.GetValueOrDefault(number);

    /// <exception cref="ArgumentException">The collection was never declared: a mistake of the caller.</exception>
    public CollectionTable Get(string collection) =>
        Find(collection) ?? throw new ArgumentException($"The collection '{collection}' was never declared to the store.");
}

using System.Collections.Frozen;

namespace Stateway.Store.Sqlite;

/// <summary>The collections that the database has. Replaced whole, by the committer only; read by everyone without a lock.</summary>
internal sealed class CollectionTables
{
    private volatile FrozenDictionary<string, CollectionTable> _byName =
        FrozenDictionary<string, CollectionTable>.Empty;

    private volatile FrozenDictionary<long, CollectionTable> _byNumber = FrozenDictionary<long, CollectionTable>.Empty;

    /// <summary>By name.</summary>
    public IEnumerable<CollectionTable> All => _byName.Values.OrderBy(table => table.Collection, StringComparer.Ordinal);

    public CollectionTable? Find(string collection) => _byName.GetValueOrDefault(collection);

    /// <exception cref="ArgumentException">The collection was never declared: a mistake of the caller.</exception>
    public CollectionTable Get(string collection) =>
        Find(collection) ?? throw new ArgumentException($"The collection '{collection}' was never declared to the store.");

    /// <summary>A table that rows of the database refer to: it is published before anything is written to it.</summary>
    /// <exception cref="InvalidDataException">There is none of this number: the database is damaged.</exception>
    public CollectionTable Get(long number) =>
        _byNumber.GetValueOrDefault(number) ?? throw new InvalidDataException($"The database refers to a collection {number}, which it doesn't have.");

    public void Publish(IEnumerable<CollectionTable> changed)
    {
        var next = new Dictionary<string, CollectionTable>(_byName, StringComparer.Ordinal);
        foreach (var table in changed) next[table.Collection] = table;
        _byNumber = next.Values.ToFrozenDictionary(table => table.Number);
        _byName = next.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

using System.Collections.Frozen;

namespace Stateway.Store.Sqlite;

/// <summary>The collections that the database has. Replaced whole, by the committer only; read by everyone without a lock.</summary>
internal sealed class CollectionTables
{
    private volatile FrozenDictionary<string, CollectionTable> _byName =
        FrozenDictionary<string, CollectionTable>.Empty;

    public CollectionTable? Find(string collection) => _byName.GetValueOrDefault(collection);

    /// <exception cref="ArgumentException">The collection was never declared: a mistake of the caller.</exception>
    public CollectionTable Get(string collection) =>
        Find(collection) ?? throw new ArgumentException($"The collection '{collection}' was never declared to the store.");

    public void Publish(IEnumerable<CollectionTable> changed)
    {
        var next = new Dictionary<string, CollectionTable>(_byName, StringComparer.Ordinal);
        foreach (var table in changed) next[table.Collection] = table;
        _byName = next.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
